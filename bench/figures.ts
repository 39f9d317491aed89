/**
 * The arithmetic of the benchmark: medians, percentiles, paired ratios and the seeded order. Pure.
 *
 * Ratios are taken within a round (both legs saw the same machine in the same seconds) and only then
 * reduced to a median, so that a slow minute of a shared machine does not tilt the comparison.
 */

import type { ThreadSeconds } from './cpu.ts';

/** What one leg did in one round of one case. */
export interface RoundFigures {
  readonly round: number;
  /** Complete, correct answers within the measured window. */
  readonly requests: number;
  /** Length of the window as the load generator saw it. */
  readonly elapsedMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** CPU seconds of the process under test, all threads, until it was quiet again. */
  readonly cpuSeconds: number;
  /** The same by name of thread. */
  readonly threads: readonly ThreadSeconds[];
  /** Share of the tested core that other work took (0 to 1); absent when nothing is pinned. */
  readonly foreignShare?: number;
  /** Share of the window in which upstream and load generator were busy (1: one core full). */
  readonly helperShare: number;
  /** Whether the process under test was quiet again within the time allowed. */
  readonly settled: boolean;
}

/** A median with the range it came from. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** The figures of one leg over all rounds of one case. */
export interface LegSummary {
  readonly leg: string;
  readonly requests: number;
  readonly perSecond: Spread;
  readonly p50Ms: Spread;
  readonly p99Ms: Spread;
  readonly perCpuSecond: Spread;
  readonly cpuMicrosPerRequest: Spread;
  readonly foreignShare: Spread | undefined;
  readonly helperShare: Spread;
  readonly unsettledRounds: number;
  /** CPU seconds by name of thread, all rounds together, the busiest first. */
  readonly threads: readonly ThreadSeconds[];
}

/** Requests per CPU-second of the process under test. */
export function perCpuSecond(figures: RoundFigures): number {
  return figures.cpuSeconds > 0 ? figures.requests / figures.cpuSeconds : Number.NaN;
}

/** Requests per second of wall clock. */
export function perSecond(figures: RoundFigures): number {
  return figures.elapsedMs > 0 ? (figures.requests * 1000) / figures.elapsedMs : Number.NaN;
}

/** Median, lowest and highest of a list; NaN for an empty one. The mean of the middle two if even. */
export function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  const lower = sorted[middle - 1] ?? Number.NaN;
  return {
    median: sorted.length % 2 === 1 ? upper : (lower + upper) / 2,
    min: sorted[0] ?? Number.NaN,
    max: sorted.at(-1) ?? Number.NaN,
  };
}

/**
 * The nearest-rank percentile.
 *
 * @param sorted Ascending.
 * @param percent 0 to 100.
 */
export function percentile(sorted: ArrayLike<number>, percent: number): number {
  const rank = Math.ceil((percent / 100) * sorted.length);
  return sorted[Math.min(Math.max(rank, 1), sorted.length) - 1] ?? Number.NaN;
}

/**
 * The ratio of one measure between two legs, paired by round.
 *
 * Rounds that only one leg has are left out; no common round gives NaN.
 */
export function pairedRatio(
  leg: readonly RoundFigures[],
  base: readonly RoundFigures[],
  measure: (figures: RoundFigures) => number,
): Spread {
  const ratios = leg.flatMap((figures) => {
    const partner = base.find((candidate) => candidate.round === figures.round);
    return partner === undefined ? [] : [measure(figures) / measure(partner)];
  });
  return spread(ratios);
}

/** Reduces the rounds of one leg to what is printed. */
export function summarise(leg: string, rounds: readonly RoundFigures[]): LegSummary {
  const foreign = rounds.flatMap(({ foreignShare }) =>
    foreignShare === undefined ? [] : [foreignShare],
  );
  return {
    leg,
    requests: rounds.reduce((sum, { requests }) => sum + requests, 0),
    perSecond: spread(rounds.map(perSecond)),
    p50Ms: spread(rounds.map(({ p50Ms }) => p50Ms)),
    p99Ms: spread(rounds.map(({ p99Ms }) => p99Ms)),
    perCpuSecond: spread(rounds.map(perCpuSecond)),
    cpuMicrosPerRequest: spread(rounds.map((figures) => 1e6 / perCpuSecond(figures))),
    foreignShare: foreign.length === 0 ? undefined : spread(foreign),
    helperShare: spread(rounds.map(({ helperShare }) => helperShare)),
    unsettledRounds: rounds.filter(({ settled }) => !settled).length,
    threads: sumThreads(rounds.flatMap(({ threads }) => threads)),
  };
}

function sumThreads(threads: readonly ThreadSeconds[]): readonly ThreadSeconds[] {
  const names = [...new Set(threads.map(({ name }) => name))];
  return names
    .map((name) => {
      const same = threads.filter((thread) => thread.name === name);
      return {
        name,
        user: same.reduce((sum, { user }) => sum + user, 0),
        system: same.reduce((sum, { system }) => sum + system, 0),
      };
    })
    .sort((a, b) => b.user + b.system - a.user - a.system);
}

/** A reproducible source of numbers in [0, 1): Park and Miller's minimal standard generator. */
export function seededRandom(seed: number): () => number {
  const modulus = 2_147_483_647;
  let state = (Math.abs(Math.trunc(seed)) % (modulus - 1)) + 1;
  return () => {
    state = (state * 48_271) % modulus;
    return (state - 1) / (modulus - 1);
  };
}

/** A new list in an order drawn from `random` (Fisher and Yates). */
export function shuffled<T>(items: readonly T[], random: () => number): readonly T[] {
  const left = [...items];
  const drawn: T[] = [];
  while (left.length > 0) drawn.push(...left.splice(Math.floor(random() * left.length), 1));
  return drawn;
}
