import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { intersect, parseDateValue, unite } from '../../../audit/search/date.ts';
import { isWithin } from '../../../audit/search/query.ts';
import type { Interval } from '../../../audit/search/query.ts';

const at = (text: string): number => Date.parse(text);
const matches = (value: string, instant: string): boolean => {
  const within = parseDateValue(value);
  if (within === undefined) throw new Error(`bad value ${value}`);
  return isWithin(at(instant), within);
};

describe('a date value', () => {
  it.each([
    ['2026', '2026-01-01T00:00:00.000Z', '2026-12-31T23:59:59.999Z'],
    ['2026-02', '2026-02-01T00:00:00.000Z', '2026-02-28T23:59:59.999Z'],
    ['2026-12', '2026-12-01T00:00:00.000Z', '2026-12-31T23:59:59.999Z'],
    ['2024-02-29', '2024-02-29T00:00:00.000Z', '2024-02-29T23:59:59.999Z'],
    ['2026-03-01T10:20', '2026-03-01T10:20:00.000Z', '2026-03-01T10:20:59.999Z'],
    ['2026-03-01T10:20:30', '2026-03-01T10:20:30.000Z', '2026-03-01T10:20:30.999Z'],
    ['2026-03-01T10:20:30.5', '2026-03-01T10:20:30.500Z', '2026-03-01T10:20:30.599Z'],
    ['2026-03-01T10:20:30.512', '2026-03-01T10:20:30.512Z', '2026-03-01T10:20:30.512Z'],
    ['2026-03-01T10:20:30+02:00', '2026-03-01T08:20:30.000Z', '2026-03-01T08:20:30.999Z'],
    ['2026-03-01T10:20:30-05:30', '2026-03-01T15:50:30.000Z', '2026-03-01T15:50:30.999Z'],
    // A plus sign that was not percent-encoded.
    ['2026-03-01T10:20:30 02:00', '2026-03-01T08:20:30.000Z', '2026-03-01T08:20:30.999Z'],
  ])('%s spans its whole precision', (value, first, last) => {
    expect(parseDateValue(value)).toEqual([{ fromMs: at(first), toMs: at(last) }]);
  });

  it.each([
    ['eq2026-03-01', [false, true, true, false]],
    ['ne2026-03-01', [true, false, false, true]],
    ['lt2026-03-01', [true, false, false, false]],
    ['eb2026-03-01', [true, false, false, false]],
    ['gt2026-03-01', [false, false, false, true]],
    ['sa2026-03-01', [false, false, false, true]],
    ['le2026-03-01', [true, true, true, false]],
    ['ge2026-03-01', [false, true, true, true]],
  ])('%s compares with the span', (value, expected) => {
    const instants = [
      '2026-02-28T23:59:59.999Z',
      '2026-03-01T00:00:00.000Z',
      '2026-03-01T23:59:59.999Z',
      '2026-03-02T00:00:00.000Z',
    ];
    expect(instants.map((instant) => matches(value, instant))).toEqual(expected);
  });

  it.each([
    '',
    'ge',
    'ap2026-03-01',
    'xx2026',
    '26-03-01',
    '2026-13',
    '2026-02-30',
    '2026-3-1',
    '2026-03-01T10',
    '2026-03-01T24:00',
    '2026-03-01T10:60',
    '2026-03-01T10:00:60Z',
    '2026-03-01T10:00:00.1234Z',
    '2026-03-01T10:00:00+15:00',
    '2026-03-01Z',
    '2026-03-01; drop',
  ])('%j is bad', (value) => {
    expect(parseDateValue(value)).toBeUndefined();
  });

  it('finds the instant that it spells, to the millisecond', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_000_000_000_000 }), (ms) => {
        const text = new Date(ms).toISOString();
        expect(parseDateValue(text)).toEqual([{ fromMs: ms, toMs: ms }]);
        expect(parseDateValue(`ne${text}`)?.some((i) => isWithin(ms, [i]))).toBe(false);
      }),
    );
  });
});

describe('sets of instants', () => {
  const interval = fc
    .tuple(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 0, max: 8 }))
    .map(([fromMs, length]): Interval => ({ fromMs, toMs: fromMs + length }));
  const instants = Array.from({ length: 45 }, (_, i) => i - 2);

  it('unite to what lies in any, sorted and disjoint', () => {
    fc.assert(
      fc.property(fc.array(interval), (list) => {
        const united = unite(list);
        for (const ms of instants) expect(isWithin(ms, united)).toBe(isWithin(ms, list));
        united.slice(1).forEach((next, i) => {
          expect(next.fromMs).toBeGreaterThan((united[i]?.toMs ?? Infinity) + 1);
        });
      }),
    );
  });

  it('intersect to what lies in both', () => {
    fc.assert(
      fc.property(fc.array(interval), fc.array(interval), (a, b) => {
        const both = intersect(unite(a), unite(b));
        for (const ms of instants) {
          expect(isWithin(ms, both)).toBe(isWithin(ms, a) && isWithin(ms, b));
        }
      }),
    );
  });
});
