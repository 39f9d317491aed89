/**
 * Ledgers as a command finds them on disk, and the lock of one, taken without writing to it: for
 * work beside the ledger that no gateway may disturb.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { LedgerFault } from './fault.ts';
import { listEpochs, listFolders, lockPath, originFolder, unfinishedSuffix } from './folders.ts';
import { takeLock } from './lock.ts';

/** A ledger that no other process can open for writing until it is released. */
export interface HeldLedger {
  /** With the epoch, as `Ledger.origin`. */
  readonly origin: string;
  /** Folder of the newest epoch, as `Ledger.directory`. */
  readonly directory: string;
  release(): void;
}

/** Origins, without epoch, of the ledgers in `audit.directory`. */
export function listOrigins(directory: string): readonly string[] {
  return listFolders(directory)
    .filter(
      (name) => !name.endsWith(unfinishedSuffix) && listEpochs(join(directory, name)).length > 0,
    )
    .map((name) => decodeURIComponent(name));
}

/**
 * Takes the lock of a ledger.
 *
 * @param directory `audit.directory`.
 * @param origin `audit.origin`, without the epoch.
 * @throws LedgerFault `LEDGER_MISSING`, `LEDGER_ORIGIN`, `LEDGER_LOCKED` when a process has it.
 */
export function holdLedger(directory: string, origin: string): HeldLedger {
  const folder = join(directory, originFolder(origin));
  const epoch = existsSync(folder) ? listEpochs(folder).at(-1) : undefined;
  if (epoch === undefined) {
    throw new LedgerFault({
      code: 'LEDGER_MISSING',
      message: 'there is no ledger of this origin in this folder',
    });
  }
  const lock = takeLock(lockPath(directory, origin));
  return {
    origin: `${origin}/${String(epoch)}`,
    directory: join(folder, String(epoch)),
    release: () => {
      lock.release();
    },
  };
}
