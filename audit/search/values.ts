/**
 * Values of search parameters, by type: token, reference, string, uri. Pure.
 *
 * Spec: https://hl7.org/fhir/R4/search.html#ptypes , #escaping
 */
import type { ReferencePattern, TermPattern } from './query.ts';
import { parseReference } from './reference.ts';

/** Most alternatives of one parameter. */
export const maxAlternatives = 256;

/** The comma-separated alternatives of a value; undefined when any of them is bad. */
export function parseAlternatives<T>(
  value: string,
  parse: (text: string) => T | undefined,
): readonly T[] | undefined {
  const texts = splitAt(value, ',');
  if (texts.length > maxAlternatives) return undefined;
  const parsed = texts.map((text) => (text === '' ? undefined : parse(text)));
  const good = parsed.filter((one) => one !== undefined);
  return good.length === parsed.length ? good : undefined;
}

/** `code`, `system|code`, `|code` (no system) or `system|` (any code). */
export function parseToken(text: string): TermPattern | undefined {
  const [first = '', second, ...more] = splitAt(text, '|').map(unescape);
  if (more.length > 0) return undefined;
  if (second === undefined) return { system: undefined, value: first };
  if (second !== '') return { system: first, value: second };
  return first === '' ? undefined : { system: first, value: undefined };
}

/** A text or URI: all of it, escapes taken off. */
export function parseText(text: string): string {
  return unescape(text);
}

/** What a reference may look like. */
export interface ReferenceRules {
  /** Types that it may name; undefined: any. */
  readonly targets: readonly string[] | undefined;
  /** The type that a modifier says. */
  readonly type: string | undefined;
  /** See `ParseOptions.bases`. */
  readonly bases: readonly string[];
}

/** `Type/id`, `id`, an absolute URL, or a URN; a version is taken off. */
export function parseReferenceValue(
  text: string,
  rules: ReferenceRules,
): ReferencePattern | undefined {
  const plain = unescape(text);
  const { base, type, id } = parseReference(plain);
  const local = ['', ...rules.bases];
  const bases = local.includes(base) ? local : [base];
  if (type === '') {
    // A URN, which has no type, or an id alone.
    if (/^urn:/iu.test(plain))
      return rules.type === undefined ? { bases: [''], type, id } : undefined;
    return /^[^/\s?#|:]+$/u.test(plain) ? { bases: local, type: rules.type, id } : undefined;
  }
  const isAbsolute = /^[a-z][a-z0-9+.-]*:/iu.test(base);
  if ((base !== '' && !isAbsolute) || /[\s?#|]/u.test(id)) return undefined;
  if (rules.targets?.includes(type) === false) return undefined;
  if (rules.type !== undefined && rules.type !== type) return undefined;
  return { bases, type, id };
}

/** Splits at a separator that no backslash protects; keeps the escapes. */
function splitAt(text: string, separator: ',' | '|'): readonly string[] {
  const parts: string[] = [];
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === separator) {
      parts.push(text.slice(start, i));
      start = i + 1;
    }
  }
  return [...parts, text.slice(start)];
}

function unescape(text: string): string {
  return text.replace(/\\([\\,$|])/gu, '$1');
}
