/**
 * Reading members of JSON that somebody else wrote: own members only, expected types only, bounded
 * lengths. What does not fit is absent; control characters are kept as the data that they are.
 */

/** A JSON object from outside. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Longest string kept from a claim, in UTF-16 code units. */
export const maxClaimLength = 1024;

/** True for a JSON object (not an array, not null). */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The text parsed as JSON object; undefined when it is anything else. */
export function parseJsonObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** An own member; never one that the prototype lends (`constructor`, `__proto__`). */
export function member(object: JsonObject | undefined, name: string): unknown {
  return object !== undefined && Object.hasOwn(object, name) ? object[name] : undefined;
}

/** An own member that is an object. */
export function objectMember(object: JsonObject | undefined, name: string): JsonObject | undefined {
  const value = member(object, name);
  return isJsonObject(value) ? value : undefined;
}

/** A non-empty string cut to {@link maxClaimLength}, or a whole number as text. */
export function boundedText(value: unknown): string | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? String(value) : undefined;
  return typeof value === 'string' && value !== '' ? value.slice(0, maxClaimLength) : undefined;
}

/** The first of the named own members that is usable as text. */
export function firstText(
  object: JsonObject | undefined,
  names: readonly string[],
): string | undefined {
  for (const name of names) {
    const text = boundedText(member(object, name));
    if (text !== undefined) return text;
  }
  return undefined;
}

/** A value as list: an array itself, a single value as a list of one, absent as none. */
export function asList(value: unknown): readonly unknown[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [value];
}
