/**
 * The head file: what this folder has been told to hold. Written after each commit without a sync,
 * so it may be older than the files, never newer; what says less than it is an incomplete copy.
 * Layout: docs/ledger-format.md, "Head".
 */
import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { replaceFile } from './durable-fs.ts';
import { headName } from './folders.ts';
import { rootHash } from './merkle.ts';
import type { Tree } from './merkle.ts';

/** What a head file says. */
export interface Head {
  readonly origin: string;
  readonly size: number;
  /** RFC 6962 root hash at `size`, base64. */
  readonly root: string;
}

/** Outcome of reading a head file. */
export type HeadReading =
  | { readonly kind: 'missing' }
  /** Torn by a power loss, or changed: its checksum does not fit. */
  | { readonly kind: 'damaged' }
  | { readonly kind: 'read'; readonly head: Head };

/** An open head file. */
export interface HeadFile {
  /** Overwrites it in place; not synced. */
  write(tree: Tree): void;
  /** Syncs and closes it. */
  close(): void;
}

function formatHead(origin: string, tree: Tree): Buffer {
  const text = `${origin}\n${String(tree.size)}\n${Buffer.from(rootHash(tree)).toString('base64')}\n`;
  return Buffer.from(`${text}${checksum(text)}\n`);
}

function checksum(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}

/** Writes the head anew, durably, and keeps it open. */
export function openHead(folder: string, origin: string, tree: Tree): HeadFile {
  const path = join(folder, headName);
  replaceFile(path, formatHead(origin, tree));
  const descriptor = openSync(path, 'r+');
  return {
    // The text never gets shorter as the size grows, so nothing of an older one can be left behind.
    write: (next) => {
      writeSync(descriptor, formatHead(origin, next), undefined, undefined, 0);
    },
    close: () => {
      fsyncSync(descriptor);
      closeSync(descriptor);
    },
  };
}

/** Writes the first head of a new folder. */
export function createHead(folder: string, origin: string, tree: Tree): void {
  replaceFile(join(folder, headName), formatHead(origin, tree));
}

/** Reads the head file of a folder, also while it is being written. */
export function readHead(folder: string): HeadReading {
  // A reader may see half of a write that is under way; three times in a row it may not.
  for (let attempt = 0; attempt < 3; attempt++) {
    let text: string;
    try {
      text = readFileSync(join(folder, headName), 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { kind: 'missing' };
      throw error;
    }
    const head = parseHead(text);
    if (head !== undefined) return { kind: 'read', head };
  }
  return { kind: 'damaged' };
}

function parseHead(text: string): Head | undefined {
  const parts = /^((\S+)\n(0|[1-9]\d*)\n(\S{44})\n)(\S{44})\n$/.exec(text);
  if (parts === null) return undefined;
  const [, signed = '', origin = '', size = '', root = '', sum = ''] = parts;
  if (checksum(signed) !== sum) return undefined;
  return { origin, size: Number(size), root };
}
