import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { byTime } from '../../../audit/search/by-time.ts';
import type { TimedLeaf } from '../../../audit/search/by-time.ts';
import { countMatches } from '../../../audit/search/count.ts';
import type { Match } from '../../../audit/search/match.ts';
import { isWithin } from '../../../audit/search/query.ts';
import type { SearchQuery } from '../../../audit/search/query.ts';
import { IndexStore } from '../../../audit/search/store.ts';
import type { IndexRow } from '../../../audit/search/store.ts';

const provenance = { origin: 'test.example/one/1', keyCheck: '00' };
const blockLeaves = 1024;
const blocks = 12;
const size = blocks * blockLeaves;

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'chaperone-store-'));
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Deterministic noise from 0 to 1. */
const noise = (n: number): number => ((n * 7919) % 1009) / 1009;

/** Instants: a clock that goes on, with exchanges that took long, and one that was set back. */
const clocks: Readonly<Record<string, (leaf: number) => number>> = {
  'leaves that are nearly in order': (leaf) => 1000 + leaf - Math.floor(noise(leaf) * 40),
  'many of one instant': (leaf) => Math.floor(leaf / 700),
  'a clock that was set back twice': (leaf) => (leaf % 4096) * 3 + Math.floor(leaf / 4096),
  'stragglers of hours ago': (leaf) => (leaf % 997 === 0 ? leaf - 5000 : leaf * 2),
  'blocks that go back and share instants': (leaf) =>
    1000 - 10 * Math.floor(leaf / blockLeaves) + Math.floor(noise(leaf) * 25),
  'leaves in no order at all': (leaf) => Math.floor(noise(leaf) * 5000),
  'a record of half a year ago': (leaf) => (leaf === 3000 ? -15_000_000_000 : leaf),
};

function fill(clock: (leaf: number) => number, name: string): IndexStore {
  const store = IndexStore.create(join(folder, `${name}.sqlite`), provenance);
  for (let first = 0; first < size; first += 1500) {
    const rows: IndexRow[] = [];
    for (let leaf = first; leaf < Math.min(first + 1500, size); leaf++) {
      // Not every leaf is an event; one block has none.
      if (leaf % 10 === 3 || (leaf >= 2048 && leaf < 2900)) continue;
      const rare = leaf % 1500 === 7 ? ' rare' : '';
      const late = leaf > 9000 ? ' late' : '';
      rows.push({ leafIndex: leaf, recordedMs: clock(leaf), text: `a${rare}${late}` });
    }
    store.add({ rows, listed: [], position: Math.min(first + 1500, size), last: '' });
  }
  return store;
}

const isEvent = (leaf: number): boolean => leaf % 10 !== 3 && !(leaf >= 2048 && leaf < 2900);

const matches: readonly { match: Match; holds: (leaf: number) => boolean }[] = [
  { match: { kind: 'everything' }, holds: () => true },
  { match: { kind: 'nothing' }, holds: () => false },
  { match: { kind: 'expression', expression: 'a' }, holds: () => true },
  { match: { kind: 'expression', expression: 'rare' }, holds: (leaf) => leaf % 1500 === 7 },
  { match: { kind: 'expression', expression: 'late' }, holds: (leaf) => leaf > 9000 },
  { match: { kind: 'expression', expression: 'a NOT late' }, holds: (leaf) => leaf <= 9000 },
];

describe.each(Object.entries(clocks))('with %s', (name, clock) => {
  it('leaves come by instant, from any cursor, within any interval, each once; and are counted', () => {
    const store = fill(clock, name);
    const all = Array.from({ length: size }, (_, leafIndex) => leafIndex)
      .filter((leafIndex) => isEvent(leafIndex))
      .map((leafIndex) => ({ leafIndex, recordedMs: clock(leafIndex) }));
    const low = Math.min(...all.map(({ recordedMs }) => recordedMs));
    const high = Math.max(...all.map(({ recordedMs }) => recordedMs));
    const someInstant = fc
      .double({ min: 0, max: 1, noNaN: true })
      .map((part) => Math.floor(low + part * (high - low)));
    fc.assert(
      fc.property(
        fc.constantFrom(...matches),
        fc.constantFrom<SearchQuery['order']>('newest-first', 'oldest-first'),
        fc.option(fc.tuple(someInstant, someInstant), { nil: undefined, freq: 1 }),
        fc.option(fc.constantFrom(...all), { nil: undefined, freq: 1 }),
        fc.constantFrom(size, 9001, 5000, 1024, 1, 0),
        ({ match, holds }, order, span, cursor, end) => {
          const within = span && [{ fromMs: Math.min(...span), toMs: Math.max(...span) }];
          const after = cursor && { ...cursor, size };
          const sign = order === 'oldest-first' ? 1 : -1;
          const comes = (a: TimedLeaf, b: TimedLeaf): number =>
            sign * (a.recordedMs - b.recordedMs || a.leafIndex - b.leafIndex);
          const expected = all
            .filter(({ leafIndex }) => leafIndex < end && holds(leafIndex))
            .filter(({ recordedMs }) => within === undefined || isWithin(recordedMs, within))
            .sort(comes);
          expect(countMatches(store, match, within, end)).toBe(expected.length);
          const rest = expected.filter((leaf) => after === undefined || comes(after, leaf) < 0);
          expect([...byTime(store, match, { within, order, after }, end)]).toEqual(rest);
          const [first] = byTime(store, match, { within, order, after }, end);
          expect(first).toEqual(rest[0]);
        },
      ),
      { numRuns: 30 },
    );
    store.close();
  });

  it('instants are the same after the file was closed', () => {
    const store = fill(clock, `${name} again`);
    store.close();
    const again = IndexStore.open(join(folder, `${name} again.sqlite`), provenance);
    if (typeof again === 'string') throw new Error(again);
    for (const leaf of [0, 1, 3, 2048, 3000, 3001, 7777, size - 1]) {
      expect(again.blocks.instantOf(leaf)).toBe(isEvent(leaf) ? clock(leaf) : NaN);
    }
    again.close();
  });
});
