/**
 * The FHIR R4 types that the mapping builds, and what it needs to look into JSON that others wrote.
 * Types only: nothing of the type package is loaded at run time.
 */
export type {
  AuditEvent,
  AuditEventAgent,
  AuditEventEntity,
  AuditEventEntityDetail,
  CodeableConcept,
  Coding,
  Identifier,
  OperationOutcome,
  Reference,
} from '@medplum/fhirtypes';

/** A JSON object that others wrote: every member is in doubt. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** True for a JSON object (not an array, not null). */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The elements of a JSON array; none for anything else (a lone object counts as one element). */
export function elements(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value as readonly unknown[];
  return value === undefined || value === null ? [] : [value];
}

/** A non-empty string member, else undefined. */
export function stringAt(object: JsonObject, key: string): string | undefined {
  const value = object[key];
  return typeof value === 'string' && value !== '' ? value : undefined;
}
