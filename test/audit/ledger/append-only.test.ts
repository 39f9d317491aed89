import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { openReadOnly } from '../../../audit/ledger/read-only.ts';
import { openFile } from '../../../audit/ledger/ledger-file.ts';
import { expectLedger } from '../../support/expect-ledger.ts';
import { appendOne, openTestLedger, temporaryFolder } from '../../support/temporary-ledger.ts';

/** Path of the only file of a closed ledger with leaves 0 to 3, and its folder. */
async function closedFile(): Promise<{ path: string; folder: string }> {
  const ledger = await openTestLedger(temporaryFolder());
  for (const body of ['a', 'b', 'c']) await appendOne(ledger, body);
  await ledger.openIntent({ kind: 'intent', bodies: ['i'] });
  await ledger.close();
  return { path: join(ledger.directory, 'leaves-000001.db'), folder: ledger.directory };
}

const statements = [
  'UPDATE leaf SET leaf = zeroblob(50) WHERE leaf_index = 1',
  'UPDATE OR IGNORE leaf SET leaf = zeroblob(50) WHERE leaf_index = 1',
  'UPDATE leaf SET leaf_index = 99 WHERE leaf_index = 4',
  'DELETE FROM leaf WHERE leaf_index = 4',
  'DELETE FROM leaf',
  'INSERT OR REPLACE INTO leaf VALUES (1, zeroblob(50))',
  'REPLACE INTO leaf VALUES (4, zeroblob(50))',
  'INSERT INTO leaf VALUES (1, zeroblob(50)) ON CONFLICT DO UPDATE SET leaf = zeroblob(50)',
  'INSERT INTO leaf VALUES (6, zeroblob(50))',
  'INSERT INTO leaf VALUES (-1, zeroblob(50))',
  'INSERT INTO leaf VALUES (5, zeroblob(49))',
  "UPDATE body SET body = x'00' WHERE leaf_index = 1",
  'UPDATE body SET salt = zeroblob(32)',
  'DELETE FROM body WHERE leaf_index = 1',
  "INSERT OR REPLACE INTO body VALUES (1, zeroblob(32), 0, x'00')",
  "REPLACE INTO body VALUES (4, zeroblob(32), 0, x'00')",
  "INSERT INTO body VALUES (9, zeroblob(32), 0, x'00')",
  "UPDATE file SET origin = 'other'",
  'DELETE FROM file',
  "INSERT OR REPLACE INTO file VALUES (1, 'other', 1, 0, x'', 8)",
  'UPDATE tree SET size = 1',
  'DELETE FROM tree',
  "INSERT OR REPLACE INTO tree VALUES (1, 1, x'')",
];

describe('a file of leaves', () => {
  it.each([true, false])(
    'takes no statement that changes or removes (recursive triggers on: %s)',
    async (isRecursive) => {
      const { path, folder } = await closedFile();
      const before = expectLedger(folder).root;
      const db = new Database(path);
      // The writer sets it; the guards on INSERT hold even for one who does not.
      db.pragma(`recursive_triggers = ${isRecursive ? 'ON' : 'OFF'}`);
      for (const statement of statements) {
        expect(() => db.exec(statement), statement).toThrow(/append-only|constraint/);
      }
      db.close();
      expect(expectLedger(folder, { size: 5, records: 3 }).root).toBe(before);
    },
  );

  it('takes the next leaf with its body', async () => {
    const { path } = await closedFile();
    const file = openFile(path);
    file.begin();
    file.insertLeaf(5, Buffer.alloc(50));
    file.insertBody(5, Buffer.alloc(32), Buffer.from('x'));
    file.rollback();
    file.close();
  });

  it('cannot be written through the handle of a reader', async () => {
    const { path } = await closedFile();
    const db = openReadOnly(path);
    expect(() => db.exec('INSERT INTO leaf VALUES (5, zeroblob(50))')).toThrow(/readonly/);
    db.close();
  });
});
