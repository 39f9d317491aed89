/**
 * Follows the ledger and feeds the index, in the index worker: behind the commits, never part of
 * them. Takes what the ledger has in batches of one transaction each.
 */
import type { LedgerReader, StoredLeaf } from '../ledger/index.ts';
import { readFacts } from './facts.ts';
import type { EventFacts } from './facts.ts';
import type { IndexedParameter } from './query.ts';
import { IndexStore } from './store.ts';
import type { IndexRow, Provenance } from './store.ts';
import type { TokenHash } from './token-hash.ts';

/** Leaves in one transaction: also how long a search may have to wait for its turn. */
const batchLeaves = 1000;

/** What the index starts from; all but `continued` start from nothing. */
export type IndexStart = 'continued' | 'missing' | 'unusable' | 'other-history';

/**
 * Opens the index of this ledger, or starts an empty one when the file is missing, damaged, of
 * another ledger or key, or knows leaves that the ledger does not have.
 */
export function openIndex(
  file: string,
  reader: LedgerReader,
  provenance: Provenance,
): { readonly store: IndexStore; readonly start: IndexStart } {
  const found = IndexStore.open(file, provenance);
  if (typeof found === 'string') {
    return { store: IndexStore.create(file, provenance), start: found };
  }
  const last = found.position === 0 ? undefined : reader.readOne(found.position - 1);
  const belongs = found.position === 0 || (last !== undefined && mark(last) === found.last);
  if (belongs) return { store: found, start: 'continued' };
  found.close();
  return { store: IndexStore.create(file, provenance), start: 'other-history' };
}

/**
 * Indexes the next leaves, at most a batch of them.
 *
 * @returns How many were taken (0: the index is level with the ledger), and how many of them are
 *   records that cannot be found by search because they are not AuditEvents.
 */
export function indexBatch(
  store: IndexStore,
  reader: LedgerReader,
  tokenHash: TokenHash,
): { readonly taken: number; readonly unreadable: number } {
  const leaves = reader.read(store.position, batchLeaves);
  const last = leaves.at(-1);
  if (last === undefined) return { taken: 0, unreadable: 0 };
  const decoder = new TextDecoder();
  const rows: IndexRow[] = [];
  let unreadable = 0;
  for (const leaf of leaves) {
    // A purged body is gone for good: there is nothing left to find.
    if (leaf.kind !== 'record' || leaf.body === undefined) continue;
    const facts = readFacts(decoder.decode(leaf.body));
    if (facts === undefined) unreadable++;
    else rows.push(rowOf(leaf.leafIndex, facts, tokenHash));
  }
  store.add(rows, last.leafIndex + 1, mark(last));
  return { taken: leaves.length, unreadable };
}

function rowOf(leafIndex: number, facts: EventFacts, tokenHash: TokenHash): IndexRow {
  const tokens = new Set<string>();
  for (const [parameter, terms] of Object.entries(facts.terms)) {
    for (const term of terms) tokens.add(tokenHash(parameter as IndexedParameter, term.value));
  }
  return { leafIndex, recordedMs: facts.recordedMs, tokens: [...tokens] };
}

/** Tells one history from another of the same length; outlives a purge, as the leaf does. */
function mark(leaf: StoredLeaf): string {
  return `${String(leaf.leafIndex)} ${leaf.kind} ${String(leaf.committedMs)}`;
}
