/**
 * Verification of one epoch: its head, the run of its files, and what must hold across them.
 *
 * The head file is read before anything else: a live ledger only grows, so whatever is read after
 * it must hold at least as much.
 */
import { basename } from 'node:path';
import { listFiles } from './folders.ts';
import type { FilePlace } from './folders.ts';
import { readHead } from './head.ts';
import type { Head, HeadReading } from './head.ts';
import { emptyTree } from './merkle.ts';
import type { Tree } from './merkle.ts';
import type { ProblemList } from './report.ts';
import { sqliteCode } from './sqlite-error.ts';
import { openForVerification, verifyFile } from './verify-file.ts';

/** What goes on from one file to the next. */
export interface Walk {
  readonly problems: ProblemList;
  readonly onProgress: (leaves: number) => void;
  readonly head: Head | undefined;
  /** With the epoch; undefined until the folder or the first file tells. */
  origin: string | undefined;
  /** The tree of all leaves so far. */
  tree: Tree;
  /** False once a leaf or a file is missing: then the tree cannot be compared any more. */
  intact: boolean;
  records: number;
  committedMs: number;
  segmentLeaves: number | undefined;
  /** Index of each open intent, and the SHA-256 of its body. */
  openIntents: Map<number, string>;
  /** Indexes of all intents in the file that is being read. */
  latestIntents: Set<number>;
}

/** What is known of an epoch after its verification. */
export interface EpochResult {
  readonly records: number;
  readonly tree: Tree;
  readonly openIntents: number;
  readonly committedMs: number;
}

/** Checks the epoch in `folder`; adds what is wrong to `problems`. */
export function verifyEpoch(
  folder: string,
  origin: string | undefined,
  problems: ProblemList,
  onProgress: (leaves: number) => void,
): EpochResult {
  const reading = readHead(folder);
  const walk: Walk = {
    problems,
    onProgress,
    head: reading.kind === 'read' ? reading.head : undefined,
    origin,
    tree: emptyTree,
    intact: true,
    records: 0,
    committedMs: 0,
    segmentLeaves: undefined,
    openIntents: new Map(),
    latestIntents: new Set(),
  };
  const files = listFiles(folder);
  if (files.length === 0) {
    problems.add('nothing-to-check', `${basename(folder)} holds no file of leaves`);
  }
  files.forEach((file, i) => {
    checkRun(walk, file, files[i - 1]);
    tryFile(walk, file, i === files.length - 1);
  });
  checkHead(walk, reading);
  const { records, tree, openIntents, committedMs } = walk;
  return { records, tree, openIntents: openIntents.size, committedMs };
}

function checkRun(walk: Walk, file: FilePlace, previous: FilePlace | undefined): void {
  const expected = (previous?.fileNumber ?? 0) + 1;
  if (file.fileNumber === expected) return;
  walk.problems.add('file-missing', `file ${String(expected)} of the leaves is missing`);
  walk.intact = false;
}

function tryFile(walk: Walk, file: FilePlace, isLast: boolean): void {
  try {
    const opened = openForVerification(file.path, isLast);
    try {
      verifyFile(walk, file, opened.db);
    } finally {
      opened.close();
    }
  } catch (error) {
    const code = sqliteCode(error);
    if (code === '') throw error;
    walk.problems.add('file-unreadable', `${basename(file.path)} cannot be read (${code})`);
    walk.intact = false;
  }
}

function checkHead(walk: Walk, reading: HeadReading): void {
  const { problems, head, tree } = walk;
  if (reading.kind === 'missing') problems.add('head-missing', 'there is no head file');
  if (reading.kind === 'damaged') problems.add('head-damaged', 'the head file is damaged');
  if (head === undefined) return;
  if (walk.origin !== undefined && head.origin !== walk.origin) {
    problems.add('head-mismatch', 'the head file is that of another ledger');
  }
  if (head.size > tree.size) {
    problems.add(
      'head-ahead',
      `the head file says that ${String(head.size)} leaves were committed, and there are ${String(tree.size)}`,
      tree.size,
    );
  }
}
