/**
 * Verification of one file of leaves: what it says of itself, its schema, and each of its leaves.
 */
import { chmodSync, copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type Database from 'better-sqlite3';
import { LedgerFault } from './fault.ts';
import type { FilePlace } from './folders.ts';
import { assertFormat, readHeader, readOpenIntents, readTree } from './ledger-file.ts';
import type { FileHeader } from './ledger-file.ts';
import { sameTree } from './merkle.ts';
import type { Tree } from './merkle.ts';
import { openReadOnly } from './read-only.ts';
import { schema } from './schema.ts';
import { sqliteCode } from './sqlite-error.ts';
import type { Walk } from './verify-epoch.ts';
import { bodyDigest, verifyLeaf } from './verify-leaf.ts';
import type { StoredRow } from './verify-leaf.ts';

const selectRows = `SELECT leaf.leaf_index AS leafIndex, leaf.leaf AS leaf, body.salt AS salt, body.encoding AS encoding, body.body AS body
  FROM leaf LEFT JOIN body ON body.leaf_index = leaf.leaf_index ORDER BY leaf.leaf_index`;

const progressEvery = 8192;

/** A file that is open for verification. */
export interface Opened {
  readonly db: Database.Database;
  readonly close: () => void;
}

/**
 * Opens a file to verify it. SQLite makes files beside one that it reads in WAL mode, so the folder
 * is left as it was found: what SQLite made beside a file at rest is removed again, and where it
 * may not write, or a writer could come, the file is copied to a temporary folder and read there.
 */
export function openForVerification(path: string, isLast: boolean): Opened {
  const atRest = !existsSync(`${path}-wal`);
  if (atRest && isLast) return openCopy(path);
  const db = tryOpen(path);
  if (db === undefined) return openCopy(path);
  return {
    db,
    close: () => {
      db.close();
      if (!atRest) return;
      for (const suffix of ['-wal', '-shm']) rmSync(`${path}${suffix}`, { force: true });
    },
  };
}

function tryOpen(path: string): Database.Database | undefined {
  let db: Database.Database | undefined;
  try {
    db = openReadOnly(path);
    // Opening alone reads nothing.
    db.prepare('SELECT count(*) FROM sqlite_schema').get();
    return db;
  } catch (error) {
    db?.close();
    if (/^SQLITE_(CANTOPEN|READONLY|IOERR)/.test(sqliteCode(error))) return undefined;
    throw error;
  }
}

function openCopy(path: string): Opened {
  const folder = mkdtempSync(join(tmpdir(), 'chaperone-verify-'));
  const copy = join(folder, basename(path));
  const remove = (): void => {
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    copyFileSync(path, copy);
    if (existsSync(`${path}-wal`)) copyFileSync(`${path}-wal`, `${copy}-wal`);
    // The copy of a read-only file is read-only too.
    chmodSync(copy, 0o600);
    const db = openReadOnly(copy);
    return {
      db,
      close: () => {
        db.close();
        remove();
      },
    };
  } catch (error) {
    remove();
    throw error;
  }
}

/** Checks one file in one read transaction; moves `walk` on to its end. */
export function verifyFile(walk: Walk, place: FilePlace, db: Database.Database): void {
  db.exec('BEGIN');
  try {
    assertFormat(db);
    checkSchema(walk, place, db);
    const header = readHeader(db);
    checkHeader(walk, place, header);
    for (const row of db.prepare<[], StoredRow>(selectRows).iterate()) {
      verifyLeaf(walk, row, header.base.size);
      if (walk.tree.size % progressEvery === 0) walk.onProgress(walk.tree.size);
    }
    checkTree(walk, place, readTree(db));
    checkBodies(walk, db);
    checkOpenIntents(walk, place, db, header);
    walk.onProgress(walk.tree.size);
  } catch (error) {
    if (!(error instanceof LedgerFault)) throw error;
    walk.problems.add('file-unreadable', `${basename(place.path)} is no file of this format`);
    walk.intact = false;
  } finally {
    db.exec('ROLLBACK');
  }
}

function checkSchema(walk: Walk, place: FilePlace, db: Database.Database): void {
  const rows = db
    .prepare<[], { name: string; sql: string | null }>('SELECT name, sql FROM sqlite_schema')
    .all();
  const found = new Map(rows.map((row) => [row.name, row.sql]));
  const names = new Set([...found.keys(), ...Object.keys(schema)]);
  for (const name of names) {
    if (found.get(name) === schema[name]) continue;
    const text = `${name} in ${basename(place.path)} is not as the format has it`;
    walk.problems.add('schema-changed', text);
  }
}

function checkHeader(walk: Walk, place: FilePlace, header: FileHeader): void {
  const mismatch = (what: string): void => {
    walk.problems.add('file-mismatch', `${basename(place.path)}: ${what}`);
  };
  walk.origin ??= header.origin;
  walk.segmentLeaves ??= header.segmentLeaves;
  if (header.origin !== walk.origin) mismatch('it is of another origin');
  if (header.fileNumber !== place.fileNumber) mismatch('it says that it has another number');
  if (header.segmentLeaves !== walk.segmentLeaves) mismatch('it has another size of segments');
  if (walk.intact && !sameTree(header.base, walk.tree)) {
    mismatch('it does not follow on the file before it');
  }
  // From here on the tree is that of this file's own base: what follows can still be checked.
  walk.tree = header.base;
  walk.intact = true;
  walk.latestIntents = new Set();
}

function checkTree(walk: Walk, place: FilePlace, stored: Tree | undefined): void {
  if (stored !== undefined && stored.size > walk.tree.size) {
    const missing = `leaves up to ${String(stored.size)} should be in ${basename(place.path)}`;
    walk.problems.add('leaf-missing', missing, walk.tree.size);
  }
  if (!walk.intact || (stored !== undefined && sameTree(stored, walk.tree))) return;
  const text = `the tree in ${basename(place.path)} is not that of its leaves`;
  walk.problems.add('tree-mismatch', text);
}

function checkBodies(walk: Walk, db: Database.Database): void {
  const rows = db
    .prepare<[], { leafIndex: number }>(
      'SELECT leaf_index AS leafIndex FROM body EXCEPT SELECT leaf_index FROM leaf LIMIT 1000',
    )
    .all();
  for (const { leafIndex } of rows) {
    walk.problems.add('body-unexpected', 'there is a body without a leaf', leafIndex);
  }
}

function checkOpenIntents(
  walk: Walk,
  place: FilePlace,
  db: Database.Database,
  header: FileHeader,
): void {
  if (!walk.intact) return;
  const stored = readOpenIntents(db);
  const mismatch = (leafIndex: number): void => {
    const text = `whether this intent is open is not what the leaves in ${basename(place.path)} say`;
    walk.problems.add('open-intents-mismatch', text, leafIndex);
  };
  for (const [intent, bodyLeaf] of stored) {
    const body = db
      .prepare<[number], { body: Uint8Array }>('SELECT body FROM body WHERE leaf_index = ?')
      .get(bodyLeaf)?.body;
    const isHere = bodyLeaf >= header.base.size && bodyLeaf < walk.tree.size;
    const isSame = body !== undefined && walk.openIntents.get(intent) === bodyDigest(body);
    if (!isHere || !isSame) mismatch(intent);
  }
  for (const intent of walk.openIntents.keys()) if (!stored.has(intent)) mismatch(intent);
}
