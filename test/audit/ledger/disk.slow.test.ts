/**
 * The real thing: a full tmpfs, an fsync that fails, a folder that cannot be written. Needs root and
 * strace.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { LedgerFault, verifyLedger } from '../../../audit/ledger/index.ts';
import type { Ledger } from '../../../audit/ledger/index.ts';
import { expectLedger } from '../../support/expect-ledger.ts';
import { saidAfter, startLedgerProcess } from '../../support/ledger-process.ts';
import { appendOne, openTestLedger, temporaryFolder } from '../../support/temporary-ledger.ts';

/** A file system of that size in memory. */
function mountSmall(size: string): string {
  const folder = temporaryFolder();
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder]);
  onTestFinished(() => {
    execFileSync('umount', ['-l', folder]);
  });
  return folder;
}

/** Appends until the disk is full; the bodies that were acknowledged. */
async function fill(ledger: Ledger, bytes: number): Promise<string[]> {
  const durable: string[] = [];
  for (let i = 0; i < 100_000; i++) {
    const body = `${String(i)} ${'x'.repeat(bytes)}`;
    try {
      await appendOne(ledger, body);
      durable.push(body);
    } catch (error) {
      if (error instanceof LedgerFault && error.code === 'LEDGER_FULL') return durable;
      throw error;
    }
  }
  throw new Error('the disk did not become full');
}

const becomesReady = (ledger: Ledger): Promise<void> =>
  new Promise((resolve) => {
    ledger.onState((state) => {
      if (state.kind === 'ready') resolve();
    });
  });

describe('a full disk', () => {
  it.each([
    ['in the middle of a file', 65_536, 2500],
    ['while files come and go', 16, 2500],
    ['with large records', 64, 200_000],
  ])('answers LEDGER_FULL and goes on when there is room: %s', async (_, segmentLeaves, bytes) => {
    const disk = mountSmall('6m');
    const directory = join(disk, 'ledger');
    writeFileSync(join(disk, 'ballast'), Buffer.alloc(1_500_000));
    const ledger = await openTestLedger(directory, { segmentLeaves });
    await ledger.openIntent({ kind: 'intent', bodies: ['unknown'] });
    const durable = await fill(ledger, bytes);
    expect(ledger.state.kind).toBe('full');
    expect(ledger.admits()).toBe(false);
    expect(verifyLedger(directory)).toMatchObject({ ok: true, records: durable.length });
    const ready = becomesReady(ledger);
    rmSync(join(disk, 'ballast'));
    await ready;
    await appendOne(ledger, 'there was room');
    const all = [...durable, 'there was room'];
    expect(expectLedger(ledger.directory, { openIntents: [1] }).records).toEqual(all);
    expect(verifyLedger(directory)).toMatchObject({ ok: true, records: all.length });

    // And once more to the brim, and a start without room: refused or opened, never damaged.
    const more = await fill(ledger, bytes);
    await ledger.close();
    const start = openTestLedger(directory, { init: false }).then(
      (opened) => opened.close().then(() => 'opened'),
      (error: unknown) => (error as LedgerFault).code,
    );
    expect(['LEDGER_FULL', 'opened']).toContain(await start);
    execFileSync('mount', ['-o', 'remount,size=60m', disk]);
    const restarted = await openTestLedger(directory, { init: false });
    const seen = expectLedger(restarted.directory, { openIntents: [] });
    expect(seen.records).toEqual([...all, ...more, 'unknown']);
    expect(verifyLedger(directory).problems).toEqual([]);
  });
});

describe('an fsync that fails', () => {
  it.each(['3+', '10+', '40+', '41+', '43+', '150+', '40', '41', '42', '43', '44', '45'])(
    '(call %s) ends the process, and nothing that was acknowledged is lost',
    async (when) => {
      const directory = temporaryFolder();
      const first = startLedgerProcess([directory, '64', '4']);
      await first.said('record', 10);
      first.child.kill('SIGKILL');
      await first.ended();
      const inject = ['-f', '-e', 'trace=fsync', '-e', `inject=fsync:error=EIO:when=${when}`];
      const failing = startLedgerProcess(
        [directory, '64', '4'],
        ['strace', '-o', '/dev/null', ...inject],
      );
      // One failure alone may meet the sync of a folder, whose errors SQLite leaves aside: then the
      // writer goes on, and still nothing is lost.
      const goesOn = when.endsWith('+')
        ? new Promise<never>(() => undefined)
        : failing.said('record', 2000).then(
            () => process.kill(-(failing.child.pid ?? 0), 'SIGKILL'),
            () => undefined,
          );
      const code = await Promise.race([failing.ended(), goesOn.then(() => failing.ended())]);
      // 70 once it had opened; 1 when opening itself was refused (an unhandled LedgerFault).
      const ends = when.endsWith('+') ? [70, 1] : [70, 1, null, 137];
      expect(ends).toContain(code);
      if (code === 70) {
        expect(saidAfter('state', failing)).toEqual(['failed']);
        expect(new Set(saidAfter('fault', failing))).toEqual(new Set(['LEDGER_IO']));
      }
      const ledger = await openTestLedger(directory, { init: false });
      const records = new Set(expectLedger(ledger.directory, { openIntents: [] }).records);
      const durable = [...saidAfter('record', first), ...saidAfter('record', failing)];
      expect(durable.filter((body) => !records.has(body))).toEqual([]);
      for (const name of [...saidAfter('intent', first), ...saidAfter('intent', failing)]) {
        expect(records.has(`unknown ${name} a`)).toBe(!records.has(`done ${name}`));
      }
      expect(verifyLedger(directory).problems).toEqual([]);
    },
  );
});

describe('a copy that cannot be written', () => {
  it.each([true, false])('is verified (with a write-ahead log: %s)', async (hasLog) => {
    const directory = temporaryFolder();
    const writer = startLedgerProcess([directory, '64', '4']);
    await writer.said('record', 100);
    writer.child.kill('SIGKILL');
    await writer.ended();
    if (!hasLog) await (await openTestLedger(directory, { init: false })).close();
    const expected = verifyLedger(directory);
    expect(expected.ok).toBe(true);
    const disk = mountSmall('30m');
    execFileSync('cp', ['-r', directory, join(disk, 'copy')]);
    execFileSync('mount', ['-o', 'remount,ro', disk]);
    expect(() => {
      mkdirSync(join(disk, 'x'));
    }).toThrow(/EROFS/);
    expect(verifyLedger(join(disk, 'copy'))).toEqual(expected);
  });
});
