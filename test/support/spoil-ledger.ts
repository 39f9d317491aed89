/** Changes a record behind a ledger's back, as someone who owns its files would. */
import { join } from 'node:path';
import Database from 'better-sqlite3';

/**
 * Replaces a text in the bodies of a ledger's first file; its triggers are put back.
 *
 * @param folder Of one epoch (`Ledger.directory`); may be in use.
 * @returns How many bodies were changed.
 */
export function spoilLedger(folder: string, text: string, by: string): number {
  const db = new Database(join(folder, 'leaves-000001.db'));
  const triggers = db
    .prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")
    .all() as { name: string; sql: string }[];
  for (const { name } of triggers) db.exec(`DROP TRIGGER ${name}`);
  const { changes } = db
    .prepare(
      'UPDATE body SET body = CAST(replace(CAST(body AS TEXT), $text, $by) AS BLOB) WHERE instr(CAST(body AS TEXT), $text) > 0',
    )
    .run({ text, by });
  for (const { sql } of triggers) db.exec(sql);
  db.close();
  return changes;
}
