/**
 * Appends to the files of one epoch: hashing, tree, transactions, roll-over to the next file.
 * Synchronous; runs in the writer thread, which owns the only handle that can write.
 *
 * Invariant: what is in memory moves forward only after COMMIT (with its fsync) has returned.
 */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { commitTo, encodeLeaf, saltBytes } from './leaf.ts';
import type { LeafKind } from './ledger.ts';
import { checkpointPages, createFile, openFile, pageBytes } from './ledger-file.ts';
import type { LedgerFile } from './ledger-file.ts';
import { filePath } from './folders.ts';
import type { HeadFile } from './head.ts';
import { addLeaf, hashLeaf, sameTree } from './merkle.ts';
import type { Tree } from './merkle.ts';
import { isDiskFull } from './sqlite-error.ts';

/** One append, as the writer takes it. */
export interface Append {
  readonly kind: 'record' | 'intent' | 'recovery' | 'epoch-start';
  /** An intent and the ledger's own notes have exactly one. */
  readonly bodies: readonly Uint8Array[];
  /** Leaf index of the intent that these records settle. */
  readonly settles: number | undefined;
}

/** The steps at which a disk can fail, for the tests that make it fail. */
export type StoreStep =
  'create' | 'begin' | 'leaf' | 'body' | 'intent' | 'tree' | 'commit' | 'head';

/** Runs a step. The tests pass one that fails before or after it. */
export type StoreHook = (step: StoreStep, run: () => void) => void;

/** The state of the writer between two transactions. */
export interface WriterState {
  readonly folder: string;
  readonly hook: StoreHook;
  file: LedgerFile;
  readonly head: HeadFile;
  tree: Tree;
  /** Index of each open intent, and of the leaf in `file` that has its body. */
  openIntents: Map<number, number>;
  /** Of the last leaf. */
  committedMs: number;
  /** The last reading of the clock, which may be behind `committedMs` after a step backwards. */
  readingMs: number;
  /** Pages written since the write-ahead log was last moved into the file: an estimate. */
  walPages: number;
}

/** The clock may go back by this much (slewing, leap seconds) before a leaf says so. */
const clockToleranceMs = 1000;
/** A reader may hold up the end of a file for this long. */
const rollOverWaitMs = 50;

/** What one transaction adds, to be adopted once it is durable. */
interface Draft {
  readonly file: LedgerFile;
  readonly hook: StoreHook;
  tree: Tree;
  committedMs: number;
  bytes: number;
  readonly opened: [leafIndex: number, bodyLeaf: number][];
  readonly settled: number[];
}

/**
 * Appends all of `appends` in one transaction.
 *
 * @param nowMs The clock. The leaves carry it unless that would make time go back in the file.
 * @returns The first leaf index of each append, in order. When it returns, all are durable. When
 *   it throws, the state is that from before, and the file may or may not hold the transaction.
 */
export function commitAppends(
  state: WriterState,
  appends: readonly Append[],
  nowMs: number,
): readonly number[] {
  rollOverWhenDue(state, nowMs);
  const draft = newDraft(state, state.file, nowMs);
  state.hook('begin', () => {
    state.file.begin();
  });
  if (nowMs < state.readingMs - clockToleranceMs) {
    const step = JSON.stringify({ beforeMs: state.readingMs, afterMs: nowMs });
    addBody(draft, 'clock-step', undefined, Buffer.from(step));
  }
  const firstLeaves = appends.map((append) => addAppend(draft, append));
  state.hook('tree', () => {
    state.file.setTree(draft.tree);
  });
  state.hook('commit', () => {
    state.file.commit();
  });
  adopt(state, draft, nowMs);
  return firstLeaves;
}

/** Undoes the transaction of a `commitAppends` that threw for want of room. */
export function abandon(state: WriterState): void {
  state.file.rollback();
}

/** Moves the write-ahead log into the file once it has grown. To be called between transactions. */
export function checkpointWhenDue(state: WriterState): void {
  if (state.walPages < checkpointPages) return;
  state.file.checkpoint('PASSIVE', 0);
  state.walPages = 0;
}

/** True when the file has reached the end of a segment, so that the next leaf goes into a new one. */
export function isFileComplete(file: LedgerFile, tree: Tree): boolean {
  const { base, segmentLeaves } = file.header;
  return Math.floor(tree.size / segmentLeaves) > Math.floor(base.size / segmentLeaves);
}

/**
 * Goes on in the next file when this one has reached the end of a segment. The first transaction of
 * the next file carries the open intents, so that no older file is needed to settle them.
 *
 * What is in memory moves on only when the next file is there and open, so that this can be tried
 * again after a full disk.
 */
function rollOverWhenDue(state: WriterState, nowMs: number): void {
  if (!isFileComplete(state.file, state.tree)) return;
  const previous = state.file;
  previous.checkpoint('TRUNCATE', rollOverWaitMs);
  const next = openNextFile(state, nowMs);
  state.file = next.file;
  state.tree = next.tree;
  state.openIntents = new Map(next.file.openIntents());
  state.committedMs = Math.max(state.committedMs, nowMs);
  state.walPages = 0;
  previous.close();
  writeHead(state);
}

function openNextFile(state: WriterState, nowMs: number): { file: LedgerFile; tree: Tree } {
  const fileNumber = state.file.header.fileNumber + 1;
  const path = filePath(state.folder, fileNumber);
  // It is there already when an earlier attempt made it and could not open it.
  if (!existsSync(path)) {
    const header = { ...state.file.header, fileNumber, base: state.tree };
    state.hook('create', () => {
      createFile(path, header, (file) => {
        carryIntents(state, newDraft(state, file, nowMs));
      });
    });
  }
  const file = openFile(path);
  const tree = file.storedTree();
  if (tree === undefined || !sameTree(file.header.base, state.tree)) {
    file.close();
    throw new Error('the next file does not follow on this one');
  }
  return { file, tree };
}

function carryIntents(state: WriterState, draft: Draft): void {
  for (const [intent, bodyLeaf] of state.openIntents) {
    const body = state.file.readBody(bodyLeaf);
    if (body === undefined) throw new Error('an open intent has no body');
    const leafIndex = draft.tree.size;
    addBody(draft, 'carried-intent', intent, body);
    draft.file.openIntent(intent, leafIndex);
  }
  draft.file.setTree(draft.tree);
}

function newDraft(state: WriterState, file: LedgerFile, nowMs: number): Draft {
  const committedMs = Math.max(state.committedMs, nowMs);
  const { hook, tree } = state;
  return { file, hook, tree, committedMs, bytes: 0, opened: [], settled: [] };
}

function addAppend(draft: Draft, append: Append): number {
  const first = draft.tree.size;
  for (const body of append.bodies) addBody(draft, append.kind, append.settles, body);
  const { settles } = append;
  if (append.kind === 'intent') {
    draft.hook('intent', () => {
      draft.file.openIntent(first, first);
    });
    draft.opened.push([first, first]);
  } else if (settles !== undefined) {
    draft.hook('intent', () => {
      draft.file.settleIntent(settles);
    });
    draft.settled.push(settles);
  }
  return first;
}

function addBody(
  draft: Draft,
  kind: LeafKind,
  refersTo: number | undefined,
  body: Uint8Array,
): void {
  const leafIndex = draft.tree.size;
  const salt = randomBytes(saltBytes);
  const { committedMs, file, hook } = draft;
  const leaf = encodeLeaf({ kind, committedMs, refersTo, commitment: commitTo(salt, body) });
  hook('leaf', () => {
    file.insertLeaf(leafIndex, leaf);
  });
  hook('body', () => {
    file.insertBody(leafIndex, salt, body);
  });
  draft.tree = addLeaf(draft.tree, hashLeaf(leaf));
  draft.bytes += body.length + 150;
}

function adopt(state: WriterState, draft: Draft, nowMs: number): void {
  state.tree = draft.tree;
  state.committedMs = draft.committedMs;
  state.readingMs = nowMs;
  state.walPages += Math.ceil(draft.bytes / pageBytes) + 4;
  for (const [leafIndex, bodyLeaf] of draft.opened) state.openIntents.set(leafIndex, bodyLeaf);
  for (const leafIndex of draft.settled) state.openIntents.delete(leafIndex);
  writeHead(state);
}

function writeHead(state: WriterState): void {
  try {
    state.hook('head', () => {
      state.head.write(state.tree);
    });
  } catch (error) {
    // The transaction is durable, so this must not read as "rolled back". An older head is allowed,
    // and the next commit writes it again.
    if (!isDiskFull(error)) throw error;
  }
}
