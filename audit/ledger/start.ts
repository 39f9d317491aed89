/**
 * Opening a ledger for writing: finds or makes its folder, takes the lock, and recovers. Start-up
 * is recovery: there is no other path, whether the last process ended well or not.
 */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder, renameDurably, syncPath } from './durable-fs.ts';
import { LedgerFault } from './fault.ts';
import {
  filePath,
  listEpochs,
  listFolders,
  lockPath,
  originFolder,
  unfinishedSuffix,
} from './folders.ts';
import { createHead } from './head.ts';
import { createFile } from './ledger-file.ts';
import { commitTo, encodeLeaf, saltBytes } from './leaf.ts';
import { takeLock } from './lock.ts';
import type { Lock } from './lock.ts';
import { addLeaf, emptyTree, hashLeaf } from './merkle.ts';
import { randomBytes } from 'node:crypto';
import { incomplete, recover } from './recover.ts';
import type { StoreHook, WriterState } from './writer.ts';

/** What a writer is started with. */
export interface StartOptions {
  /** `audit.directory`: has a folder for each origin. */
  readonly directory: string;
  readonly origin: string;
  /** Whether a ledger may be made when there is none. */
  readonly init: boolean;
  readonly segmentLeaves: number;
  readonly nowMs: number;
  readonly hook: StoreHook;
  readonly warn: (text: string) => void;
}

/** A writer that has recovered and takes appends. */
export interface Started {
  /** With the epoch. */
  readonly origin: string;
  readonly state: WriterState;
  readonly lock: Lock;
}

/** @throws LedgerFault `LEDGER_MISSING`, `_LOCKED`, `_ORIGIN`, `_INCOMPLETE`, `_FORMAT`, `_NOT_DURABLE`. */
export function startWriter(options: StartOptions): Started {
  const folder = join(options.directory, originFolder(options.origin));
  if (!options.init) assertPresent(options, folder);
  else makeFolder(options.directory);
  const lock = takeLock(lockPath(options.directory, options.origin));
  try {
    if (isPresent(folder)) {
      if (options.init) options.warn('--init: there is a ledger already, which is used as it is');
    } else {
      if (!options.init) assertPresent(options, folder);
      createLedger(options, folder);
    }
    const epoch = listEpochs(folder).at(-1);
    if (epoch === undefined) throw incomplete('its folder holds no epoch');
    const origin = `${options.origin}/${String(epoch)}`;
    return {
      origin,
      lock,
      state: recover({ ...options, folder: join(folder, String(epoch)), origin }),
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** A folder with anything in it is a ledger, whole or not: nothing may be made over it. */
function isPresent(folder: string): boolean {
  return existsSync(folder) && readdirSync(folder).length > 0;
}

function assertPresent(options: StartOptions, folder: string): void {
  if (isPresent(folder)) return;
  const others = listFolders(options.directory).filter(
    (name) =>
      !name.endsWith(unfinishedSuffix) && listEpochs(join(options.directory, name)).length > 0,
  );
  if (others.length > 0) {
    throw new LedgerFault({
      code: 'LEDGER_ORIGIN',
      message:
        'audit.directory holds a ledger of another origin: correct audit.origin, or start once with --init to begin a ledger of this origin beside it',
    });
  }
  throw new LedgerFault({
    code: 'LEDGER_MISSING',
    message:
      'there is no ledger in audit.directory: mount or restore it, or start once with --init to make a new one',
  });
}

/** Makes the first epoch beside its place and moves it there: there is a whole ledger or none. */
function createLedger(options: StartOptions, folder: string): void {
  const unfinished = `${folder}${unfinishedSuffix}`;
  rmSync(unfinished, { recursive: true, force: true });
  const epochFolder = join(unfinished, '1');
  makeFolder(epochFolder);
  const origin = `${options.origin}/1`;
  const leaf = firstLeaf(origin, options.nowMs);
  const tree = addLeaf(emptyTree, hashLeaf(leaf.leaf));
  const header = { origin, fileNumber: 1, base: emptyTree, segmentLeaves: options.segmentLeaves };
  createFile(filePath(epochFolder, 1), header, (file) => {
    file.insertLeaf(0, leaf.leaf);
    file.insertBody(0, leaf.salt, leaf.body);
    file.setTree(tree);
  });
  createHead(epochFolder, origin, tree);
  syncPath(epochFolder);
  syncPath(unfinished);
  renameDurably(unfinished, folder);
}

/** Leaf 0 says whose ledger this is, so that the root hash is bound to it. */
function firstLeaf(
  origin: string,
  committedMs: number,
): { leaf: Uint8Array; salt: Uint8Array; body: Uint8Array } {
  const body = Buffer.from(JSON.stringify({ origin }));
  const salt = randomBytes(saltBytes);
  const commitment = commitTo(salt, body);
  return {
    salt,
    body,
    leaf: encodeLeaf({ kind: 'epoch-start', committedMs, refersTo: undefined, commitment }),
  };
}
