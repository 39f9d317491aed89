/**
 * One file of leaves, opened for writing: its settings, its statements. The only code that writes
 * to a ledger's database. Layout: docs/ledger-format.md, "Tables".
 */
import Database from 'better-sqlite3';
import { makePrivateFile, renameDurably, syncPath } from './durable-fs.ts';
import { LedgerFault } from './fault.ts';
import { unfinishedSuffix } from './folders.ts';
import { decodeTree, encodeFrontier } from './merkle.ts';
import type { Tree } from './merkle.ts';
import { applicationId, formatVersion, schema } from './schema.ts';
import { sqliteCode } from './sqlite-error.ts';

/** What a file says of itself; never changes. */
export interface FileHeader {
  /** With the epoch. */
  readonly origin: string;
  readonly fileNumber: number;
  /** The tree of all leaves before this file; its size is the index of the first leaf here. */
  readonly base: Tree;
  /** The file is closed after the transaction that reaches a multiple of this many leaves. */
  readonly segmentLeaves: number;
}

/** A file open for writing. One transaction at a time. */
export interface LedgerFile {
  readonly path: string;
  readonly header: FileHeader;
  begin(): void;
  commit(): void;
  /** Undoes what is open, if anything still is. */
  rollback(): void;
  insertLeaf(leafIndex: number, leaf: Uint8Array): void;
  insertBody(leafIndex: number, salt: Uint8Array, body: Uint8Array): void;
  /** Adds to the open intents; its body is that of the leaf `bodyLeaf` in this file. */
  openIntent(leafIndex: number, bodyLeaf: number): void;
  settleIntent(leafIndex: number): void;
  setTree(tree: Tree): void;
  /** The open intents as stored: index of the intent, and of the leaf with its body. */
  openIntents(): ReadonlyMap<number, number>;
  readBody(leafIndex: number): Uint8Array | undefined;
  /** All leaves from the first one of this file on. */
  leaves(): IterableIterator<{ readonly leafIndex: number; readonly leaf: Uint8Array }>;
  storedTree(): Tree | undefined;
  /**
   * Moves the write-ahead log into the file; `TRUNCATE` also empties it and waits for readers.
   * False when a reader stood in the way. Throws when the disk fails.
   */
  checkpoint(mode: 'PASSIVE' | 'TRUNCATE', waitMs: number): boolean;
  close(): void;
}

/** Pages of the write-ahead log after which it is moved into the file: about 2 MB. */
export const checkpointPages = 256;
/** Bytes of a page. */
export const pageBytes = 8192;

const busyTimeoutMs = 5000;

/**
 * Makes a file with its first transaction, `fill`. Under its name it is either not there at all or
 * complete and on stable storage, whenever the power fails.
 */
export function createFile(
  path: string,
  header: FileHeader,
  fill: (file: LedgerFile) => void,
): void {
  const unfinished = `${path}${unfinishedSuffix}`;
  makePrivateFile(unfinished);
  const db = new Database(unfinished, { timeout: busyTimeoutMs });
  try {
    db.pragma(`page_size = ${String(pageBytes)}`);
    applySettings(db);
    db.exec('BEGIN IMMEDIATE');
    db.pragma(`application_id = ${String(applicationId)}`);
    db.pragma(`user_version = ${String(formatVersion)}`);
    for (const statement of Object.values(schema)) db.exec(statement);
    db.prepare('INSERT INTO file VALUES (1, ?, ?, ?, ?, ?)').run(
      header.origin,
      header.fileNumber,
      header.base.size,
      encodeFrontier(header.base),
      header.segmentLeaves,
    );
    db.prepare('INSERT INTO tree VALUES (1, ?, ?)').run(
      header.base.size,
      encodeFrontier(header.base),
    );
    const file = bindStatements(db, unfinished, header);
    fill(file);
    file.commit();
    file.checkpoint('TRUNCATE', busyTimeoutMs);
  } finally {
    db.close();
  }
  syncPath(unfinished);
  renameDurably(unfinished, path);
}

/**
 * Opens a file for writing, with all settings that durability needs, read back.
 *
 * @throws LedgerFault `LEDGER_FORMAT` when it is no file of this format, `LEDGER_NOT_DURABLE` when
 *   a setting does not hold.
 */
export function openFile(path: string): LedgerFile {
  const db = new Database(path, { timeout: busyTimeoutMs, fileMustExist: true });
  try {
    assertFormat(db);
    applySettings(db);
    return bindStatements(db, path, readHeader(db));
  } catch (error) {
    db.close();
    throw asFormatFault(error);
  }
}

/** The header row of a file. @throws LedgerFault `LEDGER_FORMAT` */
export function readHeader(db: Database.Database): FileHeader {
  const row = db
    .prepare<
      [],
      {
        origin: string;
        file_number: number;
        first_leaf: number;
        base_frontier: Uint8Array;
        segment_leaves: number;
      }
    >('SELECT * FROM file')
    .get();
  const base = row && decodeTree(row.first_leaf, row.base_frontier);
  if (row === undefined || base === undefined || row.segment_leaves < 1) throw formatFault();
  return {
    origin: row.origin,
    fileNumber: row.file_number,
    base,
    segmentLeaves: row.segment_leaves,
  };
}

/** The tree state of a file; undefined when it is not one. */
export function readTree(db: Database.Database): Tree | undefined {
  const row = db
    .prepare<[], { size: number; frontier: Uint8Array }>('SELECT size, frontier FROM tree')
    .get();
  return row && decodeTree(row.size, row.frontier);
}

/** The open intents of a file. */
export function readOpenIntents(db: Database.Database): ReadonlyMap<number, number> {
  const rows = db
    .prepare<[], { leaf_index: number; body_leaf: number }>(
      'SELECT leaf_index, body_leaf FROM open_intent ORDER BY leaf_index',
    )
    .all();
  return new Map(rows.map((row) => [row.leaf_index, row.body_leaf]));
}

/** @throws LedgerFault `LEDGER_FORMAT` when this database is no file of this format. */
export function assertFormat(db: Database.Database): void {
  const application = db.pragma('application_id', { simple: true });
  const version = db.pragma('user_version', { simple: true });
  if (application !== applicationId || version !== formatVersion) throw formatFault();
}

function applySettings(db: Database.Database): void {
  db.pragma('journal_mode = WAL');
  // The library's own default in WAL mode is NORMAL, which does not sync each commit.
  db.pragma('synchronous = FULL');
  // macOS: without these fsync does not reach the medium. Ignored elsewhere.
  db.pragma('fullfsync = 1');
  db.pragma('checkpoint_fullfsync = 1');
  // SQLite swallows the errors of its automatic checkpoint; ours is a step that can fail.
  db.pragma('wal_autocheckpoint = 0');
  // Without this INSERT OR REPLACE walks past the triggers on DELETE.
  db.pragma('recursive_triggers = ON');
  db.pragma('trusted_schema = OFF');
  db.pragma('cache_size = -16384');
  assertDurable(db);
}

/** @throws LedgerFault `LEDGER_NOT_DURABLE` when a commit would not be synced. */
export function assertDurable(db: Database.Database): void {
  const synchronous = db.pragma('synchronous', { simple: true });
  const journal = db.pragma('journal_mode', { simple: true });
  const recursive = db.pragma('recursive_triggers', { simple: true });
  if (synchronous === 2 && journal === 'wal' && recursive === 1) return;
  throw new LedgerFault({
    code: 'LEDGER_NOT_DURABLE',
    message: `SQLite did not take the settings that make a commit durable (synchronous ${String(synchronous)}, journal ${String(journal)})`,
  });
}

function formatFault(cause?: unknown): LedgerFault {
  return new LedgerFault({
    code: 'LEDGER_FORMAT',
    message: 'a file of the ledger cannot be read: it is damaged or of another format',
    cause,
  });
}

function asFormatFault(error: unknown): unknown {
  return /^SQLITE_(NOTADB|CORRUPT|ERROR)/.test(sqliteCode(error)) ? formatFault(error) : error;
}

function bindStatements(db: Database.Database, path: string, header: FileHeader): LedgerFile {
  const begin = db.prepare('BEGIN IMMEDIATE');
  const commit = db.prepare('COMMIT');
  const leaf = db.prepare('INSERT INTO leaf VALUES (?, ?)');
  const body = db.prepare('INSERT INTO body VALUES (?, ?, 0, ?)');
  const open = db.prepare('INSERT INTO open_intent VALUES (?, ?)');
  const settle = db.prepare('DELETE FROM open_intent WHERE leaf_index = ?');
  const tree = db.prepare('UPDATE tree SET size = ?, frontier = ?');
  const readBody = db.prepare<[number], { body: Uint8Array }>(
    'SELECT body FROM body WHERE leaf_index = ?',
  );
  return {
    path,
    header,
    begin: () => void begin.run(),
    commit: () => void commit.run(),
    rollback: () => {
      if (db.inTransaction) db.exec('ROLLBACK');
    },
    insertLeaf: (leafIndex, bytes) => void leaf.run(leafIndex, bytes),
    insertBody: (leafIndex, salt, bytes) => void body.run(leafIndex, salt, bytes),
    openIntent: (leafIndex, bodyLeaf) => void open.run(leafIndex, bodyLeaf),
    settleIntent: (leafIndex) => void settle.run(leafIndex),
    setTree: (next) => void tree.run(next.size, encodeFrontier(next)),
    openIntents: () => readOpenIntents(db),
    readBody: (leafIndex) => readBody.get(leafIndex)?.body,
    leaves: () =>
      db
        .prepare<[], { leafIndex: number; leaf: Uint8Array }>(
          'SELECT leaf_index AS leafIndex, leaf FROM leaf ORDER BY leaf_index',
        )
        .iterate(),
    storedTree: () => readTree(db),
    checkpoint: (mode, waitMs) => {
      db.pragma(`busy_timeout = ${String(waitMs)}`);
      const rows = db.pragma(`wal_checkpoint(${mode})`) as readonly { readonly busy: number }[];
      db.pragma(`busy_timeout = ${String(busyTimeoutMs)}`);
      return rows[0]?.busy === 0;
    },
    close: () => void db.close(),
  };
}
