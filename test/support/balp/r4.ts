/**
 * Base FHIR R4 AuditEvent: elements, types, cardinalities, required value sets, invariants. Written
 * from https://hl7.org/fhir/R4/auditevent.html and datatypes.html; uses nothing of `audit/`.
 */
import { at, isJson, list, type Json, type Report } from './problem.ts';

type Shape = Readonly<Record<string, string>>;

/** Element definitions: `type`, `type*` for a list, `!` at the end when required. */
const shapes: Readonly<Record<string, Shape>> = {
  AuditEvent: {
    resourceType: 'code!',
    id: 'id',
    meta: 'Meta',
    implicitRules: 'uri',
    language: 'code',
    contained: 'Resource*',
    extension: 'Extension*',
    modifierExtension: 'Extension*',
    type: 'Coding!',
    subtype: 'Coding*',
    action: 'code',
    period: 'Period',
    recorded: 'instant!',
    outcome: 'code',
    outcomeDesc: 'string',
    purposeOfEvent: 'CodeableConcept*',
    agent: 'Agent*!',
    source: 'Source!',
    entity: 'Entity*',
  },
  Meta: {
    versionId: 'id',
    lastUpdated: 'instant',
    source: 'uri',
    profile: 'uri*',
    security: 'Coding*',
    tag: 'Coding*',
  },
  Agent: {
    extension: 'Extension*',
    type: 'CodeableConcept',
    role: 'CodeableConcept*',
    who: 'Reference',
    altId: 'string',
    name: 'string',
    requestor: 'boolean!',
    location: 'Reference',
    policy: 'uri*',
    media: 'Coding',
    network: 'Network',
    purposeOfUse: 'CodeableConcept*',
  },
  Network: { address: 'string', type: 'code' },
  Source: { site: 'string', observer: 'Reference!', type: 'Coding*' },
  Entity: {
    extension: 'Extension*',
    what: 'Reference',
    type: 'Coding',
    role: 'Coding',
    lifecycle: 'Coding',
    securityLabel: 'Coding*',
    name: 'string',
    description: 'string',
    query: 'base64Binary',
    detail: 'Detail*',
  },
  Detail: { type: 'string!', valueString: 'string', valueBase64Binary: 'base64Binary' },
  Coding: {
    system: 'uri',
    version: 'string',
    code: 'code',
    display: 'string',
    userSelected: 'boolean',
  },
  CodeableConcept: { coding: 'Coding*', text: 'string' },
  Identifier: {
    use: 'code',
    type: 'CodeableConcept',
    system: 'uri',
    value: 'string',
    period: 'Period',
    assigner: 'Reference',
  },
  Reference: { reference: 'reference', type: 'uri', identifier: 'Identifier', display: 'string' },
  Period: { start: 'dateTime', end: 'dateTime' },
};

const instant =
  /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?(Z|[+-](0\d|1[0-4]):[0-5]\d)$/;
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const primitives: Readonly<Record<string, (value: string) => boolean>> = {
  string: (value) => value.trim() !== '' && !/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/.test(value),
  code: (value) => /^[^\s]+( [^\s]+)*$/.test(value),
  id: (value) => /^[A-Za-z0-9.-]{1,64}$/.test(value),
  uri: (value) => /^[^\s\u0000-\u001f]+$/.test(value),
  instant: (value) => instant.test(value) && !Number.isNaN(Date.parse(value)),
  dateTime: (value) => instant.test(value) || /^\d{4}(-\d\d(-\d\d)?)?$/.test(value),
  base64Binary: (value) => value !== '' && base64.test(value),
  reference: (value) =>
    /^(#[A-Za-z0-9.-]{1,64}|urn:\S+|https?:\/\/\S+|[A-Z][A-Za-z]+\/[^\s/]+(\/_history\/[^\s/]+)?)$/.test(
      value,
    ),
};

function checkValue(value: unknown, type: string, path: string, report: Report): void {
  if (type === 'boolean') {
    report.check(typeof value === 'boolean', 'type', path, 'must be a boolean');
    return;
  }
  const primitive = primitives[type];
  if (primitive !== undefined) {
    const holds = typeof value === 'string' && primitive(value);
    report.check(holds, type === 'reference' ? 'reference' : 'type', path, `must be a ${type}`);
    return;
  }
  const shape = shapes[type];
  if (shape !== undefined) checkShape(value, shape, path, report);
  else report.check(isJson(value), 'type', path, 'must be an object');
}

function checkShape(value: unknown, shape: Shape, path: string, report: Report): void {
  if (!isJson(value)) {
    report.add('type', path, 'must be an object');
    return;
  }
  report.check(Object.keys(value).length > 0, 'empty', path, 'an object must not be empty');
  for (const [key, definition] of Object.entries(shape)) {
    const present = value[key] !== undefined;
    if (definition.endsWith('!'))
      report.check(present, 'required', `${path}.${key}`, 'is required');
    if (!present) continue;
    const type = definition.replace(/[*!]/g, '');
    const isList = definition.includes('*');
    const element = value[key];
    if (!isList) {
      checkValue(element, type, `${path}.${key}`, report);
    } else if (!Array.isArray(element) || element.length === 0) {
      report.add('cardinality', `${path}.${key}`, 'must be a list with elements');
    } else {
      for (const [index, item] of (element as unknown[]).entries()) {
        checkValue(item, type, `${path}.${key}[${String(index)}]`, report);
      }
    }
  }
  for (const key of Object.keys(value)) {
    const known = shape[key] !== undefined || key === 'id' || key === 'extension';
    report.check(known, 'unknown-element', `${path}.${key}`, 'is no element here');
  }
}

function checkCode(value: unknown, allowed: string, path: string, report: Report): void {
  if (value === undefined) return;
  const holds = allowed.split(' ').includes(typeof value === 'string' ? value : '');
  report.check(holds, 'required-binding', path, `must be one of ${allowed}`);
}

const agentTargets = /^(PractitionerRole|Practitioner|Organization|Device|Patient|RelatedPerson)$/;

/** Type that a relative or absolute reference names; undefined for URNs and fragments. */
export function referredType(reference: unknown): string | undefined {
  if (typeof reference !== 'string' || /^(urn:|#)/.test(reference)) return undefined;
  return /(?:^|\/)([A-Z][A-Za-z]+)\/[^/]+(?:\/_history\/[^/]+)?$/.exec(reference)?.[1];
}

function checkAgents(event: Json, report: Report): void {
  for (const [index, agent] of list(event['agent']).entries()) {
    const path = `agent[${String(index)}]`;
    checkCode(at(agent, 'network', 'type'), '1 2 3 4 5', `${path}.network.type`, report);
    const type = referredType(at(agent, 'who', 'reference'));
    const holds = type === undefined || agentTargets.test(type);
    report.check(holds, 'reference-target', `${path}.who`, 'refers to a type that is not allowed');
  }
}

function checkEntities(event: Json, report: Report): void {
  const contained = new Set(list(event['contained']).map((resource) => resource['id']));
  const used = new Set<unknown>();
  for (const [index, entity] of list(event['entity']).entries()) {
    const path = `entity[${String(index)}]`;
    const both = entity['name'] !== undefined && entity['query'] !== undefined;
    report.check(!both, 'sev-1', path, 'has a name or a query, not both');
    const reference = at(entity, 'what', 'reference');
    if (typeof reference === 'string' && reference.startsWith('#')) {
      used.add(reference.slice(1));
      report.check(contained.has(reference.slice(1)), 'ref-1', `${path}.what`, 'is not contained');
    }
    for (const [at_, detail] of list(entity['detail']).entries()) {
      const values = Object.keys(detail).filter((key) => key.startsWith('value'));
      const where = `${path}.detail[${String(at_)}]`;
      report.check(values.length === 1, 'cardinality', where, 'value[x] must be there once');
    }
  }
  for (const id of contained) {
    report.check(used.has(id), 'dom-3', 'contained', 'a contained resource must be referred to');
  }
}

const issueTypes =
  'invalid structure required value invariant security login unknown expired forbidden suppressed ' +
  'processing not-supported duplicate multiple-matches not-found deleted too-long code-invalid ' +
  'extension too-costly business-rule conflict transient lock-error no-store exception timeout ' +
  'incomplete throttled informational';

function checkContained(event: Json, report: Report): void {
  for (const [index, resource] of list(event['contained']).entries()) {
    const path = `contained[${String(index)}]`;
    report.check(resource['contained'] === undefined, 'dom-2', path, 'must not contain more');
    report.check(resource['id'] !== undefined, 'required', `${path}.id`, 'is required');
    if (resource['resourceType'] !== 'OperationOutcome') continue;
    const issues = list(resource['issue']);
    report.check(issues.length > 0, 'required', `${path}.issue`, 'is required');
    for (const issue of issues) {
      const severity = issue['severity'] ?? '';
      checkCode(severity, 'fatal error warning information', `${path}.issue.severity`, report);
      checkCode(issue['code'] ?? '', issueTypes, `${path}.issue.code`, report);
    }
  }
}

/** Reports what base R4 does not allow. */
export function checkBase(event: Json, report: Report): void {
  checkShape(event, shapes['AuditEvent'] ?? {}, 'AuditEvent', report);
  report.check(
    event['resourceType'] === 'AuditEvent',
    'type',
    'resourceType',
    'must be AuditEvent',
  );
  checkCode(event['action'], 'C R U D E', 'action', report);
  checkCode(event['outcome'], '0 4 8 12', 'outcome', report);
  const start = at(event, 'period', 'start');
  const end = at(event, 'period', 'end');
  if (typeof start === 'string' && typeof end === 'string') {
    report.check(
      Date.parse(start) <= Date.parse(end),
      'per-1',
      'period',
      'must not end before it starts',
    );
  }
  checkAgents(event, report);
  checkEntities(event, report);
  checkContained(event, report);
}
