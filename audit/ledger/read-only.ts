/**
 * Opening a file of leaves to read it, beside the writer or without one.
 */
import Database from 'better-sqlite3';

/** A read-only handle. Sees commits of other processes as they become durable. */
export function openReadOnly(path: string): Database.Database {
  const db = new Database(path, { readonly: true, fileMustExist: true, timeout: 5000 });
  db.pragma('trusted_schema = OFF');
  return db;
}
