/** The benchmark of the search, at a size that a test can afford. */
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../../bench/options.ts';
import { askAll } from '../../../bench/search/ask.ts';
import { buildIndex, buildLedger } from '../../../bench/search/build.ts';
import { eventMaker } from '../../../bench/search/events.ts';
import { parseSearchOptions } from '../../../bench/search/options.ts';
import { resultText } from '../../../bench/search/table.ts';
import { temporaryFolder } from '../../support/temporary-ledger.ts';

describe('the benchmark of the search', () => {
  it('builds, asks every question, and finds what it asks about', async () => {
    const directory = temporaryFolder();
    const origin = 'bench.example.org/test';
    await buildLedger(directory, origin, 400);
    const built = buildIndex(directory, origin, () => undefined);
    expect(built.bytesPerEvent).toBeGreaterThan(10);
    const asked = await askAll({ directory, origin, events: 400, runs: 4 });
    expect(asked.filter(({ isUsual }) => isUsual)).toHaveLength(10);
    expect(asked.filter(({ wrong }) => wrong > 0)).toEqual([]);
    expect(asked.find(({ name }) => name === 'count: all')?.found).toBe(400);
    expect(resultText({ events: 400, built, asked })).toContain('* who saw patient X');
  });

  it('makes the same events again', () => {
    const one = eventMaker(100);
    const two = eventMaker(100);
    const texts = Array.from({ length: 50 }, (_, n) => one(n).text);
    expect(Array.from({ length: 50 }, (_, n) => two(n).text)).toEqual(texts);
    expect(new Set(texts).size).toBe(50);
  });

  it('takes what is said on its command line, and nothing else', () => {
    expect(parseSearchOptions([])).toMatchObject({ events: 1_000_000, reuse: false });
    expect(parseSearchOptions(['--events', '500', '--json'])).toMatchObject({ events: 500 });
    expect(parseSearchOptions(['--help'])).toBeUndefined();
    for (const bad of [['--events', '1'], ['--runs', 'x'], ['--size', '3'], ['rest']]) {
      expect(() => parseSearchOptions(bad), bad.join(' ')).toThrow(UsageError);
    }
  });
});
