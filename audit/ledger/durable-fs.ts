/**
 * File operations that survive power loss: a new name is on disk only once its folder was synced.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';

/** Syncs a file or the entries of a folder. */
export function syncPath(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Makes a folder and its parents, for the owner alone, each of them durable. */
export function makeFolder(path: string): void {
  if (existsSync(path)) return;
  makeFolder(dirname(path));
  mkdirSync(path, { recursive: true, mode: 0o700 });
  syncPath(dirname(path));
}

/** Gives a finished and synced file or folder its name. */
export function renameDurably(from: string, to: string): void {
  renameSync(from, to);
  syncPath(dirname(to));
}

/** Writes a whole small file, or leaves the old one as it was. */
export function replaceFile(path: string, bytes: Uint8Array): void {
  const unfinished = `${path}.unfinished`;
  const descriptor = openSync(unfinished, 'w', 0o600);
  try {
    writeSync(descriptor, bytes);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameDurably(unfinished, path);
}

/** Writes, syncs and removes a file of that size: throws when there is no room for it. */
export function proveRoom(path: string, bytes: number): void {
  const block = Buffer.alloc(65_536);
  const descriptor = openSync(path, 'w', 0o600);
  try {
    let left = bytes;
    while (left > 0) left -= writeSync(descriptor, block, 0, Math.min(left, block.length));
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
    unlinkSync(path);
  }
}

/**
 * Makes an empty file for the owner alone when there is none, so that SQLite does not make one for
 * all. Does not open one that is there: closing it would drop SQLite's locks on it.
 */
export function makePrivateFile(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
