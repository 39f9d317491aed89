/**
 * Recovery: checks that the end of the ledger is what its own records say, and turns every change
 * that was in flight when the last process ended into the records that its intent holds.
 *
 * Only the last file is read in full; `verify.ts` reads all.
 */
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { LedgerFault } from './fault.ts';
import { listFiles, unfinishedSuffix } from './folders.ts';
import { openHead, readHead } from './head.ts';
import type { Head } from './head.ts';
import { decodeLeaf } from './leaf.ts';
import { openFile, readTree } from './ledger-file.ts';
import type { LedgerFile } from './ledger-file.ts';
import { addLeaf, hashLeaf, rootHash, sameTree } from './merkle.ts';
import type { Tree } from './merkle.ts';
import { openReadOnly } from './read-only.ts';
import { commitAppends } from './writer.ts';
import type { Append, StoreHook, WriterState } from './writer.ts';

/** What recovery starts from. The lock must be held. */
export interface RecoveryOptions {
  /** Of the epoch. */
  readonly folder: string;
  /** With the epoch. */
  readonly origin: string;
  readonly nowMs: number;
  readonly hook: StoreHook;
  readonly warn: (text: string) => void;
}

/** A reader may delay the start for this long. */
const readerWaitMs = 5000;

/** @throws LedgerFault `LEDGER_INCOMPLETE`, `LEDGER_ORIGIN`, `LEDGER_FORMAT`, `LEDGER_NOT_DURABLE`. */
export function recover(options: RecoveryOptions): WriterState {
  removeUnfinished(options.folder);
  const paths = listRun(options.folder);
  const file = openFile(paths.at(-1) ?? '');
  try {
    assertPlace(file, options.origin, paths.length);
    // After a failed sync the pages of the write-ahead log may be in memory only, and look clean.
    // Moving them into the file writes and syncs them anew, before anything is built on them.
    if (!file.checkpoint('TRUNCATE', readerWaitMs)) {
      options.warn('a reader kept the write-ahead log from being emptied at start');
    }
    const end = checkEnd(options, file, paths.at(-2));
    const state: WriterState = {
      folder: options.folder,
      hook: options.hook,
      file,
      head: openHead(options.folder, options.origin, end.tree),
      tree: end.tree,
      openIntents: new Map(file.openIntents()),
      committedMs: end.committedMs,
      readingMs: end.committedMs,
      walPages: 0,
    };
    settleOrphans(state, options);
    return state;
  } catch (error) {
    file.close();
    throw error;
  }
}

/** A ledger that should be whole and is not. */
export function incomplete(what: string): LedgerFault {
  return new LedgerFault({
    code: 'LEDGER_INCOMPLETE',
    message: `the ledger is not whole: ${what}. Restore it; never start a new one in its place`,
  });
}

/** Files in an epoch's folder that an interrupted roll-over left behind. */
function removeUnfinished(folder: string): void {
  for (const name of readdirSync(folder)) {
    if (name.includes(unfinishedSuffix)) rmSync(join(folder, name), { force: true });
  }
}

/** Paths of all files, checked to be a run from 1 without gaps. */
function listRun(folder: string): readonly string[] {
  const files = listFiles(folder);
  if (files.length === 0) throw incomplete('its folder holds no file of leaves');
  if (files.some((file, i) => file.fileNumber !== 1 + i)) {
    throw incomplete('a file of leaves is missing');
  }
  return files.map((file) => file.path);
}

function assertPlace(file: LedgerFile, origin: string, fileNumber: number): void {
  if (file.header.origin !== origin) {
    throw new LedgerFault({
      code: 'LEDGER_ORIGIN',
      message: 'the files in the folder of this origin belong to another one: they were moved',
    });
  }
  if (file.header.fileNumber !== fileNumber) throw incomplete('a file of leaves has a wrong name');
}

/** Tree and time at the end of the ledger, checked against all that is known of it. */
function checkEnd(
  options: RecoveryOptions,
  file: LedgerFile,
  previous: string | undefined,
): { tree: Tree; committedMs: number } {
  const before = previous === undefined ? undefined : readEnd(previous);
  if (before !== undefined && !sameTree(before.tree, file.header.base)) {
    throw incomplete('the last file of leaves does not follow on the one before it');
  }
  const reading = readHead(options.folder);
  const head = reading.kind === 'read' ? reading.head : undefined;
  if (head === undefined) options.warn(`the head file is ${reading.kind}; it is written anew`);
  let tree = file.header.base;
  let committedMs = before?.committedMs ?? 0;
  for (const row of file.leaves()) {
    const leaf = decodeLeaf(row.leaf);
    if (leaf === undefined || row.leafIndex !== tree.size) {
      throw incomplete(`leaf ${String(tree.size)} is missing or damaged`);
    }
    if (head?.size === tree.size) warnOfOtherHead(options, head, tree);
    tree = addLeaf(tree, hashLeaf(row.leaf));
    committedMs = leaf.committedMs;
  }
  const stored = file.storedTree();
  if (stored === undefined || !sameTree(stored, tree)) {
    throw incomplete('the leaves of the last file are not those of its tree');
  }
  if (head !== undefined) compareHead(options, head, tree);
  return { tree, committedMs };
}

function compareHead(options: RecoveryOptions, head: Head, tree: Tree): void {
  if (head.origin !== options.origin) {
    options.warn('the head file is that of another ledger; it is written anew');
  } else if (head.size > tree.size) {
    throw incomplete(
      `its head file says ${String(head.size)} leaves and the files hold ${String(tree.size)}`,
    );
  } else if (head.size === tree.size) warnOfOtherHead(options, head, tree);
}

function warnOfOtherHead(options: RecoveryOptions, head: Head, tree: Tree): void {
  if (head.root === Buffer.from(rootHash(tree)).toString('base64')) return;
  options.warn(
    'the root hash in the head file is not that of the leaves: run `chaperone verify` and compare with a backup',
  );
}

function readEnd(path: string): { tree: Tree; committedMs: number } {
  const db = openReadOnly(path);
  try {
    const tree = readTree(db);
    const last = db
      .prepare<[], { leaf: Uint8Array }>('SELECT leaf FROM leaf ORDER BY leaf_index DESC LIMIT 1')
      .get();
    const leaf = last && decodeLeaf(last.leaf);
    if (tree === undefined) throw incomplete('the file before the last one has no tree');
    return { tree, committedMs: leaf?.committedMs ?? 0 };
  } finally {
    db.close();
  }
}

/**
 * Every open intent becomes its records ("effect unknown"), exactly as it holds them: the process
 * that could have told more is gone. One leaf says how many there were.
 */
function settleOrphans(state: WriterState, options: RecoveryOptions): void {
  if (state.openIntents.size === 0) return;
  const orphans = [...state.openIntents].map(([intent, bodyLeaf]): Append => {
    const body = state.file.readBody(bodyLeaf);
    if (body === undefined) throw incomplete(`the body of intent ${String(intent)} is missing`);
    return { kind: 'record', bodies: splitLines(body), settles: intent };
  });
  const records = orphans.reduce((sum, orphan) => sum + orphan.bodies.length, 0);
  const note = Buffer.from(JSON.stringify({ intents: orphans.length, records }));
  const recovery: Append = { kind: 'recovery', bodies: [note], settles: undefined };
  commitAppends(state, [...orphans, recovery], options.nowMs);
  options.warn(
    `${String(orphans.length)} change(s) were in flight when the last process ended; each is now recorded as "effect unknown"`,
  );
}

/** Splits at LF on the bytes, so that each part is stored exactly as it was. */
function splitLines(body: Uint8Array): readonly Uint8Array[] {
  const lines: Uint8Array[] = [];
  let from = 0;
  for (let at = body.indexOf(10); at >= 0; at = body.indexOf(10, from)) {
    lines.push(body.subarray(from, at));
    from = at + 1;
  }
  return [...lines, body.subarray(from)];
}
