import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openReader, verifyLedger } from '../../../audit/ledger/index.ts';
import type { IntentHandle, Ledger } from '../../../audit/ledger/index.ts';
import { expectLedger } from '../../support/expect-ledger.ts';
import {
  appendOne,
  openTestLedger,
  record,
  temporaryFolder,
} from '../../support/temporary-ledger.ts';

const intend = (ledger: Ledger, ...bodies: [string, ...string[]]): Promise<IntentHandle> =>
  ledger.openIntent({ kind: 'intent', bodies });

describe('an intent', () => {
  it('is durable when it resolves, and open until records settle it', async () => {
    const ledger = await openTestLedger(temporaryFolder());
    const intent = await intend(ledger, '{"u":1}', '{"u":2}');
    const open = expectLedger(ledger.directory, { records: 0, openIntents: [intent.leafIndex] });
    expect(open.leaves[intent.leafIndex]).toMatchObject({ kind: 2, text: '{"u":1}\n{"u":2}' });
    await ledger.append([record('done'), record('also')], { settles: intent });
    const settled = expectLedger(ledger.directory, { records: 2, openIntents: [] });
    expect(settled.leaves.slice(2).map((leaf) => leaf.refersTo)).toEqual([1, 1]);
  });

  it('takes no body with a line break, since they are joined by one', async () => {
    const ledger = await openTestLedger(temporaryFolder());
    await expect(intend(ledger, 'a\nb')).rejects.toThrow('line break');
    await expect(intend(ledger, 'a\\nb')).resolves.toEqual({ leafIndex: 1 });
  });

  it('that was left open becomes exactly the records that it holds, at the next start', async () => {
    const directory = temporaryFolder();
    const first = await openTestLedger(directory);
    await intend(first, '{"u":"é1"}', '{"u":2}');
    const settled = await intend(first, '{"settled":true}');
    await first.append([record('done')], { settles: settled });
    await intend(first, '');
    await first.close();
    const warnings: string[] = [];
    const second = await openTestLedger(directory, {
      init: false,
      onWarning: (text) => warnings.push(text),
    });
    expect(warnings).toEqual([expect.stringContaining('2 change(s)')]);
    const seen = expectLedger(second.directory, { records: 4, openIntents: [] });
    expect(seen.leaves.slice(5)).toMatchObject([
      { kind: 1, text: '{"u":"é1"}', refersTo: 1 },
      { kind: 1, text: '{"u":2}', refersTo: 1 },
      { kind: 1, text: '', refersTo: 4 },
      { kind: 12, text: '{"intents":2,"records":3}', refersTo: undefined },
    ]);
    await second.close();
    const third = await openTestLedger(directory, { init: false });
    expectLedger(third.directory, { size: seen.size, openIntents: [] });
  });

  it('is carried into each new file, and settled there under its own index', async () => {
    const ledger = await openTestLedger(temporaryFolder(), { segmentLeaves: 8 });
    const intent = await intend(ledger, 'kept');
    for (let i = 0; i < 18; i++) await appendOne(ledger, String(i));
    const open = expectLedger(ledger.directory, { openIntents: [intent.leafIndex] });
    expect(open.files).toBe(3);
    const carried = open.leaves.filter((leaf) => leaf.kind === 3);
    expect(carried.map((leaf) => [leaf.file, leaf.index, leaf.refersTo])).toEqual([
      [2, 8, 1],
      [3, 16, 1],
    ]);
    await ledger.append([record('done')], { settles: intent });
    for (let i = 0; i < 10; i++) await appendOne(ledger, String(i));
    const settled = expectLedger(ledger.directory, { openIntents: [] });
    expect(settled.leaves.filter((leaf) => leaf.kind === 3)).toHaveLength(2);
    expect(verifyLedger(ledger.directory)).toMatchObject({ ok: true, openIntents: 0 });
  });

  it('that was carried is recovered from the new file alone', async () => {
    const directory = temporaryFolder();
    const first = await openTestLedger(directory, { segmentLeaves: 8 });
    await intend(first, 'kept a', 'kept b');
    for (let i = 0; i < 9; i++) await appendOne(first, String(i));
    await first.close();
    const second = await openTestLedger(directory);
    const seen = expectLedger(second.directory, { openIntents: [] });
    expect(seen.records.slice(-2)).toEqual(['kept a', 'kept b']);
    expect(seen.leaves.at(-2)).toMatchObject({ refersTo: 1, file: 2 });
  });
});

describe('a ledger', () => {
  type Step =
    | { readonly kind: 'append'; readonly count: number }
    | { readonly kind: 'intend' }
    | { readonly kind: 'settle'; readonly which: number }
    | { readonly kind: 'reopen' };

  const step: fc.Arbitrary<Step> = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({ kind: fc.constant('append'), count: fc.integer({ min: 1, max: 5 }) }),
    },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('intend') }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('settle'), which: fc.nat(20) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('reopen') }) },
  );

  it('is whole after any sequence of appends, intents, settlements and restarts', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 10, maxLength: 40 }),
        fc.integer({ min: 3, max: 20 }),
        async (steps, segmentLeaves) => {
          const directory = temporaryFolder();
          let ledger = await openTestLedger(directory, { segmentLeaves });
          let open: IntentHandle[] = [];
          const expected: string[] = [];
          let orphans: string[] = [];
          let name = 0;
          for (const { kind, ...step } of steps) {
            name += 1;
            if (kind === 'append') {
              const bodies = Array.from({ length: 'count' in step ? step.count : 1 }, (_, i) =>
                record(`${String(name)}.${String(i)}`),
              );
              const [head = record('none'), ...rest] = bodies;
              await ledger.append([head, ...rest]);
              expected.push(...bodies.map((one) => one.body));
            } else if (kind === 'intend') {
              open.push(await intend(ledger, `unknown ${String(name)}`));
              orphans.push(`unknown ${String(name)}`);
            } else if (kind === 'settle') {
              const which = ('which' in step ? step.which : 0) % Math.max(1, open.length);
              const settles = open[which];
              if (settles === undefined) continue;
              await ledger.append([record(`settled ${String(name)}`)], { settles });
              expected.push(`settled ${String(name)}`);
              open = open.filter((_, i) => i !== which);
              orphans = orphans.filter((_, i) => i !== which);
            } else {
              await ledger.close();
              ledger = await openTestLedger(directory, { init: false });
              expected.push(...orphans);
              open = [];
              orphans = [];
            }
          }
          const openIntents = open.map((intent) => intent.leafIndex);
          const seen = expectLedger(ledger.directory, { openIntents });
          expect(seen.records).toEqual(expected);
          const report = verifyLedger(ledger.directory);
          expect(report).toEqual({
            ok: true,
            records: expected.length,
            treeSize: seen.size,
            rootHash: seen.root,
            openIntents: open.length,
            problems: [],
          });
          const reader = openReader(ledger.directory);
          expect(
            reader.read(0, 10_000).map((leaf) => Buffer.from(leaf.body ?? []).toString()),
          ).toEqual(seen.leaves.map((leaf) => leaf.text));
          reader.close();
          await ledger.close();
        },
      ),
      { numRuns: 6 },
    );
  });
});
