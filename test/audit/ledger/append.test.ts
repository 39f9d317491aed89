import { statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { LedgerFault, openReader } from '../../../audit/ledger/index.ts';
import type { Receipts } from '../../../audit/ledger/index.ts';
import { expectLedger } from '../../support/expect-ledger.ts';
import {
  appendOne,
  openTestLedger,
  record,
  temporaryFolder,
} from '../../support/temporary-ledger.ts';

/** The fault that a promise rejects with. */
async function faultOf(promise: Promise<unknown>): Promise<LedgerFault> {
  const fault: unknown = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (fault instanceof LedgerFault) return fault;
  throw new Error('there was no LedgerFault');
}

const indexes = (receipts: Receipts): number[] => receipts.map((receipt) => receipt.leafIndex);

/** A writer whose commits wait until the gate is opened. */
function gated(): { writer: { entry: URL; data: unknown }; openGate: () => void } {
  const gate = new SharedArrayBuffer(8);
  const openGate = (): void => {
    Atomics.store(new Int32Array(gate), 0, 1);
    Atomics.notify(new Int32Array(gate), 0);
  };
  const entry = new URL('../../support/faulty-writer.ts', import.meta.url);
  return { writer: { entry, data: { gate } }, openGate };
}

describe('an append', () => {
  it('is in the ledger, byte for byte, once it has resolved', async () => {
    const ledger = await openTestLedger(temporaryFolder());
    const bodies = ['{"a":1}', '{"name":"Zoë \u{1F600}"}', '', '  {"b": 1.50}\n', '\ud800 alone'];
    for (const body of bodies) await appendOne(ledger, body);
    const seen = expectLedger(ledger.directory, { size: 6, records: 5, openIntents: [] });
    expect(seen.records).toEqual([...bodies.slice(0, 4), '\ufffd alone']);
  });

  it('gives one receipt for each record, in order', async () => {
    const ledger = await openTestLedger(temporaryFolder());
    const receipts = await ledger.append([record('a'), record('b'), record('c')]);
    expect(indexes(receipts)).toEqual([1, 2, 3]);
    expect(ledger.size).toBe(4);
  });

  it('keeps the order of posting under concurrency', async () => {
    const ledger = await openTestLedger(temporaryFolder(), { segmentLeaves: 64 });
    const numbers = await Promise.all(
      Array.from({ length: 300 }, (_, i) => appendOne(ledger, `record ${String(i)}`)),
    );
    expect([...numbers].sort((a, b) => a - b)).toEqual(numbers);
    const seen = expectLedger(ledger.directory, { records: 300 });
    numbers.forEach((leafIndex, i) => {
      expect(seen.leaves[leafIndex]?.text).toBe(`record ${String(i)}`);
    });
  });

  it('of two thousand records is one transaction in one file', async () => {
    const ledger = await openTestLedger(temporaryFolder(), { segmentLeaves: 64 });
    const [first, ...rest] = Array.from({ length: 2000 }, (_, i) => record(`r${String(i)}`));
    if (first === undefined) throw new Error('no record');
    const sizes: number[] = [];
    ledger.onCommit((size) => sizes.push(size));
    await ledger.append([first, ...rest]);
    await appendOne(ledger, 'after');
    expect(sizes).toEqual([2001, 2002]);
    const seen = expectLedger(ledger.directory, { records: 2001 });
    expect(seen.leaves.map((leaf) => leaf.file)).toEqual([
      ...Array<number>(2001).fill(1),
      2, // the exchange began in file 1, which took all of it
    ]);
  });

  it('does not let the write-ahead log grow for ever', async () => {
    const ledger = await openTestLedger(temporaryFolder(), { queueBytes: 64 * 1024 * 1024 });
    const megabyte = 1024 * 1024;
    for (let i = 0; i < 12; i++) {
      await Promise.all(
        Array.from({ length: 8 }, () => appendOne(ledger, 'x'.repeat(megabyte / 8))),
      );
    }
    const { size } = statSync(join(ledger.directory, 'leaves-000001.db-wal'));
    expect(size).toBeGreaterThan(0);
    expect(size).toBeLessThan(6 * megabyte);
  });

  it('tells its size to those who follow, until they stop', async () => {
    const ledger = await openTestLedger(temporaryFolder());
    const sizes: number[] = [];
    const stop = ledger.onCommit((size) => sizes.push(size));
    await appendOne(ledger, 'a');
    await appendOne(ledger, 'b');
    stop();
    await appendOne(ledger, 'c');
    expect(sizes).toEqual([2, 3]);
    expect(ledger.size).toBe(4);
  });

  it('is refused after close, and what was posted before is kept', async () => {
    const directory = temporaryFolder();
    const ledger = await openTestLedger(directory);
    const posted = ledger.append([record('before')]);
    const closed = ledger.close();
    expect((await faultOf(ledger.append([record('after')]))).code).toBe('LEDGER_CLOSED');
    expect(ledger.admits()).toBe(false);
    await closed;
    expect(indexes(await posted)).toEqual([1]);
    expect(expectLedger(ledger.directory).records).toEqual(['before']);
  });
});

describe('the queue', () => {
  it('admits no new exchange above its bound, takes outcomes up to twice as much, then nothing', async () => {
    const { writer, openGate } = gated();
    const ledger = await openTestLedger(temporaryFolder(), { queueBytes: 1000, writer });
    expect(ledger.admits()).toBe(true);
    const first = ledger.append([record('x'.repeat(1000))]);
    expect(ledger.admits()).toBe(true);
    const second = ledger.append([record('x'.repeat(500))]);
    expect(ledger.load.bytes).toBe(1500);
    expect(ledger.admits()).toBe(false);
    const third = ledger.append([record('x'.repeat(500))]);
    const fault = await faultOf(ledger.append([record('x')]));
    expect(fault.code).toBe('LEDGER_QUEUE_FULL');
    expect(fault.fatal).toBe(false);
    openGate();
    await Promise.all([first, second, third]);
    expect(ledger.load).toEqual({ bytes: 0, ageMs: 0 });
    expect(ledger.admits()).toBe(true);
    await appendOne(ledger, 'x');
    expectLedger(ledger.directory, { records: 4 });
  });

  it('counts bytes of UTF-8, not characters', async () => {
    const ledger = await openTestLedger(temporaryFolder());
    const posted = ledger.append([record('é'.repeat(10))]);
    expect(ledger.load.bytes).toBe(20);
    await posted;
  });

  it('takes one append that is larger than the whole queue when it is empty', async () => {
    const ledger = await openTestLedger(temporaryFolder(), { queueBytes: 10 });
    expect(await appendOne(ledger, 'x'.repeat(1000))).toBe(1);
  });

  it('admits no new exchange once the oldest append has waited for half of its time', async () => {
    const { writer, openGate } = gated();
    const ledger = await openTestLedger(temporaryFolder(), { appendTimeoutMs: 1000, writer });
    const posted = ledger.append([record('x')], { timeoutMs: 60_000 });
    expect(ledger.admits()).toBe(true);
    await vi.waitUntil(() => ledger.load.ageMs > 500, { timeout: 10_000 });
    expect(ledger.admits()).toBe(false);
    openGate();
    await posted;
    expect(ledger.admits()).toBe(true);
  });
});

describe('an append that takes too long', () => {
  it('is given up on, and tells later that it was committed after all', async () => {
    const { writer, openGate } = gated();
    const ledger = await openTestLedger(temporaryFolder(), { writer });
    const fault = await faultOf(ledger.append([record('late')], { timeoutMs: 50 }));
    expect(fault.code).toBe('LEDGER_APPEND_TIMEOUT');
    expect(fault.fatal).toBe(false);
    expect(ledger.size).toBe(1);
    openGate();
    if (fault.late === undefined) throw new Error('no late promise');
    expect(indexes(await fault.late)).toEqual([1]);
    expectLedger(ledger.directory, { records: 1 });
  });

  it('is given up on by the default of the ledger', async () => {
    const { writer, openGate } = gated();
    const ledger = await openTestLedger(temporaryFolder(), { appendTimeoutMs: 50, writer });
    const intent = ledger.openIntent({ kind: 'intent', bodies: ['{}'] });
    expect((await faultOf(intent)).code).toBe('LEDGER_APPEND_TIMEOUT');
    openGate();
  });
});

describe('the time of a leaf', () => {
  it('is that of the clock that was passed in', async () => {
    const start = Date.parse('2026-03-01T12:00:00Z');
    const ledger = await openTestLedger(temporaryFolder(), { clock: () => new Date(start) });
    await appendOne(ledger, 'a');
    const times = expectLedger(ledger.directory).leaves.map((leaf) => leaf.committedMs - start);
    for (const time of times) {
      expect(time).toBeGreaterThanOrEqual(0);
      // What passed on the monotonic clock between posting and writing is added.
      expect(time).toBeLessThan(60_000);
    }
  });

  it('never goes back; a step backwards has a leaf of its own, once', async () => {
    let now = Date.parse('2026-03-01T12:00:00Z');
    const ledger = await openTestLedger(temporaryFolder(), { clock: () => new Date(now) });
    await appendOne(ledger, 'a');
    now -= 3_600_000;
    await appendOne(ledger, 'b');
    await appendOne(ledger, 'c');
    const { leaves } = expectLedger(ledger.directory, { size: 5 });
    expect(leaves.map((leaf) => leaf.kind)).toEqual([8, 1, 9, 1, 1]);
    const step = JSON.parse(leaves[2]?.text ?? '') as { beforeMs: number; afterMs: number };
    expect(step.beforeMs - step.afterMs).toBeGreaterThan(3_000_000);
    expect(leaves[4]?.committedMs).toBe(leaves[1]?.committedMs);
  });

  it('has no leaf for a small correction of the clock', async () => {
    let now = Date.parse('2026-03-01T12:00:00Z');
    const ledger = await openTestLedger(temporaryFolder(), { clock: () => new Date(now) });
    await appendOne(ledger, 'a');
    now -= 500;
    await appendOne(ledger, 'b');
    expectLedger(ledger.directory, { size: 3 });
  });
});

describe('a reader', () => {
  it('follows the writer over its files while it writes', async () => {
    const ledger = await openTestLedger(temporaryFolder(), { segmentLeaves: 8 });
    const reader = openReader(ledger.directory);
    const seen: string[] = [];
    let next = 0;
    for (let i = 0; i < 60; i++) {
      await appendOne(ledger, `r${String(i)}`);
      expect(reader.size()).toBe(ledger.size);
      for (const leaf of reader.read(next, 3)) {
        expect(leaf.leafIndex).toBe(next);
        next += 1;
        if (leaf.kind === 'record') seen.push(Buffer.from(leaf.body ?? []).toString());
      }
    }
    expect(next).toBe(61);
    expect(seen).toEqual(Array.from({ length: 60 }, (_, i) => `r${String(i)}`));
    reader.close();
  });

  it('reads any range and any leaf, old files included, and nothing beyond the end', async () => {
    const ledger = await openTestLedger(temporaryFolder(), { segmentLeaves: 8 });
    for (let i = 1; i <= 99; i++) await appendOne(ledger, String(i));
    const reader = openReader(ledger.directory);
    const text = (first: number, limit: number): string =>
      reader
        .read(first, limit)
        .map((leaf) => Buffer.from(leaf.body ?? []).toString())
        .join();
    expect(text(6, 5)).toBe('6,7,8,9,10');
    expect(text(97, 50)).toBe('97,98,99');
    expect(text(1, 1)).toBe('1');
    expect(reader.read(0, 1000).map((leaf) => leaf.leafIndex)).toEqual(
      Array.from({ length: 100 }, (_, i) => i),
    );
    for (const i of [1, 8, 50, 16, 99]) {
      expect(Buffer.from(reader.readOne(i)?.body ?? []).toString()).toBe(String(i));
    }
    expect(reader.read(100, 10)).toEqual([]);
    expect(reader.readOne(100)).toBeUndefined();
    reader.close();
  });

  it('is refused where there is no ledger', () => {
    expect(() => openReader(temporaryFolder())).toThrow(
      expect.objectContaining({ code: 'LEDGER_MISSING' }) as Error,
    );
  });
});
