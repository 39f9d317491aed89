/**
 * What can be searched for in one AuditEvent: each value is told to a visitor. The index makes
 * tokens of them, and every hit is checked against them again on the record itself. Pure.
 *
 * Spec: FHIR R4 AuditEvent search parameters (their FHIRPath expressions).
 */
import { vocabulary } from '../event/index.ts';
import type { Reference } from './query.ts';
import { parseReference } from './reference.ts';

/** Is told every searchable value of an event; the same one may come twice. */
export interface FactVisitor {
  /** A code, identifier, URI or text; `system` is undefined where there is none. */
  term(parameter: string, system: string | undefined, value: string): void;
  reference(parameter: string, reference: Reference): void;
  /** The event has the element of a parameter, but no value in it to search for. */
  present(parameter: string): void;
}

/** What every searchable event has. */
export interface EventHead {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly recordedMs: number;
}

type Json = Readonly<Record<string, unknown>>;

/** Implied systems of the two elements of type `code`. */
export const outcomeSystem = 'http://hl7.org/fhir/audit-event-outcome';
/** See {@link outcomeSystem}. */
export const actionSystem = 'http://hl7.org/fhir/audit-event-action';

/**
 * Reads the searchable values of a record.
 *
 * @param text The stored bytes as text.
 * @returns Undefined, before the visitor is told anything, when it is not an AuditEvent with an id
 *   and an instant: such a record is in the ledger and is verified like any other, but cannot be
 *   found by search.
 */
export function visitFacts(text: string, visitor: FactVisitor): EventHead | undefined {
  let event: unknown;
  try {
    event = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(event) || event['resourceType'] !== 'AuditEvent') return undefined;
  const id = event['id'];
  if (!isText(id)) return undefined;
  const recorded = event['recorded'];
  const recordedMs = isText(recorded) ? Date.parse(recorded) : NaN;
  if (Number.isNaN(recordedMs)) return undefined;
  visitor.term('_id', undefined, id);
  visitEvent(event, visitor);
  return { id, recordedMs };
}

function visitEvent(event: Json, visitor: FactVisitor): void {
  visitMeta(event['meta'], visitor);
  visitCoding('type', event['type'], visitor);
  for (const subtype of listOf(event['subtype'])) visitCoding('subtype', subtype, visitor);
  if (isText(event['action'])) visitor.term('action', actionSystem, event['action']);
  if (isText(event['outcome'])) visitor.term('outcome', outcomeSystem, event['outcome']);
  for (const agent of listOf(event['agent'])) if (isObject(agent)) visitAgent(agent, visitor);
  for (const entity of listOf(event['entity'])) if (isObject(entity)) visitEntity(entity, visitor);
  const source = event['source'];
  if (!isObject(source)) return;
  if (isText(source['site'])) visitor.term('site', undefined, source['site']);
  visitReference('source', source['observer'], visitor);
}

function visitMeta(meta: unknown, visitor: FactVisitor): void {
  if (!isObject(meta)) return;
  for (const profile of listOf(meta['profile'])) {
    if (isText(profile)) visitor.term('_profile', undefined, profile);
  }
  for (const label of listOf(meta['security'])) visitCoding('_security', label, visitor);
  for (const tag of listOf(meta['tag'])) visitCoding('_tag', tag, visitor);
}

function visitAgent(agent: Json, visitor: FactVisitor): void {
  visitReference('agent', agent['who'], visitor);
  if (isText(agent['altId'])) visitor.term('altid', undefined, agent['altId']);
  if (isText(agent['name'])) visitor.term('agent-name', undefined, agent['name']);
  for (const role of listOf(agent['role'])) {
    if (!isObject(role)) continue;
    visitor.present('agent-role');
    for (const coding of listOf(role['coding'])) visitCoding('agent-role', coding, visitor);
  }
  for (const policy of listOf(agent['policy'])) {
    if (isText(policy)) visitor.term('policy', undefined, policy);
  }
  const network = agent['network'];
  if (isObject(network) && isText(network['address'])) {
    visitor.term('address', undefined, network['address']);
  }
}

function visitEntity(entity: Json, visitor: FactVisitor): void {
  visitReference('entity', entity['what'], visitor);
  visitCoding('entity-type', entity['type'], visitor);
  visitCoding('entity-role', entity['role'], visitor);
  if (isText(entity['name'])) visitor.term('entity-name', undefined, entity['name']);
  const type = entity['type'];
  if (!isObject(type) || type['system'] !== vocabulary.entityType.url) return;
  for (const detail of listOf(entity['detail'])) {
    if (!isObject(detail) || detail['type'] !== 'session') continue;
    if (isText(detail['valueString'])) visitor.term('session', undefined, detail['valueString']);
  }
}

/** A reference and its identifier; those of a Patient are `patient` too. */
function visitReference(
  parameter: 'agent' | 'entity' | 'source',
  value: unknown,
  visitor: FactVisitor,
): void {
  if (!isObject(value)) return;
  const text = value['reference'];
  // `#x` points into the event itself and means nothing outside of it.
  const reference = isText(text) && !text.startsWith('#') ? parseReference(text) : undefined;
  // What a reference says of itself counts more than what is said of it.
  const type = (reference?.type ?? '') === '' ? value['type'] : reference?.type;
  const isPatient = parameter !== 'source' && type === 'Patient';
  if (reference === undefined) {
    visitor.present(parameter);
    if (isPatient) visitor.present('patient');
  } else {
    visitor.reference(parameter, reference);
    if (isPatient) visitor.reference('patient', reference);
  }
  const identifier = value['identifier'];
  if (!isObject(identifier)) return;
  visitIdentifier(identifierParameters[parameter], identifier, visitor);
  if (isPatient) visitIdentifier('patient.identifier', identifier, visitor);
}

const identifierParameters = {
  agent: 'agent.identifier',
  entity: 'entity.identifier',
  source: 'source.identifier',
} as const;

function visitIdentifier(parameter: string, { system, value }: Json, visitor: FactVisitor): void {
  if (isText(value)) visitor.term(parameter, isText(system) ? system : undefined, value);
  else visitor.present(parameter);
}

function visitCoding(parameter: string, coding: unknown, visitor: FactVisitor): void {
  if (!isObject(coding)) return;
  const { system, code } = coding;
  if (isText(code)) visitor.term(parameter, isText(system) ? system : undefined, code);
  else visitor.present(parameter);
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
