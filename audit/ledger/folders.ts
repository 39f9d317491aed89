/**
 * Names and places on disk: which folder belongs to which origin and epoch, and which files are in
 * it. Layout: docs/ledger-format.md, "Folders and files".
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { LedgerFault } from './fault.ts';

/** One file of leaves in the folder of an epoch. */
export interface FilePlace {
  /** From 1, without gaps. */
  readonly fileNumber: number;
  readonly path: string;
}

// An origin is the first line of a checkpoint (C2SP tlog-checkpoint), so neither space nor plus.
const originShape = /^[A-Za-z0-9][A-Za-z0-9._:/-]{0,159}$/;
const fileShape = /^leaves-(\d{6,12})\.db$/;
const epochShape = /^[1-9]\d{0,8}$/;

/** Name of the file that says what was committed: see `head.ts`. */
export const headName = 'head';
/** What an unfinished file or folder ends in; removed at the next start. */
export const unfinishedSuffix = '.unfinished';

/**
 * Folder name of an origin: percent-encoded, so that it can be read back.
 *
 * @throws LedgerFault `LEDGER_ORIGIN` when the origin cannot name a ledger.
 */
export function originFolder(origin: string): string {
  if (!originShape.test(origin) || origin.split('/').some((part) => /^\.*$/.test(part))) {
    throw new LedgerFault({
      code: 'LEDGER_ORIGIN',
      message:
        'audit.origin must be letters, digits and . _ : - in parts separated by single slashes, at most 160 characters',
    });
  }
  return encodeURIComponent(origin);
}

/** The lock of an origin lies beside its folder, so that it can be taken before there is one. */
export function lockPath(directory: string, origin: string): string {
  return join(directory, `${originFolder(origin)}.lock`);
}

/** Numbers of the epochs in the folder of an origin, ascending. */
export function listEpochs(folder: string): readonly number[] {
  return listFolders(folder)
    .filter((name) => epochShape.test(name))
    .map(Number)
    .sort((a, b) => a - b);
}

/** Names of the folders in a folder; none when it does not exist. */
export function listFolders(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);
}

/** Path of a file of leaves. */
export function filePath(folder: string, fileNumber: number): string {
  return join(folder, `leaves-${String(fileNumber).padStart(6, '0')}.db`);
}

/** The files of leaves in the folder of an epoch, ascending; gaps are left for the caller to see. */
export function listFiles(folder: string): readonly FilePlace[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .flatMap((name) => {
      const digits = fileShape.exec(name)?.[1];
      return digits === undefined ? [] : [{ fileNumber: Number(digits), path: join(folder, name) }];
    })
    .sort((a, b) => a.fileNumber - b.fileNumber);
}
