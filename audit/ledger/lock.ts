/**
 * The single-writer lock: an exclusive SQLite transaction that is held on a small database for the
 * life of the process. Node has no `flock`; SQLite's own locks end with the process, however it
 * ends. Local disks only.
 *
 * Nothing in this process may open and close the lock file by other means: POSIX drops all locks of
 * a process on a file when any of its descriptors is closed.
 */
import Database from 'better-sqlite3';
import { makePrivateFile } from './durable-fs.ts';
import { LedgerFault } from './fault.ts';
import { sqliteCode } from './sqlite-error.ts';

/** A held lock. */
export interface Lock {
  release(): void;
}

/**
 * Takes the lock, or fails at once.
 *
 * @throws LedgerFault `LEDGER_LOCKED` when another process (or another ledger in this one) has it.
 */
export function takeLock(path: string): Lock {
  makePrivateFile(path);
  const db = new Database(path, { timeout: 0 });
  try {
    db.pragma('journal_mode = DELETE');
    db.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    db.close();
    if (!sqliteCode(error).startsWith('SQLITE_BUSY')) throw error;
    throw new LedgerFault({
      code: 'LEDGER_LOCKED',
      message: 'another process writes this ledger: stop it first',
    });
  }
  return { release: () => void db.close() };
}
