/**
 * The fault matrix: every step of a commit fails once, done or not done, as a full disk or as a
 * failed one. Each row says what the caller is told; after a restart the ledger must be whole, hold
 * all that was acknowledged, and nothing twice.
 */
import { describe, expect, it, vi } from 'vitest';
import { LedgerFault, verifyLedger } from '../../../audit/ledger/index.ts';
import type { Ledger, LedgerState } from '../../../audit/ledger/index.ts';
import { expectLedger } from '../../support/expect-ledger.ts';
import type { Misbehaviour } from '../../support/faulty-writer.ts';
import {
  appendOne,
  openTestLedger,
  record,
  temporaryFolder,
} from '../../support/temporary-ledger.ts';

type Fail = NonNullable<Misbehaviour['fail']>;

const failing = (fail: Fail): { entry: URL; data: Misbehaviour } => ({
  entry: new URL('../../support/faulty-writer.ts', import.meta.url),
  data: { fail },
});

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return 'committed';
  } catch (error) {
    if (error instanceof LedgerFault) return error.code;
    throw error;
  }
}

const becomes = (ledger: Ledger, kind: LedgerState['kind']): Promise<void> =>
  new Promise((resolve) => {
    ledger.onState((state) => {
      if (state.kind === kind) resolve();
    });
  });

/** Bodies before the fault, and the ones that meet it. */
const before = ['first', 'second'];

interface Row {
  readonly step: Fail['step'];
  readonly apply: boolean;
  readonly code: string;
  readonly answered: string;
  /** Whether what met the fault is in the ledger after a restart. */
  readonly grows: boolean;
}

const io = 'SQLITE_IOERR_FSYNC';
const full = 'SQLITE_FULL';
const steps: readonly Fail['step'][] = ['begin', 'leaf', 'body', 'intent', 'tree'];
const rows: readonly Row[] = [
  ...steps.flatMap((step) =>
    [false, true].flatMap((apply): Row[] => [
      { step, apply, code: io, answered: 'LEDGER_IO', grows: false },
      { step, apply, code: full, answered: 'LEDGER_FULL', grows: false },
    ]),
  ),
  { step: 'commit', apply: false, code: io, answered: 'LEDGER_IO', grows: false },
  { step: 'commit', apply: true, code: io, answered: 'LEDGER_IO', grows: true },
  { step: 'commit', apply: false, code: full, answered: 'LEDGER_FULL', grows: false },
  // "Full, but done" cannot be at COMMIT: SQLite says FULL only before it has written all of it.
  { step: 'head', apply: false, code: io, answered: 'LEDGER_IO', grows: true },
  { step: 'head', apply: true, code: io, answered: 'LEDGER_IO', grows: true },
  { step: 'head', apply: false, code: 'ENOSPC', answered: 'committed', grows: true },
  { step: 'head', apply: true, code: 'ENOSPC', answered: 'committed', grows: true },
];

describe('a disk that fails', () => {
  it.each(rows)(
    'at $step (done: $apply) with $code: answered $answered, ledger grows: $grows',
    async ({ step, apply, code, answered, grows }) => {
      const directory = temporaryFolder();
      // `before` is two appends and an intent, in transactions of their own.
      const after = {
        begin: 3,
        leaf: 3,
        body: 3,
        intent: 1,
        tree: 3,
        commit: 3,
        head: 3,
        create: 0,
      };
      const writer = failing({ step, apply, code, after: after[step], times: 1 });
      const ledger = await openTestLedger(directory, { writer });
      for (const body of before) await appendOne(ledger, body);
      const settles = await ledger.openIntent({ kind: 'intent', bodies: ['unknown'] });
      const told = await codeOf(ledger.append([record('met')], { settles }));
      expect(told).toBe(answered);
      if (answered === 'LEDGER_IO') {
        expect(ledger.state).toMatchObject({ kind: 'failed', fault: { fatal: true } });
        expect(ledger.admits()).toBe(false);
        expect(await codeOf(appendOne(ledger, 'refused'))).toBe('LEDGER_IO');
      }
      if (answered === 'LEDGER_FULL') {
        expect(ledger.state.kind).toBe('full');
        expect(ledger.admits()).toBe(false);
        await becomes(ledger, 'ready');
        expect(ledger.admits()).toBe(true);
      }
      await ledger.close();

      const restarted = await openTestLedger(directory, { init: false });
      // The intent is settled by what met the fault, or by recovery: by one of them.
      const last = grows ? ['met'] : ['unknown'];
      const seen = expectLedger(restarted.directory, { openIntents: [] });
      expect(seen.records).toEqual([...before, ...last]);
      expect(verifyLedger(directory)).toMatchObject({ ok: true, records: 3 });
      await appendOne(restarted, 'goes on');
      expectLedger(restarted.directory, { records: 4 });
    },
  );

  it.each([
    [io, false, 'LEDGER_IO'],
    [io, true, 'LEDGER_IO'],
    [full, false, 'LEDGER_FULL'],
    [full, true, 'LEDGER_FULL'],
  ])('while it makes the next file (%s, done: %s): answered %s', async (code, apply, answered) => {
    const directory = temporaryFolder();
    const writer = failing({ step: 'create', apply, code, after: 0, times: 1 });
    const ledger = await openTestLedger(directory, { segmentLeaves: 4, writer });
    const intent = await ledger.openIntent({ kind: 'intent', bodies: ['unknown'] });
    for (const body of before) await appendOne(ledger, body);
    expect(await codeOf(appendOne(ledger, 'met'))).toBe(answered);
    if (answered === 'LEDGER_FULL') {
      await becomes(ledger, 'ready');
      await ledger.append([record('known')], { settles: intent });
      expectLedger(ledger.directory, { records: 3, openIntents: [] });
    }
    await ledger.close();
    const restarted = await openTestLedger(directory, { init: false });
    const seen = expectLedger(restarted.directory, { openIntents: [] });
    expect(seen.records).toEqual([...before, answered === 'LEDGER_FULL' ? 'known' : 'unknown']);
    expect(seen.files).toBe(2);
    expect(verifyLedger(directory).ok).toBe(true);
  });

  it('fails every append that waits, and tells once of the change of state', async () => {
    const writer = failing({ step: 'commit', apply: false, code: io, after: 0 });
    const ledger = await openTestLedger(temporaryFolder(), { writer });
    const states: string[] = [];
    ledger.onState((state) => states.push(state.kind));
    const codes = await Promise.all(
      Array.from({ length: 20 }, (_, i) => codeOf(appendOne(ledger, String(i)))),
    );
    expect(new Set(codes)).toEqual(new Set(['LEDGER_IO']));
    expect(states).toEqual(['failed']);
    expect(ledger.load.bytes).toBe(0);
  });

  it('writes nothing more after it failed, not even what had reached the writer by then', async () => {
    const directory = temporaryFolder();
    const gate = new SharedArrayBuffer(8);
    const fail: Fail = { step: 'head', apply: true, code: io, after: 0, times: 1 };
    const entry = new URL('../../support/faulty-writer.ts', import.meta.url);
    const ledger = await openTestLedger(directory, { writer: { entry, data: { gate, fail } } });
    const first = codeOf(appendOne(ledger, 'a'));
    // The writer is in the middle of this commit when the next append reaches it.
    await vi.waitUntil(() => Atomics.load(new Int32Array(gate), 1) === 1);
    const second = codeOf(appendOne(ledger, 'b'));
    await new Promise((resolve) => setImmediate(resolve));
    Atomics.store(new Int32Array(gate), 0, 1);
    Atomics.notify(new Int32Array(gate), 0);
    expect([await first, await second]).toEqual(['LEDGER_IO', 'LEDGER_IO']);
    await ledger.close();
    const restarted = await openTestLedger(directory, { init: false });
    expect(expectLedger(restarted.directory).records).toEqual(['a']);
  });

  it('takes appends again after a full disk has room, and loses none that it acknowledged', async () => {
    const directory = temporaryFolder();
    const writer = failing({ step: 'commit', apply: false, code: full, after: 1, times: 1 });
    const ledger = await openTestLedger(directory, { writer });
    const states: string[] = [];
    ledger.onState((state) => states.push(state.kind));
    await appendOne(ledger, 'a');
    const ready = becomes(ledger, 'ready');
    expect(await codeOf(appendOne(ledger, 'b'))).toBe('LEDGER_FULL');
    expect(await codeOf(appendOne(ledger, 'c'))).toBe('LEDGER_FULL');
    await ready;
    await appendOne(ledger, 'd');
    expect(states).toEqual(['full', 'ready']);
    expect(expectLedger(ledger.directory, { openIntents: [] }).records).toEqual(['a', 'd']);
  });

  it('fails what waits when the writer thread itself ends', async () => {
    const writer = failing({ step: 'leaf', apply: false, code: 'EXIT', after: 0 });
    const ledger = await openTestLedger(temporaryFolder(), { writer });
    expect(await codeOf(appendOne(ledger, 'x'))).toBe('LEDGER_IO');
    expect(ledger.state).toMatchObject({ kind: 'failed', fault: { fatal: true } });
    await ledger.close();
    expect(await codeOf(appendOne(ledger, 'y'))).toBe('LEDGER_IO');
  });
});
