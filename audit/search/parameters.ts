/**
 * The search parameters over the events: one table, from which the parser, the index and the
 * CapabilityStatement are driven.
 *
 * Spec: FHIR R4 AuditEvent and Resource search parameters; `x.identifier` as in IHE ITI-81.
 */
import { vocabulary } from '../event/index.ts';

/**
 * How the values of a parameter are found. `listed`: few distinct values, each with a number, in
 * a sealed list. `hashed`: any number of values, each a keyed hash. `reference`: a keyed hash of
 * the id, followed by one of the type. `instant`: by time.
 */
export type IndexKind = 'listed' | 'hashed' | 'reference' | 'instant';

/** One parameter, as parser, index and CapabilityStatement know it. */
export interface ParameterDeclaration {
  readonly name: string;
  readonly type: 'token' | 'date' | 'reference' | 'string' | 'uri';
  readonly index: IndexKind;
  /** Canonical of the definition; undefined where neither FHIR nor we have one. */
  readonly definition: string | undefined;
  readonly documentation: string;
  /** Accepted after a colon. */
  readonly modifiers: readonly string[];
  /** Types that a reference may name; undefined: any. */
  readonly targets?: readonly string[];
  /** Codes of a required binding: another one is a slip. */
  readonly codes?: readonly string[];
  /** Whether nearly every event has a value: decides which half of `:missing` is indexed. */
  readonly usual: boolean;
}

const agentTargets = [
  'Practitioner',
  'PractitionerRole',
  'Organization',
  'Device',
  'Patient',
  'RelatedPerson',
];
const identifierNote = 'value, system|value, |value or system|; of the reference itself.';
const auditEvent = (name: string): string =>
  `http://hl7.org/fhir/SearchParameter/AuditEvent-${name}`;
const resource = (name: string): string => `http://hl7.org/fhir/SearchParameter/Resource-${name}`;

const token = (
  name: string,
  path: string,
  usual: boolean,
  rest: Partial<ParameterDeclaration> = {},
): ParameterDeclaration => ({
  name,
  type: 'token',
  index: 'listed',
  definition: auditEvent(name),
  documentation: `${path}: code, system|code, |code or system|. Modifiers :not, :missing.`,
  modifiers: ['not', 'missing'],
  usual,
  ...rest,
});

const identifier = (of: string, usual: boolean): ParameterDeclaration =>
  token(`${of}.identifier`, '', usual, {
    index: 'hashed',
    definition: undefined,
    documentation: `Identifier of ${of}: ${identifierNote} Modifiers :not, :missing.`,
  });

const reference = (
  name: string,
  path: string,
  usual: boolean,
  targets: readonly string[] | undefined,
): ParameterDeclaration => ({
  name,
  type: 'reference',
  index: 'reference',
  definition: auditEvent(name),
  documentation: `${path}: Type/id, id or an absolute URL; versions are ignored. Modifiers :[Type], :identifier, :missing.`,
  modifiers: ['identifier', 'missing', ...(targets ?? [])],
  usual,
  ...(targets === undefined ? {} : { targets }),
});

const text = (name: string, path: string, usual: boolean): ParameterDeclaration => ({
  name,
  type: 'string',
  index: 'listed',
  definition: auditEvent(name),
  documentation: `${path}: begins with, whatever the case and the accents. Modifiers :exact, :contains, :missing.`,
  modifiers: ['exact', 'contains', 'missing'],
  usual,
});

const uri = (
  name: string,
  index: 'listed' | 'hashed',
  definition: string,
  path: string,
): ParameterDeclaration => ({
  name,
  type: 'uri',
  index,
  definition,
  documentation: `${path}: equal as a whole. Modifier :missing.`,
  modifiers: ['missing'],
  usual: true,
});

const date = (name: string, definition: string, documentation: string): ParameterDeclaration => ({
  name,
  type: 'date',
  index: 'instant',
  definition,
  documentation: `${documentation} Prefixes eq, ne, lt, gt, le, ge, sa, eb; without a time zone: UTC.`,
  modifiers: [],
  usual: true,
});

/** Every search parameter that is supported, in the order of the documentation. */
export const searchParameters: readonly ParameterDeclaration[] = [
  token('_id', '', true, {
    index: 'hashed',
    definition: resource('id'),
    documentation: 'Id of the AuditEvent.',
    modifiers: [],
  }),
  date(
    '_lastUpdated',
    resource('lastUpdated'),
    'The same as date: an event never changes after it was recorded.',
  ),
  uri('_profile', 'listed', resource('profile'), 'AuditEvent.meta.profile'),
  token('_security', 'AuditEvent.meta.security', false, { definition: resource('security') }),
  token('_tag', 'AuditEvent.meta.tag', false, { definition: resource('tag') }),
  token('action', 'AuditEvent.action', true, { codes: ['C', 'R', 'U', 'D', 'E'] }),
  text('address', 'AuditEvent.agent.network.address', true),
  reference('agent', 'AuditEvent.agent.who', true, agentTargets),
  identifier('agent', true),
  text('agent-name', 'AuditEvent.agent.name', true),
  token('agent-role', 'AuditEvent.agent.role', false),
  token('altid', 'AuditEvent.agent.altId', false),
  date('date', auditEvent('date'), 'AuditEvent.recorded.'),
  reference('entity', 'AuditEvent.entity.what', true, undefined),
  identifier('entity', true),
  text('entity-name', 'AuditEvent.entity.name', false),
  token('entity-role', 'AuditEvent.entity.role', true),
  token('entity-type', 'AuditEvent.entity.type', true),
  token('outcome', 'AuditEvent.outcome', true, { codes: ['0', '4', '8', '12'] }),
  reference('patient', 'The Patient among agent.who and entity.what', true, ['Patient']),
  identifier('patient', false),
  uri('policy', 'hashed', auditEvent('policy'), 'AuditEvent.agent.policy'),
  token('session', '', true, {
    index: 'hashed',
    definition: `${vocabulary.base}/SearchParameter/AuditEvent-session`,
    documentation:
      'The session: the record detail `session`, a value without a system. Modifiers :not, :missing.',
  }),
  token('site', 'AuditEvent.source.site', true),
  reference('source', 'AuditEvent.source.observer', false, agentTargets),
  identifier('source', true),
  token('subtype', 'AuditEvent.subtype', true),
  token('type', 'AuditEvent.type', true),
];

/** Parameters that steer the answer rather than choose events. */
export const resultParameters: readonly string[] = [
  '_count',
  '_cursor',
  '_format',
  '_sort',
  '_summary',
  '_total',
];

/** The declaration of each parameter, by name. */
export const parameterByName: ReadonlyMap<string, ParameterDeclaration> = new Map(
  searchParameters.map((parameter) => [parameter.name, parameter]),
);
