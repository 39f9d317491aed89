/**
 * Chance that is the same on every run: each value is drawn from a stream that is named by a key,
 * such as "zoe bp 2025-03-14". What is added to one patient therefore never changes another.
 *
 * The generator is that of Park and Miller (multiplier 48271), which needs no bit operators.
 */

const modulus = 2_147_483_647;

/** The next number of a stream, from 0 up to but not including 1. */
export type Chance = () => number;

/** A stream of its own for each key. */
export function chance(key: string): Chance {
  let state = 7;
  for (const char of key) state = (state * 31 + (char.codePointAt(0) ?? 0)) % modulus;
  if (state === 0) state = 1;
  const next = (): number => {
    state = (state * 48_271) % modulus;
    return (state - 1) / (modulus - 1);
  };
  // Keys that differ in their last letter would otherwise begin alike.
  for (let round = 0; round < 4; round++) next();
  return next;
}

/** A whole number from `low` to `high`, both included. */
export function between(next: Chance, low: number, high: number): number {
  return low + Math.floor(next() * (high - low + 1));
}

/** One of a list. */
export function pick<T>(next: Chance, list: readonly [T, ...T[]]): T {
  return list[Math.floor(next() * list.length)] ?? list[0];
}

/** Around zero with the given standard deviation; never farther than 3.5 of it. */
export function bell(next: Chance, deviation: number): number {
  return (next() + next() + next() + next() - 2) * 1.732 * deviation;
}

/** A value with so many decimals; never `-0`. */
export function rounded(value: number, decimals: number): number {
  const shown = Number(value.toFixed(decimals));
  return shown === 0 ? 0 : shown;
}
