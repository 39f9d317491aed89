import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isWithin } from '../../../audit/search/query.ts';
import { IndexStore } from '../../../audit/search/store.ts';
import type { IndexRow } from '../../../audit/search/store.ts';

const provenance = { origin: 'test.example/one/1', keyCheck: '00' };
const blockLeaves = 1024;

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'chaperone-store-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** A few leaves here and there in five blocks, instants in any order. */
const someRows = fc
  .uniqueArray(
    fc.record({
      leafIndex: fc
        .tuple(
          fc.integer({ min: 0, max: 4 }),
          fc.constantFrom(0, 1, 500, blockLeaves - 2, blockLeaves - 1),
        )
        .map(([block, offset]) => block * blockLeaves + offset),
      recordedMs: fc.integer({ min: 0, max: 20 }),
    }),
    { selector: (row) => row.leafIndex, maxLength: 25 },
  )
  .map((rows): readonly IndexRow[] =>
    [...rows]
      .sort((a, b) => a.leafIndex - b.leafIndex)
      .map((row) => ({ ...row, tokens: ['00ff00ff00ff00ff'] })),
  );

const someIntervals = fc.array(
  fc
    .tuple(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 4 }))
    .map(([fromMs, length]) => ({ fromMs, toMs: fromMs + length })),
  { maxLength: 2 },
);

describe('ranges of leaves for instants', () => {
  it('hold every leaf that matches, and no block without an instant in reach', () => {
    let turn = 0;
    fc.assert(
      fc.property(
        someRows,
        fc.integer({ min: 1, max: 3 }),
        someIntervals,
        fc.integer({ min: 0, max: 5 * blockLeaves }),
        (rows, batches, within, end) => {
          const store = IndexStore.create(join(folder, `${String(turn++)}.sqlite`), provenance);
          const step = Math.ceil(rows.length / batches);
          for (let i = 0; i < rows.length; i += Math.max(1, step)) {
            store.add(rows.slice(i, i + step), (rows[i]?.leafIndex ?? 0) + 1, '');
          }
          const ranges = store.ranges(within, end);
          store.close();
          const covered = (leaf: number): boolean =>
            ranges.some((range) => range.low <= leaf && leaf <= range.high);
          for (const { leafIndex, recordedMs } of rows) {
            if (leafIndex < end && isWithin(recordedMs, within)) {
              expect(covered(leafIndex)).toBe(true);
            }
          }
          expect(covered(end)).toBe(false);
          for (let block = 0; block < 5; block++) {
            const instants = rows
              .filter((row) => Math.floor(row.leafIndex / blockLeaves) === block)
              .map((row) => row.recordedMs);
            const reach = { fromMs: Math.min(...instants), toMs: Math.max(...instants) };
            const near = within.some((i) => i.fromMs <= reach.toMs && reach.fromMs <= i.toMs);
            if (!near) expect(covered(block * blockLeaves)).toBe(false);
          }
          const lows = ranges.map((range) => range.low);
          expect(lows).toEqual([...lows].sort((a, b) => b - a));
        },
      ),
      { numRuns: 40 },
    );
  });
});
