/**
 * What a search asks for, after parsing: the value that `parseSearch` makes, that crosses to the
 * index worker, and that both the index and the re-check on the record are driven by.
 *
 * Spec: FHIR R4 search; AuditEvent search parameters; `x.identifier` as in IHE ITI-81.
 */

/** What of an event is indexed, named like the search parameter it serves. */
export type IndexedParameter =
  | '_id'
  | 'patient'
  | 'patient.identifier'
  | 'agent'
  | 'agent.identifier'
  | 'source'
  | 'source.identifier'
  | 'entity.identifier'
  | 'outcome'
  | 'action'
  | 'type'
  | 'subtype';

/**
 * One value of a parameter. In an event: a code, identifier, id or reference it holds. In a query:
 * one that is looked for; there an undefined `system` means any, and `''` means none.
 */
export interface Term {
  readonly value: string;
  readonly system?: string;
}

/** One parameter of a query: met when the event has any of the terms. */
export interface Clause {
  readonly parameter: IndexedParameter;
  readonly anyOf: readonly Term[];
}

/** Milliseconds since 1970, both ends included; may be infinite. */
export interface Interval {
  readonly fromMs: number;
  readonly toMs: number;
}

/** A search over the events: every clause is met, and `recorded` lies within. */
export interface SearchQuery {
  readonly clauses: readonly Clause[];
  /** Sorted and disjoint; undefined: no matter when. Empty: nothing can match. */
  readonly within: readonly Interval[] | undefined;
  /** Most events on a page, 1 to {@link maxCount}. */
  readonly count: number;
  /** Only leaves below this leaf index: the position that a paging cursor carries. */
  readonly before: number | undefined;
}

/** One event of a page. */
export interface Hit {
  readonly leafIndex: number;
  readonly id: string;
  /** Exactly the bytes that were committed. */
  readonly bytes: Uint8Array;
}

/** One page, newest leaf first. */
export interface SearchPage {
  readonly hits: readonly Hit[];
  /** Value of `_cursor` for the page that follows; undefined on the last one. */
  readonly next: string | undefined;
}

/** Events on a page when `_count` is absent. */
export const defaultCount = 50;

/** Most events on a page; a larger `_count` is lowered to this, as FHIR allows. */
export const maxCount = 1000;

/** True when the event's terms meet the clause. */
export function meets(terms: readonly Term[], clause: Clause): boolean {
  return clause.anyOf.some((wanted) =>
    terms.some(
      (term) =>
        term.value === wanted.value &&
        (wanted.system === undefined || wanted.system === (term.system ?? '')),
    ),
  );
}

/** True when an instant lies in one of the intervals. */
export function isWithin(ms: number, within: readonly Interval[]): boolean {
  return within.some((interval) => interval.fromMs <= ms && ms <= interval.toMs);
}
