import { execFileSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { beforeAll, describe, expect, it } from 'vitest';
import { openLedger, verifyLedger } from '../../../audit/ledger/index.ts';
import type { ProblemCode } from '../../../audit/ledger/index.ts';
import { addLeaf, encodeFrontier, hashLeaf } from '../../../audit/ledger/merkle.ts';
import type { Tree } from '../../../audit/ledger/merkle.ts';
import { schema } from '../../../audit/ledger/schema.ts';
import {
  appendOne,
  openTestLedger,
  record,
  temporaryFolder,
} from '../../support/temporary-ledger.ts';

/*
 * One ledger is made, closed and kept; each test spoils a copy of it. Leaves of its three files:
 * 0 epoch start, 1 intent (open to the end), 2 intent, 3 to 6 records, 7 record that settles 2;
 * 8 carried 1, 9 to 15 records; 16 carried 1, 17 to 19 records.
 */
let good: string;
const origin = 'chaperone.example.org/test';
const folderOf = (directory: string): string => join(directory, encodeURIComponent(origin), '1');

async function makeLedger(directory: string): Promise<void> {
  const ledger = await openLedger({
    directory,
    origin,
    init: true,
    clock: () => new Date(),
    queueBytes: 1_000_000,
    appendTimeoutMs: 5000,
    segmentLeaves: 8,
  });
  await ledger.openIntent({ kind: 'intent', bodies: ['stays open'] });
  const settles = await ledger.openIntent({ kind: 'intent', bodies: ['is settled'] });
  for (let i = 3; i <= 6; i++) await appendOne(ledger, `record ${String(i)}`);
  await ledger.append([record('record 7')], { settles });
  for (let i = 9; i <= 15; i++) await appendOne(ledger, `record ${String(i)}`);
  for (let i = 17; i <= 19; i++) await appendOne(ledger, `record ${String(i)}`);
  await ledger.close();
}

beforeAll(async () => {
  // Not `temporaryFolder`: this one outlives a test.
  good = mkdtempSync(join(tmpdir(), 'chaperone-good-'));
  await makeLedger(good);
  return () => {
    rmSync(good, { recursive: true, force: true });
  };
});

function copyOfGood(): { directory: string; folder: string } {
  const directory = join(temporaryFolder(), 'ledger');
  cpSync(good, directory, { recursive: true });
  return { directory, folder: folderOf(directory) };
}

const fileName = (number: number): string => `leaves-00000${String(number)}.db`;

/** Runs SQL in a file as someone who owns it would: triggers dropped and put back. */
function tamper(folder: string, number: number, ...statements: string[]): void {
  const db = new Database(join(folder, fileName(number)));
  const triggers = Object.entries(schema).filter(([, sql]) => sql.startsWith('CREATE TRIGGER'));
  for (const [name] of triggers) db.exec(`DROP TRIGGER ${name}`);
  for (const statement of statements) db.exec(statement);
  for (const [, sql] of triggers) db.exec(sql);
  db.pragma('wal_checkpoint(TRUNCATE)');
  db.close();
}

/** Flips one bit of a stored value. */
function flip(table: string, column: string, leafIndex: number, at: number): string {
  const byte = `substr(${column}, ${String(at + 1)}, 1)`;
  const value = `(CASE ${byte} WHEN x'01' THEN x'02' ELSE x'01' END)`;
  return `UPDATE ${table} SET ${column} = CAST(substr(${column}, 1, ${String(at)}) || ${value} || substr(${column}, ${String(at + 2)}) AS BLOB) WHERE leaf_index = ${String(leafIndex)}`;
}

type Spoil = (folder: string, directory: string) => void;

const onFile =
  (number: number, ...statements: string[]): Spoil =>
  (folder) => {
    tamper(folder, number, ...statements);
  };

/** Each way of tampering, the code that tells of it, and the leaf that it names. */
const table: readonly (readonly [string, Spoil, ProblemCode, number?])[] = [
  ['a byte of a body', onFile(2, flip('body', 'body', 10, 3)), 'body-changed', 10],
  ['a byte of the body of an intent', onFile(1, flip('body', 'body', 1, 0)), 'body-changed', 1],
  ['a byte of a salt', onFile(1, flip('body', 'salt', 4, 31)), 'body-changed', 4],
  [
    'the encoding of a body',
    onFile(1, 'UPDATE body SET encoding = 7 WHERE leaf_index = 4'),
    'encoding-unknown',
    4,
  ],
  [
    'two bodies that change places',
    onFile(
      1,
      'UPDATE body SET leaf_index = -1 WHERE leaf_index = 3',
      'UPDATE body SET leaf_index = 3 WHERE leaf_index = 4',
      'UPDATE body SET leaf_index = 4 WHERE leaf_index = -1',
    ),
    'body-changed',
    3,
  ],
  [
    'a body that is removed',
    onFile(2, 'DELETE FROM body WHERE leaf_index = 12'),
    'body-missing',
    12,
  ],
  [
    'a body that is added',
    onFile(3, "INSERT INTO body VALUES (77, zeroblob(32), 0, x'00')"),
    'body-unexpected',
    77,
  ],
  ...[0, 1, 5, 17, 20, 49].map(
    (at) =>
      [
        `byte ${String(at)} of a leaf`,
        onFile(2, flip('leaf', 'leaf', 11, at)),
        'tree-mismatch',
      ] as const,
  ),
  ['the kind of leaf 0', onFile(1, flip('leaf', 'leaf', 0, 1)), 'file-mismatch', 0],
  ['the version of a leaf', onFile(2, flip('leaf', 'leaf', 11, 0)), 'leaf-damaged', 11],
  ['the commitment of a leaf', onFile(2, flip('leaf', 'leaf', 11, 20)), 'body-changed', 11],
  ['the time of a leaf', onFile(2, flip('leaf', 'leaf', 11, 3)), 'time-backwards', 12],
  ['the reference of a record', onFile(1, flip('leaf', 'leaf', 7, 17)), 'open-intents-mismatch', 2],
  [
    'a row that is removed',
    onFile(2, 'DELETE FROM leaf WHERE leaf_index = 12', 'DELETE FROM body WHERE leaf_index = 12'),
    'leaf-missing',
    12,
  ],
  [
    'the first row of a file that is removed',
    onFile(2, 'DELETE FROM leaf WHERE leaf_index = 8', 'DELETE FROM body WHERE leaf_index = 8'),
    'leaf-missing',
    8,
  ],
  [
    'the last row that is removed',
    onFile(3, 'DELETE FROM leaf WHERE leaf_index = 19', 'DELETE FROM body WHERE leaf_index = 19'),
    'leaf-missing',
    19,
  ],
  [
    'a row that is removed and the rest renumbered',
    onFile(
      3,
      'DELETE FROM leaf WHERE leaf_index = 18',
      'DELETE FROM body WHERE leaf_index = 18',
      'UPDATE leaf SET leaf_index = 18 WHERE leaf_index = 19',
      'UPDATE body SET leaf_index = 18 WHERE leaf_index = 19',
    ),
    'leaf-missing',
    19,
  ],
  [
    'a row that is added',
    onFile(
      3,
      'INSERT INTO leaf SELECT 20, leaf FROM leaf WHERE leaf_index = 19',
      'INSERT INTO body SELECT 20, salt, encoding, body FROM body WHERE leaf_index = 19',
    ),
    'tree-mismatch',
  ],
  [
    'a byte of the frontier',
    onFile(
      3,
      "UPDATE tree SET frontier = CAST(substr(frontier, 1, 40) || x'00' || substr(frontier, 42) AS BLOB)",
    ),
    'tree-mismatch',
  ],
  ['the length of the frontier', onFile(3, "UPDATE tree SET frontier = x''"), 'tree-mismatch'],
  ['the size in the tree', onFile(1, 'UPDATE tree SET size = 9'), 'tree-mismatch'],
  [
    'a byte of the base frontier',
    onFile(
      3,
      "UPDATE file SET base_frontier = CAST(substr(base_frontier, 1, 5) || x'00' || substr(base_frontier, 7) AS BLOB)",
    ),
    'file-mismatch',
  ],
  ['the first leaf of a file', onFile(2, 'UPDATE file SET first_leaf = 16'), 'file-mismatch'],
  ['the number of a file', onFile(2, 'UPDATE file SET file_number = 3'), 'file-mismatch'],
  ['the origin of a file', onFile(2, "UPDATE file SET origin = 'other/1'"), 'file-mismatch'],
  [
    'an open intent that is removed',
    onFile(3, 'DELETE FROM open_intent'),
    'open-intents-mismatch',
    1,
  ],
  [
    'an open intent that is removed in an older file',
    onFile(1, 'DELETE FROM open_intent'),
    'open-intents-mismatch',
    1,
  ],
  [
    'an open intent that is added',
    onFile(3, 'INSERT INTO open_intent VALUES (2, 16)'),
    'open-intents-mismatch',
    2,
  ],
  [
    'an open intent with another body',
    onFile(3, 'UPDATE open_intent SET body_leaf = 17'),
    'open-intents-mismatch',
    1,
  ],
  [
    'a trigger that is dropped',
    (folder) => {
      const db = new Database(join(folder, fileName(2)));
      db.exec('DROP TRIGGER leaf_update');
      db.close();
    },
    'schema-changed',
  ],
  [
    'a trigger that does something else',
    (folder) => {
      const db = new Database(join(folder, fileName(2)));
      db.exec(
        'DROP TRIGGER leaf_update; CREATE TRIGGER leaf_update BEFORE UPDATE ON leaf BEGIN SELECT 1; END',
      );
      db.close();
    },
    'schema-changed',
  ],
  ['a table that is added', onFile(2, 'CREATE TABLE notes (x)'), 'schema-changed'],
  ['a later format', onFile(2, 'PRAGMA user_version = 2'), 'file-unreadable'],
  [
    'a file that is cut short',
    (folder) => {
      truncateSync(join(folder, fileName(2)), 20_000);
    },
    'file-unreadable',
  ],
  [
    'a file that is no database',
    (folder) => {
      writeFileSync(join(folder, fileName(2)), 'x'.repeat(20_000));
    },
    'file-unreadable',
  ],
  [
    'an empty file',
    (folder) => {
      writeFileSync(join(folder, fileName(2)), '');
    },
    'file-unreadable',
  ],
  ...[1, 2].map(
    (number) =>
      [
        `file ${String(number)} that is missing`,
        (folder: string): void => {
          rmSync(join(folder, fileName(number)));
        },
        'file-missing',
      ] as const,
  ),
  [
    'the last file that is missing',
    (folder) => {
      rmSync(join(folder, fileName(3)));
    },
    'head-ahead',
    16,
  ],
  [
    'two files that change places',
    (folder) => {
      renameSync(join(folder, fileName(1)), join(folder, 'x'));
      renameSync(join(folder, fileName(2)), join(folder, fileName(1)));
      renameSync(join(folder, 'x'), join(folder, fileName(2)));
    },
    'file-mismatch',
  ],
  [
    'a head that is missing',
    (folder) => {
      rmSync(join(folder, 'head'));
    },
    'head-missing',
  ],
  [
    'a head that is torn',
    (folder) => {
      truncateSync(join(folder, 'head'), 30);
    },
    'head-damaged',
  ],
  [
    'a byte of the head',
    (folder) => {
      const text = readFileSync(join(folder, 'head'), 'utf8');
      writeFileSync(join(folder, 'head'), text.replace('\n20\n', '\n19\n'));
    },
    'head-damaged',
  ],
  [
    'an epoch that is missing',
    (folder) => {
      renameSync(folder, join(dirname(folder), '2'));
    },
    'epoch-missing',
  ],
  [
    'a folder of another origin',
    (folder, directory) => {
      renameSync(dirname(folder), join(directory, 'other'));
    },
    'file-mismatch',
  ],
  [
    'a folder that is gone',
    (folder) => {
      rmSync(dirname(folder), { recursive: true });
    },
    'nothing-to-check',
  ],
  [
    'an epoch that was emptied',
    (folder) => {
      for (const name of readdirSync(folder)) rmSync(join(folder, name));
    },
    'nothing-to-check',
  ],
  [
    'an origin that was emptied',
    (folder) => {
      rmSync(folder, { recursive: true });
    },
    'nothing-to-check',
  ],
];

describe('verification', () => {
  it('passes on the whole ledger, from each of its folders, and says what it checked', () => {
    const { directory, folder } = copyOfGood();
    const report = verifyLedger(directory);
    expect(report).toMatchObject({
      ok: true,
      records: 15,
      treeSize: 20,
      openIntents: 1,
      problems: [],
    });
    expect(verifyLedger(dirname(folder))).toEqual(report);
    expect(verifyLedger(folder)).toEqual(report);
  });

  const rows = table.map(([what, spoil, code, leafIndex]) => ({ what, spoil, code, leafIndex }));
  it.each(rows)('tells of $what', ({ spoil, code, leafIndex }) => {
    const { directory, folder } = copyOfGood();
    spoil(folder, directory);
    const report = verifyLedger(directory);
    expect(report.ok).toBe(false);
    const problem = leafIndex === undefined ? { code } : { code, leafIndex };
    expect(report.problems).toContainEqual(expect.objectContaining(problem));
  });

  it('tells of a history that was rewritten whole, as long as the head was not', () => {
    const { directory, folder } = copyOfGood();
    const db = new Database(join(folder, fileName(3)));
    const base = db.prepare('SELECT first_leaf, base_frontier FROM file').get() as {
      first_leaf: number;
      base_frontier: Buffer;
    };
    const rows = db.prepare('SELECT leaf FROM leaf ORDER BY leaf_index').all() as {
      leaf: Buffer;
    }[];
    db.close();
    rows[1]?.leaf.writeUInt8(11, 1);
    const tree = rows.reduce<Tree>((grown, row) => addLeaf(grown, hashLeaf(row.leaf)), {
      size: base.first_leaf,
      frontier: [base.base_frontier],
    });
    const leaf = rows[1]?.leaf.toString('hex') ?? '';
    const frontier = Buffer.from(encodeFrontier(tree)).toString('hex');
    tamper(
      folder,
      3,
      `UPDATE leaf SET leaf = x'${leaf}' WHERE leaf_index = 17`,
      `UPDATE tree SET frontier = x'${frontier}'`,
    );
    expect(verifyLedger(directory).problems.map((problem) => problem.code)).toEqual([
      'head-mismatch',
    ]);
  });

  it('is never well when there is nothing to check', () => {
    const folder = temporaryFolder();
    for (const path of [folder, join(folder, 'missing')]) {
      const report = verifyLedger(path);
      expect(report.ok).toBe(false);
      expect(report.problems.map((problem) => problem.code)).toEqual(['nothing-to-check']);
    }
    writeFileSync(join(folder, 'file'), '');
    expect(verifyLedger(join(folder, 'file')).ok).toBe(false);
  });

  it('finds the problem of one ledger beside another that is well', async () => {
    const { directory, folder } = copyOfGood();
    const other = await openTestLedger(directory, { origin: 'other.example.org' });
    await appendOne(other, 'newer');
    expect(verifyLedger(directory)).toMatchObject({ ok: true, treeSize: 2 });
    tamper(folder, 2, flip('body', 'body', 10, 3));
    const report = verifyLedger(directory);
    expect(report).toMatchObject({ ok: false, treeSize: 2 });
    expect(report.problems.map((problem) => problem.code)).toEqual(['body-changed']);
  });

  it('passes on a ledger that is being written', async () => {
    const ledger = await openTestLedger(temporaryFolder(), { segmentLeaves: 64 });
    let isDone = false;
    const writing = Array.from({ length: 4 }, async () => {
      for (let i = 0; i < 25; i++) {
        const settles = await ledger.openIntent({ kind: 'intent', bodies: ['unknown'] });
        await ledger.append([record('done')], { settles });
      }
    });
    const all = Promise.all(writing).then(() => {
      isDone = true;
    });
    let checks = 0;
    while (!(isDone as boolean)) {
      expect(verifyLedger(ledger.directory).problems).toEqual([]);
      checks += 1;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await all;
    expect(checks).toBeGreaterThan(0);
    expect(verifyLedger(ledger.directory)).toMatchObject({
      ok: true,
      records: 100,
      openIntents: 0,
    });
  });

  it('tells of a copy without the write-ahead log that holds the last commits', async () => {
    const ledger = await openTestLedger(temporaryFolder());
    for (let i = 0; i < 5; i++) await appendOne(ledger, String(i));
    await ledger.openIntent({ kind: 'intent', bodies: ['x'] });
    const copy = join(temporaryFolder(), 'copy');
    const names = ['head', 'leaves-000001.db', 'leaves-000001.db-wal'];
    mkdirSync(copy);
    // By another process: to open and close these files in this one would drop the writer's locks.
    execFileSync('cp', [...names.map((name) => join(ledger.directory, name)), copy]);
    expect(verifyLedger(copy)).toMatchObject({ ok: true, treeSize: 7 });
    rmSync(join(copy, 'leaves-000001.db-wal'));
    rmSync(join(copy, 'leaves-000001.db-shm'), { force: true });
    const report = verifyLedger(copy);
    expect(report.problems).toContainEqual(expect.objectContaining({ code: 'head-ahead' }));
  });

  it('leaves a ledger at rest exactly as it was', () => {
    const { directory, folder } = copyOfGood();
    for (const name of readdirSync(folder)) {
      if (/-(wal|shm)$/.test(name)) rmSync(join(folder, name));
    }
    const before = readdirSync(folder);
    expect(verifyLedger(directory).ok).toBe(true);
    expect(readdirSync(folder)).toEqual(before);
  });

  it('says how far it is', () => {
    const { directory } = copyOfGood();
    const seen: { leaves: number; total: number }[] = [];
    verifyLedger(directory, { onProgress: (progress) => seen.push(progress) });
    expect(seen.at(-1)).toEqual({ leaves: 20, total: 20 });
  });

  it('lists at most a thousand problems, and says so', async () => {
    const ledger = await openTestLedger(temporaryFolder());
    const [first, ...rest] = Array.from({ length: 1100 }, () => record('x'));
    if (first === undefined) throw new Error('no record');
    await ledger.append([first, ...rest]);
    await ledger.close();
    tamper(ledger.directory, 1, 'UPDATE body SET salt = zeroblob(32)');
    const { problems } = verifyLedger(ledger.directory);
    expect(problems).toHaveLength(1001);
    expect(problems.at(-1)?.code).toBe('more-problems');
  });
});
