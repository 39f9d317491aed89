/**
 * Verification of a ledger from its bytes: a live folder or a copy, with no other help. It finds
 * the ledgers in a folder; `verify-epoch.ts` checks each.
 *
 * What it cannot find alone (a whole ledger that was replaced by an older or another one) is told
 * in docs/ledger-format.md, "What would be noticed".
 */
import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { headName, listEpochs, listFiles, listFolders, unfinishedSuffix } from './folders.ts';
import { readHead } from './head.ts';
import { emptyTree, rootHash } from './merkle.ts';
import { ProblemList } from './report.ts';
import type { VerifyReport } from './report.ts';
import { sqliteCode } from './sqlite-error.ts';
import { verifyEpoch } from './verify-epoch.ts';
import type { EpochResult } from './verify-epoch.ts';

/** Options of a verification. */
export interface VerifyOptions {
  /** Called now and then. `total` is what the head files say, 0 when they cannot be read. */
  readonly onProgress?: (progress: { readonly leaves: number; readonly total: number }) => void;
}

/** One epoch to check. `origin` (with the epoch) is known when its parent folder was given. */
interface Epoch {
  readonly folder: string;
  readonly origin: string | undefined;
}

/**
 * Rehashes every stored body, rebuilds the tree from the leaves, and compares all bookkeeping.
 * Takes no lock and writes nothing into a folder that a ledger is kept in, beyond what SQLite needs
 * to read it.
 *
 * @param directory `audit.directory`, or the folder of one origin, or that of one epoch.
 * @returns Always a report: nothing about the folder makes it throw.
 */
export function verifyLedger(directory: string, options: VerifyOptions = {}): VerifyReport {
  const problems = new ProblemList();
  let newest: EpochResult | undefined;
  try {
    newest = verifyEpochs(findEpochs(directory, problems), problems, options);
  } catch (error) {
    const code = sqliteCode(error);
    if (code === '') throw error;
    problems.add('file-unreadable', `the folder cannot be read (${code})`);
  }
  return {
    ok: problems.all.length === 0,
    records: newest?.records ?? 0,
    treeSize: newest?.tree.size ?? 0,
    rootHash: Buffer.from(rootHash(newest?.tree ?? emptyTree)).toString('base64'),
    openIntents: newest?.openIntents ?? 0,
    problems: problems.all,
  };
}

function verifyEpochs(
  epochs: readonly Epoch[],
  problems: ProblemList,
  options: VerifyOptions,
): EpochResult | undefined {
  const total = epochs.reduce((sum, epoch) => sum + headSize(epoch.folder), 0);
  let before = 0;
  let newest: EpochResult | undefined;
  for (const epoch of epochs) {
    const result = verifyEpoch(epoch.folder, epoch.origin, problems, (leaves) => {
      options.onProgress?.({ leaves: before + leaves, total });
    });
    before += result.tree.size;
    if (newest === undefined || result.committedMs >= newest.committedMs) newest = result;
  }
  if (epochs.length === 0) problems.add('nothing-to-check', 'there is no ledger in this folder');
  return newest;
}

function headSize(folder: string): number {
  const reading = readHead(folder);
  return reading.kind === 'read' ? reading.head.size : 0;
}

function findEpochs(directory: string, problems: ProblemList): readonly Epoch[] {
  if (listFiles(directory).length > 0 || existsSync(join(directory, headName))) {
    return [{ folder: directory, origin: undefined }];
  }
  if (listEpochs(directory).length > 0) return epochsOf(directory, undefined, problems);
  const folders = listFolders(directory).filter((name) => !name.endsWith(unfinishedSuffix));
  reportLostFolders(directory, folders, problems);
  return folders.flatMap((name) =>
    epochsOf(join(directory, name), decodeURIComponentSafely(name), problems),
  );
}

function epochsOf(
  folder: string,
  origin: string | undefined,
  problems: ProblemList,
): readonly Epoch[] {
  const numbers = listEpochs(folder);
  if (numbers.length === 0) {
    problems.add('nothing-to-check', `${basename(folder)} holds no epoch`);
  }
  if (numbers.some((number, i) => number !== i + 1)) {
    problems.add('epoch-missing', `the epochs of ${basename(folder)} are not a run from 1`);
  }
  return numbers.map((number) => ({
    folder: join(folder, String(number)),
    origin: origin === undefined ? undefined : `${origin}/${String(number)}`,
  }));
}

/** The lock of an origin stays beside its folder: it tells of a folder that is gone. */
function reportLostFolders(
  directory: string,
  folders: readonly string[],
  problems: ProblemList,
): void {
  if (!existsSync(directory)) return;
  for (const name of readdirSync(directory)) {
    if (!name.endsWith('.lock') || folders.includes(name.slice(0, -'.lock'.length))) continue;
    problems.add('nothing-to-check', `${name} has no folder beside it`);
  }
}

function decodeURIComponentSafely(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    // Not a name that we give; the origin in its files will not match it.
    return name;
  }
}
