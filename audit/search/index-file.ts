/** The index file as a file: opening, removing, what SQLite says of damage. */
import Database from 'better-sqlite3';
import { rmSync } from 'node:fs';

/** True for the errors by which SQLite says that a file is damaged. */
export function isDamage(cause: unknown): boolean {
  return cause instanceof Database.SqliteError && /^SQLITE_(?:CORRUPT|NOTADB)/u.test(cause.code);
}

/** Deletes an index file, the database first: its log without it is nothing. */
export function removeIndex(file: string): void {
  for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(file + suffix, { force: true });
}

/** Opens the database with the settings of an index. */
export function connect(file: string, fileMustExist: boolean): Database.Database {
  const db = new Database(file, { fileMustExist });
  db.pragma('page_size = 8192');
  db.pragma('journal_mode = WAL');
  // NORMAL syncs once per checkpoint and keeps position and content together over a power loss;
  // with OFF a part of the index could be lost unnoticed, and a search would miss events.
  db.pragma('synchronous = NORMAL');
  db.pragma('wal_autocheckpoint = 2000');
  db.pragma('cache_size = -16384');
  return db;
}
