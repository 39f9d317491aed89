/**
 * Media types and the weighted lists of `Accept` and `Accept-Encoding`. Used by the gate.
 *
 * Spec: RFC 9110 sections 8.3.1, 12.4.2, 12.5.1.
 */

/** A parsed media type. */
export interface MediaType {
  /** Lower-case `type/subtype`. */
  readonly essence: string;
  /** Lower-case names; values without quotes. */
  readonly parameters: ReadonlyMap<string, string>;
}

const essencePattern = /^[!#$%&'*+.^_`|~0-9a-z-]+\/[!#$%&'*+.^_`|~0-9a-z-]+$/;
const parameterPattern =
  /^([!#$%&'*+.^_`|~0-9a-z-]+)=(?:([!#$%&'*+.^_`|~0-9a-z-]+)|"((?:[^"\\]|\\.)*)")$/i;

/**
 * Parses one media type or media range.
 *
 * @returns Undefined when it is not one, or when a parameter stands twice.
 */
export function parseMediaType(value: string): MediaType | undefined {
  const [first = '', ...rest] = splitOutsideQuotes(value, ';');
  const essence = first.trim().toLowerCase();
  if (!essencePattern.test(essence)) return undefined;
  const parameters = new Map<string, string>();
  for (const part of rest) {
    const text = part.trim();
    if (text === '') continue;
    const match = parameterPattern.exec(text);
    const name = match?.[1]?.toLowerCase();
    if (match === null || name === undefined || parameters.has(name)) return undefined;
    parameters.set(name, match[2] ?? (match[3] ?? '').replace(/\\(.)/g, '$1'));
  }
  return { essence, parameters };
}

/** One element of a weighted list. */
export interface Weighted {
  /** The element as sent, trimmed, its weight included. */
  readonly text: string;
  /** Lower case, without parameters. */
  readonly token: string;
  /** From 0 to 1; 0 means "not this one". A weight that cannot be read counts as 1. */
  readonly weight: number;
}

/** Parses a list such as `Accept` or `Accept-Encoding`. Empty elements are left out. */
export function parseWeightedList(value: string): readonly Weighted[] {
  return splitOutsideQuotes(value, ',')
    .map((part) => part.trim())
    .filter((text) => text !== '')
    .map((text) => {
      const [token = '', ...parameters] = splitOutsideQuotes(text, ';').map((part) => part.trim());
      const weight = parameters
        .map((it) => /^q=([01](?:\.\d{0,3})?)$/i.exec(it)?.[1])
        .find(Boolean);
      return {
        text,
        token: token.toLowerCase(),
        weight: weight === undefined ? 1 : Number(weight),
      };
    });
}

/** Splits at a separator that does not stand inside a quoted string. */
export function splitOutsideQuotes(value: string, separator: ',' | ';'): readonly string[] {
  if (!value.includes('"')) return value.split(separator);
  const parts: string[] = [];
  let isQuoted = false;
  let start = 0;
  for (let at = 0; at < value.length; at++) {
    const character = value[at];
    if (isQuoted && character === '\\') at++;
    else if (character === '"') isQuoted = !isQuoted;
    else if (!isQuoted && character === separator) {
      parts.push(value.slice(start, at));
      start = at + 1;
    }
  }
  parts.push(value.slice(start));
  return parts;
}
