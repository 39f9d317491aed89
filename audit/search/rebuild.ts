/**
 * Builds the index of a ledger anew, beside the old one, and puts it in its place once it is whole:
 * there is the old index or the new one, never half of one. For a command of its own, while no
 * gateway runs on the ledger.
 */
import Database from 'better-sqlite3';
import { closeSync, existsSync, fsyncSync, openSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';
import { LedgerFault, openReader } from '../ledger/index.ts';
import { SearchFault } from './fault.ts';
import { removeIndex } from './index-file.ts';
import { indexBatch, openIndex } from './tail.ts';
import { makeTokens } from './tokens.ts';

/** What {@link rebuildIndex} needs. */
export interface RebuildOptions {
  /** Folder of the ledger's files (`Ledger.directory`). */
  readonly ledgerDirectory: string;
  /** `Ledger.origin`, with the epoch. */
  readonly origin: string;
  /** The index file, whether it exists or not. */
  readonly file: string;
  /** The index key. */
  readonly key: Uint8Array;
  /** Called after each batch: leaves that are indexed, of how many; then once with `compacting`. */
  readonly onProgress?: (progress: RebuildProgress) => void;
}

/** How far a rebuild has come. */
export interface RebuildProgress {
  readonly step: 'reading' | 'compacting';
  readonly leaves: number;
  readonly size: number;
}

/** What a rebuild made. */
export interface RebuildResult {
  /** Leaves of the ledger that are indexed. */
  readonly leaves: number;
  /** Events that can be found. */
  readonly events: number;
  /** Records that cannot be found by search because they are not AuditEvents. */
  readonly unreadable: number;
}

/** Name of the index file in `audit.directory`. */
export const indexFileName = 'search-index.db';

/** Leaves in one transaction. */
const batchLeaves = 40_000;

/**
 * Builds the index anew. Synchronous; takes minutes for millions of events.
 *
 * @throws LedgerFault when the ledger cannot be read, SearchFault when the index cannot be written;
 *   then the old index stays as it was.
 */
export function rebuildIndex(options: RebuildOptions): RebuildResult {
  const { ledgerDirectory, origin, file, key, onProgress = (): void => undefined } = options;
  const unfinished = `${file}.unfinished`;
  const reader = openReader(ledgerDirectory);
  try {
    removeIndex(unfinished);
    const { index } = openIndex(unfinished, reader, origin, key, makeTokens(key));
    try {
      index.store.expectMuch();
      let unreadable = 0;
      for (;;) {
        const batch = indexBatch(index, reader, batchLeaves);
        if (batch.taken === 0) break;
        unreadable += batch.unreadable;
        onProgress({ step: 'reading', leaves: index.store.position, size: reader.size() });
      }
      const { position, blocks } = index.store;
      onProgress({ step: 'compacting', leaves: position, size: position });
      index.store.compact();
      index.store.close();
      replace(file, unfinished);
      return { leaves: position, events: blocks.events, unreadable };
    } catch (cause) {
      index.store.destroy();
      throw cause;
    }
  } catch (cause) {
    removeIndex(unfinished);
    if (cause instanceof LedgerFault) throw cause;
    throw new SearchFault({ code: 'SEARCH_FAILED', message: unwritten(cause), cause });
  } finally {
    reader.close();
  }
}

/** A sentence with the system's code, as `SQLITE_FULL` or `ENOSPC`. */
function unwritten(cause: unknown): string {
  const code: unknown = cause instanceof Error ? Reflect.get(cause, 'code') : undefined;
  return `The index could not be written${typeof code === 'string' ? `: ${code}` : ''}.`;
}

/** Moves a closed index file into its place. */
function replace(file: string, made: string): void {
  settle(file);
  sync(made);
  renameSync(made, file);
  sync(dirname(file));
}

/** A log that is left beside the old file would be read into the new one. */
function settle(file: string): void {
  if (!existsSync(`${file}-wal`)) return;
  try {
    // To be the last one that closes it empties its log and removes it.
    const old = new Database(file, { fileMustExist: true });
    old.pragma('wal_checkpoint(TRUNCATE)');
    old.close();
  } catch {
    // Damaged: it goes as a whole.
  }
  if (existsSync(`${file}-wal`)) removeIndex(file);
}

function sync(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
