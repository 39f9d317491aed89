/** The folder of the demo: all its data, and header files for curl. Can be thrown away. */
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { holdLedger, LedgerFault } from '../audit/ledger/index.ts';
import type { Config } from '../config/index.ts';

/** Whether the demo starts on an empty folder. */
export function isNewFolder(directory: string): boolean {
  return !existsSync(directory);
}

/**
 * Throws the folder's data away, unless another demo is using them.
 *
 * @throws LedgerFault `LEDGER_LOCKED` when one is; nothing is removed then.
 */
export function emptyFolder(directory: string, config: Config): void {
  try {
    // Whoever holds the ledger's lock is alive. A ledger with any other fault may go.
    holdLedger(config.audit.directory, config.audit.origin).release();
  } catch (error) {
    if (!(error instanceof LedgerFault) || error.code === 'LEDGER_LOCKED') throw error;
  }
  rmSync(directory, { recursive: true, force: true });
}

/**
 * Writes a file for `curl -H @FILE`, so that no token stands on a command line or in a history.
 *
 * @returns Its path.
 */
export function writeHeaderFile(directory: string, name: string, token: string): string {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const file = path.join(directory, `${name}.header`);
  // Removed first: an existing file would keep its mode.
  rmSync(file, { force: true });
  writeFileSync(file, `Authorization: Bearer ${token}\n`, { mode: 0o600, flag: 'wx' });
  return file;
}
