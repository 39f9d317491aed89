import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it, onTestFinished } from 'vitest';
import { LedgerFault, openLedger } from '../../../audit/ledger/index.ts';
import { assertDurable, openFile } from '../../../audit/ledger/ledger-file.ts';
import type { Ledger, LedgerFaultCode, LedgerOptions } from '../../../audit/ledger/index.ts';
import { expectLedger } from '../../support/expect-ledger.ts';
import { appendOne, openTestLedger, temporaryFolder } from '../../support/temporary-ledger.ts';

/** The code with which opening is refused; 'opened' when it is not. */
async function opening(
  directory: string,
  options: Partial<LedgerOptions> = {},
): Promise<LedgerFaultCode | 'opened'> {
  try {
    await (await openTestLedger(directory, { init: false, ...options })).close();
    return 'opened';
  } catch (error) {
    if (error instanceof LedgerFault) return error.code;
    throw error;
  }
}

/** A closed ledger of some leaves in several files, and the folder of its epoch. */
async function closedLedger(
  options: Partial<LedgerOptions> = {},
): Promise<{ directory: string; folder: string }> {
  const directory = temporaryFolder();
  const ledger = await openTestLedger(directory, { segmentLeaves: 8, ...options });
  for (let i = 0; i < 20; i++) await appendOne(ledger, String(i));
  await ledger.close();
  return { directory, folder: ledger.directory };
}

describe('opening a ledger', () => {
  it('is refused when there is none, and says how to make one', async () => {
    const directory = join(temporaryFolder(), 'ledger');
    const refused = openLedger({
      directory,
      origin: 'x',
      init: false,
      clock: () => new Date(),
      queueBytes: 1,
      appendTimeoutMs: 1,
    });
    await expect(refused).rejects.toMatchObject({
      code: 'LEDGER_MISSING',
      message: expect.stringContaining('--init') as string,
    });
    expect(readdirSync(dirname(directory))).toEqual([]);
    expect(await opening(directory, { init: true })).toBe('opened');
    expect(await opening(directory)).toBe('opened');
  });

  it('makes a ledger whose first leaf says whose it is, for the owner alone', async () => {
    const directory = join(temporaryFolder(), 'a', 'b');
    const ledger = await openTestLedger(directory, { origin: 'ehr.example.org/gw-1' });
    expect(ledger.origin).toBe('ehr.example.org/gw-1/1');
    expect(ledger.directory).toBe(join(directory, 'ehr.example.org%2Fgw-1', '1'));
    const { leaves } = expectLedger(ledger.directory, { size: 1, records: 0 });
    expect(leaves[0]).toMatchObject({ kind: 8, text: '{"origin":"ehr.example.org/gw-1/1"}' });
    for (const name of readdirSync(ledger.directory)) {
      expect(statSync(join(ledger.directory, name)).mode % 0o1000).toBe(0o600);
    }
    expect(statSync(directory).mode % 0o1000).toBe(0o700);
  });

  it('with --init goes on with a ledger that is there, and warns', async () => {
    const { directory } = await closedLedger();
    const warnings: string[] = [];
    const ledger = await openTestLedger(directory, {
      init: true,
      onWarning: (text) => warnings.push(text),
    });
    expect(ledger.size).toBe(21);
    expect(warnings).toEqual([expect.stringContaining('--init')]);
  });

  it('makes nothing in place of a ledger whose files are gone', async () => {
    const { directory, folder } = await closedLedger();
    for (const name of readdirSync(folder)) rmSync(join(folder, name));
    expect(await opening(directory, { init: true })).toBe('LEDGER_INCOMPLETE');
    rmSync(folder, { recursive: true });
    writeFileSync(join(dirname(folder), 'note'), '');
    expect(await opening(directory, { init: true })).toBe('LEDGER_INCOMPLETE');
  });

  it('starts over when an earlier --init was interrupted', async () => {
    const directory = temporaryFolder();
    const unfinished = join(directory, 'chaperone.example.org%2Ftest.unfinished', '1');
    mkdirSync(unfinished, { recursive: true });
    writeFileSync(join(unfinished, 'leaves-000001.db'), 'half');
    expect(await opening(directory)).toBe('LEDGER_MISSING');
    const ledger = await openTestLedger(directory);
    expectLedger(ledger.directory, { size: 1 });
  });

  it('is refused for another origin, unless a second ledger is asked for', async () => {
    const { directory } = await closedLedger();
    const origin = 'chaperone.example.org/other';
    expect(await opening(directory, { origin })).toBe('LEDGER_ORIGIN');
    expect(await opening(directory, { origin, init: true })).toBe('opened');
    expect(await opening(directory)).toBe('opened');
  });

  it('is refused when the folder was renamed to that of another origin', async () => {
    const { directory, folder } = await closedLedger();
    renameSync(dirname(folder), join(directory, 'moved.example.org'));
    expect(await opening(directory, { origin: 'moved.example.org' })).toBe('LEDGER_ORIGIN');
  });

  it.each(['', '..', 'a/../b', 'a//b', '/a', 'a b', 'a+b', 'a\nb', 'x'.repeat(161)])(
    'is refused for the origin %j',
    async (origin) => {
      expect(await opening(temporaryFolder(), { origin, init: true })).toBe('LEDGER_ORIGIN');
    },
  );

  it.each(['a', 'localhost:8080', 'EHR.example.org/ward_7/gw-1'])(
    'is possible for the origin %j',
    async (origin) => {
      expect(await opening(temporaryFolder(), { origin, init: true })).toBe('opened');
    },
  );
});

describe('the single-writer lock', () => {
  it('keeps a second writer of the same process out until the first has closed', async () => {
    const directory = temporaryFolder();
    const ledger = await openTestLedger(directory);
    expect(await opening(directory)).toBe('LEDGER_LOCKED');
    expect(await opening(directory)).toBe('LEDGER_LOCKED');
    await appendOne(ledger, 'still here');
    await ledger.close();
    expect(await opening(directory)).toBe('opened');
  });

  it('keeps a writer of another process out, until that process has ended in whatever way', async () => {
    const directory = temporaryFolder();
    const child = spawn(process.execPath, [
      join(import.meta.dirname, '../../support/ledger-child.ts'),
      directory,
    ]);
    onTestFinished(() => void child.kill('SIGKILL'));
    await once(child.stdout, 'data');
    expect(await opening(directory)).toBe('LEDGER_LOCKED');
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await opening(directory)).toBe('opened');
  });
});

describe('a start', () => {
  it('syncs every commit, also in a file that was there before', async () => {
    const { folder } = await closedLedger();
    const path = join(folder, 'leaves-000003.db');
    const plain = new Database(path);
    // What makes this test mean something: by itself a reopened file is not durable.
    expect(plain.pragma('synchronous', { simple: true })).toBe(1);
    expect(() => {
      assertDurable(plain);
    }).toThrow(expect.objectContaining({ code: 'LEDGER_NOT_DURABLE' }) as Error);
    plain.close();
    const file = openFile(path);
    file.close();
  });

  it('is refused when a file is missing, whichever', async () => {
    for (const missing of ['leaves-000001.db', 'leaves-000002.db', 'leaves-000003.db']) {
      const { directory, folder } = await closedLedger();
      expect(readdirSync(folder)).toContain('leaves-000003.db');
      rmSync(join(folder, missing));
      expect(await opening(directory)).toBe('LEDGER_INCOMPLETE');
    }
  });

  it('is refused when the files hold less than the head says', async () => {
    const { directory, folder } = await closedLedger();
    const older = join(temporaryFolder(), 'older');
    cpSync(folder, older, { recursive: true });
    const ledger: Ledger = await openTestLedger(directory);
    await appendOne(ledger, 'newer');
    await ledger.close();
    cpSync(join(older, 'leaves-000003.db'), join(folder, 'leaves-000003.db'));
    expect(await opening(directory)).toBe('LEDGER_INCOMPLETE');
    cpSync(join(older, 'head'), join(folder, 'head'));
    expect(await opening(directory)).toBe('opened');
  });

  it.each([
    ['missing', undefined],
    ['empty', ''],
    ['torn', 'chaperone.example.org/test/1\n99'],
  ])('does not stop at a head file that is %s, as after power loss', async (_, content) => {
    const { directory, folder } = await closedLedger();
    if (content === undefined) rmSync(join(folder, 'head'));
    else writeFileSync(join(folder, 'head'), content);
    expect(await opening(directory)).toBe('opened');
    expectLedger(folder, { size: 21 });
  });

  it.each([
    ['so that it is no leaf', 'zeroblob(50)'],
    ['so that only the tree tells', 'CAST(substr(leaf, 1, 18) || zeroblob(32) AS BLOB)'],
  ])('is refused when a leaf of the last file was changed, %s', async (_, value) => {
    const { directory, folder } = await closedLedger();
    const db = new Database(join(folder, 'leaves-000003.db'));
    db.exec('DROP TRIGGER leaf_update');
    db.exec(`UPDATE leaf SET leaf = ${value} WHERE leaf_index = 18`);
    db.close();
    expect(await opening(directory)).toBe('LEDGER_INCOMPLETE');
  });

  it.each([
    [
      'no database',
      (path: string): void => {
        writeFileSync(path, 'x'.repeat(10_000));
      },
    ],
    [
      'of a later format',
      (path: string): void => {
        const db = new Database(path);
        db.pragma('user_version = 2');
        db.close();
      },
    ],
  ])('is refused when the last file is %s', async (_, spoil) => {
    const { directory, folder } = await closedLedger();
    spoil(join(folder, 'leaves-000003.db'));
    expect(await opening(directory)).toBe('LEDGER_FORMAT');
  });

  it('clears away what an interrupted roll-over left', async () => {
    const { directory, folder } = await closedLedger();
    writeFileSync(join(folder, 'leaves-000004.db.unfinished'), 'half');
    expect(await opening(directory)).toBe('opened');
    expect(readdirSync(folder).filter((name) => name.includes('unfinished'))).toEqual([]);
    expect(basename(folder)).toBe('1');
  });
});
