/**
 * The parameters that steer the answer: how many events, in which order, from where on, with or
 * without a total. Pure.
 *
 * Spec: https://hl7.org/fhir/R4/search.html#sort , #count , #total , #summary
 */
import { maxCount, parseCursor } from './query.ts';
import type { Cursor, SortOrder } from './query.ts';

/** What one of them asks for, or what would have been expected of its value. */
export type ParsedResult =
  | { readonly kind: 'count'; readonly count: number }
  | { readonly kind: 'order'; readonly order: SortOrder }
  | { readonly kind: 'after'; readonly after: Cursor }
  | { readonly kind: 'total'; readonly total: boolean }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'bad'; readonly expected: string };

const jsonFormats = new Set(['json', 'text/json', 'application/json', 'application/fhir+json']);
const bad = (expected: string): ParsedResult => ({ kind: 'bad', expected });

const parsers: ReadonlyMap<string, (value: string) => ParsedResult> = new Map([
  [
    '_count',
    (value: string): ParsedResult =>
      /^\d{1,9}$/u.test(value)
        ? { kind: 'count', count: Math.min(Number(value), maxCount) }
        : bad(`Expected a number from 0 to ${String(maxCount)}.`),
  ],
  [
    '_cursor',
    (value: string): ParsedResult => {
      const after = parseCursor(value);
      return after === undefined
        ? bad('Expected the cursor of a next link.')
        : { kind: 'after', after };
    },
  ],
  [
    '_format',
    (value: string): ParsedResult =>
      // An unencoded `+` in `application/fhir+json` arrives as a space.
      jsonFormats.has(value.replace(' ', '+'))
        ? { kind: 'nothing' }
        : bad('Only JSON is available: application/fhir+json.'),
  ],
  [
    '_sort',
    (value: string): ParsedResult => {
      if (value === 'date') return { kind: 'order', order: 'oldest-first' };
      if (value === '-date') return { kind: 'order', order: 'newest-first' };
      return bad('Events are sorted by date or -date (the default).');
    },
  ],
  [
    '_summary',
    (value: string): ParsedResult => {
      if (value === 'count') return { kind: 'count', count: 0 };
      return value === 'false' ? { kind: 'nothing' } : bad('Only count and false are available.');
    },
  ],
  [
    '_total',
    (value: string): ParsedResult => {
      // Counting is exact, which an estimate may be.
      if (value === 'accurate' || value === 'estimate') return { kind: 'total', total: true };
      return value === 'none'
        ? { kind: 'total', total: false }
        : bad('Expected none, estimate or accurate.');
    },
  ],
]);

/** Parses a result parameter; undefined when there is none of this name. */
export function parseResult(name: string, value: string): ParsedResult | undefined {
  return parsers.get(name)?.(value);
}
