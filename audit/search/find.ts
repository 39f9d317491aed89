/**
 * Answers a query from the index, in the index worker. The index only proposes leaves: each hit
 * is read from the ledger and checked there, so a collision of hashes cannot add an event.
 */
import type { LedgerReader } from '../ledger/index.ts';
import { checkRecord } from './check.ts';
import { countMatches } from './count.ts';
import type { Listing } from './listing.ts';
import { matchOf } from './match.ts';
import { formatCursor } from './query.ts';
import type { Hit, SearchPage, SearchQuery } from './query.ts';
import { byTime } from './by-time.ts';
import type { IndexStore } from './store.ts';
import type { Tokens } from './tokens.ts';

/** What a search is answered from. */
export interface FindSources {
  readonly store: IndexStore;
  readonly reader: LedgerReader;
  readonly tokens: Tokens;
  readonly listing: Listing;
}

/** A page also ends, at a whole event, when it holds this many bytes. */
const maxPageBytes = 16 * 1024 * 1024;

/**
 * One page of the events that meet the query, out of the leaves that are indexed now, or that were
 * when the first page was asked for.
 *
 * @throws SearchFault `SEARCH_TOO_BROAD`
 */
export function find(sources: FindSources, query: SearchQuery): SearchPage {
  const { store, reader, tokens, listing } = sources;
  const size = Math.min(store.position, query.after?.size ?? Infinity);
  const match = matchOf(query.conditions, tokens, listing);
  const total = query.total ? countMatches(store, match, query.within, size) : undefined;
  const hits: Hit[] = [];
  if (query.count === 0) return { hits, total, next: undefined };
  const decoder = new TextDecoder();
  let bytes = 0;
  let last: { recordedMs: number; leafIndex: number } | undefined;
  for (const { leafIndex } of byTime(store, match, query, size)) {
    const body = reader.readOne(leafIndex)?.body;
    if (body === undefined) continue;
    const head = checkRecord(decoder.decode(body), query);
    if (head === undefined) continue;
    const isFull = hits.length === query.count || (hits.length > 0 && bytes > maxPageBytes);
    if (isFull && last !== undefined) return { hits, total, next: formatCursor({ ...last, size }) };
    hits.push({ leafIndex, id: head.id, bytes: body });
    bytes += body.length;
    last = { recordedMs: head.recordedMs, leafIndex };
  }
  return { hits, total, next: undefined };
}
