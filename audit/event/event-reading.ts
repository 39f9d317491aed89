/**
 * Looks into an AuditEvent that is read back, ours or another's: every member is in doubt, and what
 * is not as expected is not there. Pure; never throws.
 */
import { elements, isObject, stringAt, type JsonObject } from './fhir.ts';
import { vocabulary } from './vocabulary.ts';

/** The JSON objects of a list; what else stands in it is left out. */
export function objects(value: unknown): readonly JsonObject[] {
  return elements(value).filter(isObject);
}

/** What stands at the end of a path of members; undefined when any is missing. */
export function member(object: JsonObject | undefined, ...path: readonly string[]): unknown {
  let value: unknown = object;
  for (const key of path) value = isObject(value) ? value[key] : undefined;
  return value;
}

/** A text at the end of a path of members, as {@link member}. */
export function textAt(
  object: JsonObject | undefined,
  ...path: readonly string[]
): string | undefined {
  const value = member(object, ...path);
  return typeof value === 'string' ? value : undefined;
}

/** True when an agent or entity has the code among those of its type, of whatever system. */
export function hasCode(agentOrEntity: JsonObject, code: string): boolean {
  return objects(member(agentOrEntity, 'type', 'coding')).some((coding) => coding['code'] === code);
}

/** The first value of each detail of our own entity. */
export function detailsIn(entities: readonly JsonObject[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const entity of entities) {
    if (member(entity, 'type', 'system') !== vocabulary.entityType.url) continue;
    for (const detail of objects(entity['detail'])) {
      const type = stringAt(detail, 'type');
      const value = stringAt(detail, 'valueString');
      if (type !== undefined && value !== undefined && !found.has(type)) found.set(type, value);
    }
  }
  return found;
}
