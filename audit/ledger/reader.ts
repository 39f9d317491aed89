/**
 * Reads the leaves of one epoch, also while its writer appends and goes on to new files. Each call
 * reads what is committed at that moment; no transaction stays open between calls, so a reader never
 * holds up the writer. Synchronous.
 */
import type Database from 'better-sqlite3';
import { LedgerFault } from './fault.ts';
import { listFiles } from './folders.ts';
import { decodeLeaf } from './leaf.ts';
import type { LedgerReader, StoredLeaf } from './ledger.ts';
import { assertFormat, readHeader, readTree } from './ledger-file.ts';
import { openReadOnly } from './read-only.ts';

/** A file that is open for reading. */
interface OpenFile {
  readonly fileNumber: number;
  readonly firstLeaf: number;
  readonly segmentLeaves: number;
  readonly db: Database.Database;
  readonly select: Database.Statement<[number, number], LeafRow>;
}

interface LeafRow {
  readonly leafIndex: number;
  readonly leaf: Uint8Array;
  readonly encoding: number | null;
  readonly body: Uint8Array | null;
}

const selectLeaves = `SELECT leaf.leaf_index AS leafIndex, leaf.leaf AS leaf, body.encoding AS encoding, body.body AS body
  FROM leaf LEFT JOIN body ON body.leaf_index = leaf.leaf_index
  WHERE leaf.leaf_index >= ? ORDER BY leaf.leaf_index LIMIT ?`;

/** Older files that stay open: a reader that jumps about opens the others again. */
const openFiles = 4;

/**
 * Opens the ledger in `directory` (`Ledger.directory`, the folder of an epoch) for reading.
 *
 * @throws LedgerFault `LEDGER_MISSING` when there is none, `LEDGER_FORMAT`.
 */
export function openReader(directory: string): LedgerReader {
  const files = new FileSet(directory);
  const read = (first: number, limit: number): readonly StoredLeaf[] => {
    const leaves: StoredLeaf[] = [];
    for (
      let file = files.holding(first);
      file !== undefined && leaves.length < limit;
      file = files.open(file.fileNumber + 1)
    ) {
      const rows = file.select.all(first, limit - leaves.length);
      for (const row of rows) leaves.push(asLeaf(row));
    }
    return leaves;
  };
  files.last();
  return {
    size: () => files.last().size,
    read,
    readOne: (leafIndex) => read(leafIndex, 1).find((leaf) => leaf.leafIndex === leafIndex),
    close: () => {
      files.close();
    },
  };
}

function asLeaf(row: LeafRow): StoredLeaf {
  const leaf = decodeLeaf(row.leaf);
  if (leaf === undefined || (row.encoding !== null && row.encoding !== 0)) {
    throw formatFault(`leaf ${String(row.leafIndex)} is of an unknown format`);
  }
  const { kind, committedMs, refersTo } = leaf;
  return { leafIndex: row.leafIndex, kind, committedMs, refersTo, body: row.body ?? undefined };
}

function formatFault(message: string): LedgerFault {
  return new LedgerFault({ code: 'LEDGER_FORMAT', message });
}

/** The files of one folder, opened as they are needed. */
class FileSet {
  readonly #directory: string;
  /** Index of the first leaf of every file seen, by number. */
  readonly #firstLeaves = new Map<number, number>();
  readonly #open = new Map<number, OpenFile>();

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** The newest file, and the size of the ledger. */
  last(): { readonly file: OpenFile; readonly size: number } {
    const known = Math.max(0, ...this.#firstLeaves.keys());
    let file = this.open(known) ?? this.#openFirst();
    for (;;) {
      const size = readTree(file.db)?.size;
      if (size === undefined) throw formatFault('a file of the ledger has no tree');
      // Only a file that has reached the end of a segment can have one after it.
      const reached = Math.floor(size / file.segmentLeaves);
      const next =
        reached > Math.floor(file.firstLeaf / file.segmentLeaves)
          ? this.open(file.fileNumber + 1)
          : undefined;
      if (next === undefined) return { file, size };
      file = next;
    }
  }

  /** The file that holds a leaf, or would. Of a leaf before the first file: the first file. */
  holding(leafIndex: number): OpenFile | undefined {
    const { file } = this.last();
    if (leafIndex >= file.firstLeaf) return file;
    const numbers = [...this.#firstLeaves.keys()].sort((a, b) => a - b);
    const number = numbers.findLast((n) => (this.#firstLeaves.get(n) ?? 0) <= leafIndex);
    return this.open(number ?? numbers[0] ?? 0);
  }

  open(fileNumber: number): OpenFile | undefined {
    const already = this.#open.get(fileNumber);
    if (already !== undefined) return already;
    const place = listFiles(this.#directory).find((file) => file.fileNumber === fileNumber);
    if (place === undefined) return undefined;
    this.#makeRoom();
    const file = openOne(place.path, fileNumber);
    this.#open.set(fileNumber, file);
    this.#firstLeaves.set(fileNumber, file.firstLeaf);
    return file;
  }

  close(): void {
    for (const file of this.#open.values()) file.db.close();
    this.#open.clear();
  }

  #openFirst(): OpenFile {
    const first = listFiles(this.#directory)[0];
    const file = first && this.open(first.fileNumber);
    if (file !== undefined) return file;
    throw new LedgerFault({ code: 'LEDGER_MISSING', message: 'there is no ledger to read' });
  }

  #makeRoom(): void {
    const newest = Math.max(...this.#open.keys());
    for (const [number, file] of this.#open) {
      if (this.#open.size < openFiles) return;
      if (number === newest) continue;
      file.db.close();
      this.#open.delete(number);
    }
  }
}

function openOne(path: string, fileNumber: number): OpenFile {
  const db = openReadOnly(path);
  try {
    assertFormat(db);
    const { base, segmentLeaves } = readHeader(db);
    const select = db.prepare<[number, number], LeafRow>(selectLeaves);
    return { fileNumber, firstLeaf: base.size, segmentLeaves, db, select };
  } catch (error) {
    db.close();
    throw error;
  }
}
