/** Scales and tick marks of the sample app's chart. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pageModule } from './page-module.ts';

interface Scale {
  place(value: number): number;
}
const { bounds, linear, monthTicks, ticks } = await pageModule<{
  readonly bounds: (values: readonly number[], step: number) => readonly [number, number];
  readonly linear: (least: number, most: number, from: number, to: number) => Scale;
  readonly monthTicks: (from: Date, to: Date, most: number) => readonly Date[];
  readonly ticks: (least: number, most: number, step: number) => readonly number[];
}>('scale');

describe('a linear scale', () => {
  it('places the ends at the ends, also backwards', () => {
    const scale = linear(60, 160, 300, 0);
    expect([60, 110, 160].map((value) => scale.place(value))).toEqual([300, 150, 0]);
  });

  it('places everything in the middle when there is one value only', () => {
    expect(linear(7, 7, 0, 100).place(7)).toBe(50);
  });
});

describe('bounds', () => {
  it('hold every value, on round numbers', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 20, max: 300 }), { minLength: 1 }), (values) => {
        const [least, most] = bounds(values, 20);
        expect(least).toBeLessThan(Math.min(...values));
        expect(most).toBeGreaterThan(Math.max(...values));
        expect([Math.abs(least % 20), most % 20]).toEqual([0, 0]);
      }),
    );
  });

  it('exist without values', () => {
    expect(bounds([], 20)).toEqual([0, 20]);
  });
});

describe('ticks', () => {
  it('are the multiples within the bounds', () => {
    expect(ticks(50, 110, 20)).toEqual([60, 80, 100]);
    expect(ticks(61, 79, 20)).toEqual([]);
  });

  it('of time are starts of months, no more than fit', () => {
    const days = { min: new Date('2000-01-01'), max: new Date('2030-12-31'), noInvalidDate: true };
    fc.assert(
      fc.property(fc.date(days), fc.date(days), (one, other) => {
        const [from, to] = one < other ? [one, other] : [other, one];
        const found = monthTicks(from, to, 8);
        expect(found.length).toBeLessThanOrEqual(9);
        for (const at of found) {
          expect(at.toISOString()).toMatch(/-01T00:00:00\.000Z$/);
          expect(at >= from && at <= to).toBe(true);
        }
      }),
    );
    const marks = monthTicks(new Date('2024-11-05'), new Date('2026-11-25'), 8);
    expect(marks.map((at) => at.toISOString().slice(0, 7))).toEqual([
      '2025-01',
      '2025-07',
      '2026-01',
      '2026-07',
    ]);
  });
});
