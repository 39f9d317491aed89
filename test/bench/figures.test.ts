/** The arithmetic of the benchmark. */
import { describe, expect, it } from 'vitest';
import {
  pairedRatio,
  perCpuSecond,
  perSecond,
  percentile,
  seededRandom,
  shuffled,
  spread,
  summarise,
} from '../../bench/figures.ts';
import type { RoundFigures } from '../../bench/figures.ts';

function figures(round: number, requests: number, cpuSeconds: number): RoundFigures {
  return {
    round,
    requests,
    cpuSeconds,
    threads: [{ name: 'MainThread', user: cpuSeconds, system: 0 }],
    elapsedMs: 2_000,
    p50Ms: 1,
    p99Ms: 2,
    helperShare: 0.5,
    settled: true,
  };
}

describe('the figures of one round', () => {
  it('count requests per CPU-second and per second of wall clock', () => {
    expect(perCpuSecond(figures(1, 9_000, 1.5))).toBe(6_000);
    expect(perSecond(figures(1, 9_000, 1.5))).toBe(4_500);
  });

  it('are no number when no CPU time was seen', () => {
    expect(perCpuSecond(figures(1, 9_000, 0))).toBeNaN();
  });
});

describe('a spread', () => {
  it('has the middle value, or the mean of the middle two', () => {
    expect(spread([9, 1, 4])).toEqual({ median: 4, min: 1, max: 9 });
    expect(spread([9, 1, 4, 6])).toEqual({ median: 5, min: 1, max: 9 });
  });

  it('of nothing is no number', () => {
    expect(spread([]).median).toBeNaN();
  });
});

describe('a percentile', () => {
  it('is the nearest rank', () => {
    const hundred = Array.from({ length: 100 }, (_, index) => index + 1);
    expect(percentile(hundred, 50)).toBe(50);
    expect(percentile(hundred, 99)).toBe(99);
    expect(percentile([7], 99)).toBe(7);
    expect(percentile([], 99)).toBeNaN();
  });
});

describe('a ratio of two legs', () => {
  it('is taken within each round, so that a slow round of the machine does not tilt it', () => {
    const base = [figures(1, 1_000, 1), figures(2, 1_000, 4), figures(3, 1_000, 1)];
    const leg = [figures(1, 500, 1), figures(2, 500, 4), figures(3, 600, 1)];
    expect(pairedRatio(leg, base, perCpuSecond)).toEqual({ median: 0.5, min: 0.5, max: 0.6 });
  });

  it('leaves out a round that one of them lacks', () => {
    const base = [figures(1, 1_000, 1)];
    const leg = [figures(1, 500, 1), figures(2, 1_000_000, 1)];
    expect(pairedRatio(leg, base, perCpuSecond).max).toBe(0.5);
    expect(pairedRatio(leg, [], perCpuSecond).median).toBeNaN();
  });
});

describe('a summary', () => {
  it('adds requests and counts rounds in which the leg was still working', () => {
    const summary = summarise('x', [
      figures(1, 10, 1),
      { ...figures(2, 20, 1), settled: false, foreignShare: 0.25 },
    ]);
    expect(summary.requests).toBe(30);
    expect(summary.unsettledRounds).toBe(1);
    expect(summary.threads).toEqual([{ name: 'MainThread', user: 2, system: 0 }]);
    expect(summary.foreignShare?.median).toBe(0.25);
    expect(summary.cpuMicrosPerRequest).toEqual({ median: 75_000, min: 50_000, max: 100_000 });
  });
});

describe('the order of the legs', () => {
  const legs = ['a', 'b', 'c', 'd', 'e', 'f'];
  const orders = (seed: number): readonly string[] => {
    const random = seededRandom(seed);
    return Array.from({ length: 20 }, () => shuffled(legs, random).join(' '));
  };

  it('is the same for the same seed and another for another', () => {
    expect(orders(1)).toEqual(orders(1));
    expect(orders(1)).not.toEqual(orders(2));
  });

  it('changes from round to round and keeps every leg', () => {
    expect(new Set(orders(1)).size).toBeGreaterThan(10);
    for (const order of orders(1)) expect(order.split(' ').sort()).toEqual(legs);
  });
});
