/**
 * Answers a query from the index, in the index worker. The index only proposes leaves: each hit
 * is read from the ledger and checked there, so a collision of hashes cannot add an event.
 */
import type { LedgerReader } from '../ledger/index.ts';
import { readFacts } from './facts.ts';
import { isWithin, meets } from './query.ts';
import type { Hit, SearchPage, SearchQuery } from './query.ts';
import type { IndexStore, LeafRange, TokenGroups } from './store.ts';
import type { TokenHash } from './token-hash.ts';

/** What a search is answered from. */
export interface FindSources {
  readonly store: IndexStore;
  readonly reader: LedgerReader;
  readonly tokenHash: TokenHash;
}

/** A page also ends, at a whole event, when it holds this many bytes. */
const maxPageBytes = 16 * 1024 * 1024;

/** The newest events that meet the query, at most a page of them. */
export function find(sources: FindSources, query: SearchQuery): SearchPage {
  const end = Math.min(sources.store.position, query.before ?? Infinity);
  const hits: Hit[] = [];
  let bytes = 0;
  for (const hit of matches(sources, query, end)) {
    if (hits.length === query.count || (hits.length > 0 && bytes > maxPageBytes)) {
      return { hits, next: String(hits.at(-1)?.leafIndex) };
    }
    hits.push(hit);
    bytes += hit.bytes.length;
  }
  return { hits, next: undefined };
}

function* matches(sources: FindSources, query: SearchQuery, end: number): Generator<Hit> {
  const { store, tokenHash } = sources;
  const groups: TokenGroups = query.clauses.map((clause) => [
    ...new Set(clause.anyOf.map((term) => tokenHash(clause.parameter, term.value))),
  ]);
  const everything: readonly LeafRange[] = end > 0 ? [{ low: 0, high: end - 1 }] : [];
  const ranges = query.within === undefined ? everything : store.ranges(query.within, end);
  // One more than a page tells whether another follows; far more is read only when hits are rare.
  let limit = query.count + 1;
  for (const range of ranges) {
    let high = range.high;
    while (high >= range.low) {
      const candidates = store.candidates(groups, { low: range.low, high }, limit);
      for (const { leafIndex, recordedMs } of candidates) {
        if (query.within !== undefined && !isWithin(recordedMs, query.within)) continue;
        const hit = check(sources.reader, query, leafIndex);
        if (hit !== undefined) yield hit;
      }
      if (candidates.length < limit) break;
      high = (candidates.at(-1)?.leafIndex ?? 0) - 1;
      limit = Math.min(limit * 2, 4096);
    }
  }
}

function check(reader: LedgerReader, query: SearchQuery, leafIndex: number): Hit | undefined {
  const body = reader.readOne(leafIndex)?.body;
  if (body === undefined) return undefined;
  const facts = readFacts(new TextDecoder().decode(body));
  if (facts === undefined) return undefined;
  if (query.within !== undefined && !isWithin(facts.recordedMs, query.within)) return undefined;
  if (!query.clauses.every((clause) => meets(facts.terms[clause.parameter], clause))) {
    return undefined;
  }
  return { leafIndex, id: facts.id, bytes: body };
}
