/**
 * Follows the ledger and feeds the index, in the index worker: behind the commits, never part of
 * them. Takes what the ledger has in batches of one transaction each.
 */
import type { LedgerReader, StoredLeaf } from '../ledger/index.ts';
import { makeTokenise } from './index-tokens.ts';
import type { Tokenise } from './index-tokens.ts';
import { newListing, openListing } from './listing.ts';
import type { Listing } from './listing.ts';
import { IndexStore } from './store.ts';
import type { IndexRow, Provenance } from './store.ts';
import type { Tokens } from './tokens.ts';

/** Leaves read at once. */
const readLeaves = 250;

/** An index that is open and can be fed. */
export interface OpenIndex {
  readonly store: IndexStore;
  readonly tokens: Tokens;
  readonly listing: Listing;
  readonly tokenise: Tokenise;
}

/** What the index starts from; all but `continued` start from nothing. */
export type IndexStart = 'continued' | 'missing' | 'unusable' | 'other-history';

/**
 * Opens the index of this ledger, or starts an empty one when the file is missing, damaged, of
 * another ledger or key, or knows leaves that the ledger does not have.
 *
 * @param origin `Ledger.origin`.
 * @param tokens Made with `key`.
 */
export function openIndex(
  file: string,
  reader: LedgerReader,
  origin: string,
  key: Uint8Array,
  tokens: Tokens,
): { readonly index: OpenIndex; readonly start: IndexStart } {
  const provenance: Provenance = { origin, keyCheck: tokens.keyCheck };
  const found = IndexStore.open(file, provenance);
  if (typeof found === 'string')
    return { index: fresh(file, provenance, key, tokens), start: found };
  const last = found.position === 0 ? undefined : reader.readOne(found.position - 1);
  const belongs = found.position === 0 || (last !== undefined && mark(last) === found.last);
  const listing = openListing(key, found.listed());
  if (belongs && listing !== undefined) {
    return { index: together(found, tokens, listing), start: 'continued' };
  }
  found.close();
  const start = belongs ? 'unusable' : 'other-history';
  return { index: fresh(file, provenance, key, tokens), start };
}

function fresh(file: string, provenance: Provenance, key: Uint8Array, tokens: Tokens): OpenIndex {
  return together(IndexStore.create(file, provenance), tokens, newListing(key));
}

function together(store: IndexStore, tokens: Tokens, listing: Listing): OpenIndex {
  return { store, tokens, listing, tokenise: makeTokenise(tokens, listing) };
}

/**
 * Indexes the next leaves, in one transaction.
 *
 * @param limit Most leaves to take: also how long a search may have to wait for its turn.
 * @returns How many were taken (0: the index is level with the ledger), and how many of them are
 *   records that cannot be found by search because they are not AuditEvents.
 */
export function indexBatch(
  { store, listing, tokenise }: OpenIndex,
  reader: LedgerReader,
  limit: number,
): { readonly taken: number; readonly unreadable: number } {
  const rows: IndexRow[] = [];
  const decoder = new TextDecoder();
  let unreadable = 0;
  let taken = 0;
  let last: StoredLeaf | undefined;
  while (taken < limit) {
    // A few at a time: bodies are large, rows are not.
    const leaves = reader.read(store.position + taken, Math.min(readLeaves, limit - taken));
    if (leaves.length === 0) break;
    for (const { kind, body, leafIndex } of leaves) {
      // A purged body is gone for good: there is nothing left to find.
      if (kind !== 'record' || body === undefined) continue;
      const event = tokenise(decoder.decode(body));
      if (event === undefined) unreadable++;
      else rows.push({ leafIndex, ...event });
    }
    taken += leaves.length;
    last = leaves.at(-1);
  }
  if (last === undefined) return { taken: 0, unreadable: 0 };
  const position = last.leafIndex + 1;
  store.add({ rows, listed: listing.takeNew(), position, last: mark(last) });
  return { taken, unreadable };
}

/** Tells one history from another of the same length; outlives a purge, as the leaf does. */
function mark(leaf: StoredLeaf): string {
  return `${String(leaf.leafIndex)} ${leaf.kind} ${String(leaf.committedMs)}`;
}
