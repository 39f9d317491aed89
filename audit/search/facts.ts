/**
 * What can be searched for in one AuditEvent. The index stores hashes of these values, and every
 * hit is checked against them again on the record itself. Pure.
 *
 * Spec: FHIR R4 AuditEvent search parameters (their FHIRPath expressions).
 */
import type { IndexedParameter, Term } from './query.ts';

/** The searchable values of one event. */
export interface EventFacts {
  readonly id: string;
  readonly recordedMs: number;
  readonly terms: Readonly<Record<IndexedParameter, readonly Term[]>>;
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
 * @returns Undefined when it is not an AuditEvent with an id and an instant: such a record is in
 *   the ledger and is verified like any other, but cannot be found by search.
 */
export function readFacts(text: string): EventFacts | undefined {
  let event: unknown;
  try {
    event = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(event) || event['resourceType'] !== 'AuditEvent') return undefined;
  const id = textOf(event['id']);
  const recordedMs = Date.parse(textOf(event['recorded']) ?? '');
  if (id === undefined || Number.isNaN(recordedMs)) return undefined;
  return { id, recordedMs, terms: termsOf(event, id) };
}

function termsOf(event: Json, id: string): EventFacts['terms'] {
  const agents = objectsOf(event['agent']).map((agent) => objectOf(agent['who']));
  const entities = objectsOf(event['entity']).map((entity) => objectOf(entity['what']));
  const observer = objectOf(objectOf(event['source'])['observer']);
  const patients = [...agents, ...entities].filter(isPatient);
  return {
    _id: [{ value: id }],
    patient: references(patients),
    'patient.identifier': identifiers(patients),
    agent: references(agents),
    'agent.identifier': identifiers(agents),
    source: references([observer]),
    'source.identifier': identifiers([observer]),
    'entity.identifier': identifiers(entities),
    outcome: terms(event['outcome'], outcomeSystem),
    action: terms(event['action'], actionSystem),
    type: codings([objectOf(event['type'])]),
    subtype: codings(objectsOf(event['subtype'])),
  };
}

function isPatient(reference: Json): boolean {
  const target = textOf(reference['reference']);
  return (
    reference['type'] === 'Patient' ||
    (target !== undefined && /(?:^|\/)Patient\/[^/]+$/u.test(withoutVersion(target)))
  );
}

/** A reference names the same resource whatever its version. */
export function withoutVersion(reference: string): string {
  return reference.replace(/\/_history\/[^/]*$/u, '');
}

function references(list: readonly Json[]): readonly Term[] {
  return list.flatMap((reference) => {
    const target = textOf(reference['reference']);
    // `#x` points into the event itself and means nothing outside of it.
    if (target === undefined || target.startsWith('#')) return [];
    return [{ value: withoutVersion(target) }];
  });
}

function identifiers(list: readonly Json[]): readonly Term[] {
  return list.flatMap((reference) => {
    const identifier = objectOf(reference['identifier']);
    return terms(identifier['value'], textOf(identifier['system']));
  });
}

function codings(list: readonly Json[]): readonly Term[] {
  return list.flatMap((coding) => terms(coding['code'], textOf(coding['system'])));
}

function terms(value: unknown, system: string | undefined): readonly Term[] {
  const text = textOf(value);
  if (text === undefined) return [];
  return [system === undefined ? { value: text } : { value: text, system }];
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function objectOf(value: unknown): Json {
  return isObject(value) ? value : {};
}

function objectsOf(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}
