/**
 * What the request thread and the writer thread say to each other. Appends are answered in the
 * order in which they were posted, so they need no names.
 */
import type { LedgerFaultCode } from './fault.ts';

/** What a writer thread is started with. */
export interface WriterData {
  readonly directory: string;
  readonly origin: string;
  readonly init: boolean;
  readonly segmentLeaves: number;
  /** The injected clock, read when the thread was started. */
  readonly reading: ClockReading;
}

/**
 * A reading of the injected clock and of the monotonic one at the same instant. The writer adds
 * what has passed on the monotonic clock, which is the same in all threads.
 */
export interface ClockReading {
  readonly clockMs: number;
  readonly monotonicMs: number;
}

/**
 * Appends that were posted together. `heads` has three numbers for each: 1 for an intent and 0 for
 * records; the leaf index that it settles or -1; the number of its `bodies`. Flat, because the
 * structured clone of many small objects costs more than all else on the request thread.
 */
export interface PostedAppends {
  readonly kind: 'appends';
  readonly reading: ClockReading;
  readonly heads: readonly number[];
  readonly bodies: readonly string[];
}

/** To the writer. */
export type ToWriter = PostedAppends | { readonly kind: 'close' };

/** From the writer. */
export type FromWriter =
  | {
      readonly kind: 'opened';
      readonly origin: string;
      readonly directory: string;
      readonly size: number;
    }
  | { readonly kind: 'refused'; readonly code: LedgerFaultCode; readonly message: string }
  | { readonly kind: 'warning'; readonly text: string }
  /** The first leaf index of each of the oldest unanswered appends. All of them are durable. */
  | { readonly kind: 'committed'; readonly size: number; readonly firstLeaves: readonly number[] }
  /** The oldest `count` unanswered appends were not committed, or (`LEDGER_IO`) may not have been. */
  | {
      readonly kind: 'rejected';
      readonly count: number;
      readonly code: 'LEDGER_FULL' | 'LEDGER_IO';
      readonly message: string;
    }
  | { readonly kind: 'room' }
  | { readonly kind: 'closed' };

/** Reads both clocks. */
export function readClocks(clock: () => Date): ClockReading {
  return { clockMs: clock().getTime(), monotonicMs: monotonicMs() };
}

/** The injected clock now, as far as this thread can tell. */
export function clockNow(reading: ClockReading): number {
  return Math.floor(reading.clockMs + Math.max(0, monotonicMs() - reading.monotonicMs));
}

function monotonicMs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1000 + nanoseconds / 1e6;
}
