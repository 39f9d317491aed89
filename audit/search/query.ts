/**
 * What a search asks for, after parsing: the value that `parseSearch` makes, that crosses to the
 * index worker, and that both the index and the re-check on the record are driven by.
 *
 * Spec: FHIR R4 search.
 */

/**
 * A coded value, identifier, URI or text. In an event an undefined `system` means that it has
 * none. In a query it means any; there `''` means none, and an undefined `value` any.
 */
export interface Term {
  readonly system: string | undefined;
  readonly value: string;
}

/** See {@link Term}. */
export interface TermPattern {
  readonly system: string | undefined;
  readonly value: string | undefined;
}

/**
 * A reference in parts. `base` is `''` for a relative one. What is no `[base/]Type/id`, a URN for
 * instance, is an id alone.
 */
export interface Reference {
  readonly base: string;
  readonly type: string;
  readonly id: string;
}

/** A reference that is looked for; an undefined `type` means any. */
export interface ReferencePattern {
  readonly bases: readonly string[];
  readonly type: string | undefined;
  readonly id: string;
}

/** How a text is compared; all but `exact` whatever the case and the accents. */
export type TextMatch = 'starts' | 'exact' | 'contains';

/** One condition of a query: `parameter` is the name of a search parameter. */
export type Condition =
  | {
      readonly kind: 'terms';
      readonly parameter: string;
      /** Met when none of the patterns is. */
      readonly negated: boolean;
      readonly anyOf: readonly TermPattern[];
    }
  | {
      readonly kind: 'references';
      readonly parameter: string;
      readonly anyOf: readonly ReferencePattern[];
    }
  | {
      readonly kind: 'texts';
      readonly parameter: string;
      readonly match: TextMatch;
      readonly anyOf: readonly string[];
    }
  | { readonly kind: 'missing'; readonly parameter: string; readonly missing: boolean };

/** Milliseconds since 1970, both ends included; may be infinite. */
export interface Interval {
  readonly fromMs: number;
  readonly toMs: number;
}

/** By `recorded`, events of one instant by leaf index. */
export type SortOrder = 'oldest-first' | 'newest-first';

/** Where a page begins: after this event, among the first `size` leaves of the ledger. */
export interface Cursor {
  readonly recordedMs: number;
  readonly leafIndex: number;
  readonly size: number;
}

/** A search over the events: every condition is met, and `recorded` lies within. */
export interface SearchQuery {
  readonly conditions: readonly Condition[];
  /** Sorted and disjoint; undefined: no matter when. Empty: nothing can match. */
  readonly within: readonly Interval[] | undefined;
  readonly order: SortOrder;
  /** Most events on a page, up to {@link maxCount}; 0: no events, the total only. */
  readonly count: number;
  /** Whether the number of all events that match is wanted. */
  readonly total: boolean;
  readonly after: Cursor | undefined;
}

/** One event of a page. */
export interface Hit {
  readonly leafIndex: number;
  readonly id: string;
  /** Exactly the bytes that were committed. */
  readonly bytes: Uint8Array;
}

/** One page, in the order that was asked for. */
export interface SearchPage {
  readonly hits: readonly Hit[];
  /** How many events match, over all pages; undefined unless asked for. */
  readonly total: number | undefined;
  /** Value of `_cursor` for the page that follows; undefined on the last one. */
  readonly next: string | undefined;
}

/** Events on a page when `_count` is absent. */
export const defaultCount = 50;

/** Most events on a page; a larger `_count` is lowered to this, as FHIR allows. */
export const maxCount = 1000;

/** True when an instant lies in one of the intervals. */
export function isWithin(ms: number, within: readonly Interval[]): boolean {
  return within.some((interval) => interval.fromMs <= ms && ms <= interval.toMs);
}

/** The cursor as text, opaque to clients. */
export function formatCursor({ recordedMs, leafIndex, size }: Cursor): string {
  return `${String(recordedMs)}.${String(leafIndex)}.${String(size)}`;
}

/** Reads a cursor; undefined when it is none. A made-up one only narrows a search. */
export function parseCursor(text: string): Cursor | undefined {
  const parts = /^(-?\d{1,15})\.(\d{1,15})\.(\d{1,15})$/u.exec(text);
  if (parts === null) return undefined;
  const [recordedMs = 0, leafIndex = 0, size = 0] = parts.slice(1).map(Number);
  return { recordedMs, leafIndex, size };
}

/** The search for the event of one id. */
export function queryForId(id: string): SearchQuery {
  const anyOf = [{ system: undefined, value: id }];
  return {
    conditions: [{ kind: 'terms', parameter: '_id', negated: false, anyOf }],
    within: undefined,
    order: 'newest-first',
    count: 1,
    total: false,
    after: undefined,
  };
}
