/**
 * The appends that the writer has not answered yet, oldest first. It answers them in this order.
 */
import { LedgerFault } from './fault.ts';
import { makeReceipts } from './receipt.ts';
import type { Receipts } from './receipt.ts';

/** One append that waits. */
export interface Waiter {
  readonly bytes: number;
  /** Number of leaves that it becomes. */
  readonly count: number;
  /** On the monotonic clock, as `deadline`. */
  readonly postedAt: number;
  readonly deadline: number;
  readonly committed: (firstLeaf: number, count: number) => void;
  readonly failed: (fault: LedgerFault) => void;
}

/** Once the line has this many answered waiters at its front, they are cut off. */
const slack = 1024;

/** A queue of waiters that knows its bytes and its age. */
export class WaitingLine {
  #line: (Waiter | undefined)[] = [];
  #front = 0;
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  get isEmpty(): boolean {
    return this.#front === this.#line.length;
  }

  ageMs(now: number): number {
    const oldest = this.#line[this.#front];
    return oldest === undefined ? 0 : now - oldest.postedAt;
  }

  add(waiter: Waiter): void {
    this.#line.push(waiter);
    this.#bytes += waiter.bytes;
  }

  commitOldest(firstLeaf: number): void {
    const waiter = this.#shift();
    waiter.committed(firstLeaf, waiter.count);
  }

  failOldest(count: number, fault: LedgerFault): void {
    for (let i = 0; i < count; i++) this.#shift().failed(fault);
  }

  failAll(fault: LedgerFault): void {
    while (!this.isEmpty) this.#shift().failed(fault);
  }

  /** Rejects those whose time is up. They stay in line: the writer will still answer them. */
  expire(now: number): void {
    for (let i = this.#front; i < this.#line.length; i++) {
      const waiter = this.#line[i];
      if (waiter === undefined || now < waiter.deadline) continue;
      const late = new Promise<Receipts>((resolve, reject) => {
        this.#line[i] = {
          ...waiter,
          deadline: Infinity,
          committed: (firstLeaf, count) => {
            resolve(makeReceipts(firstLeaf, count));
          },
          failed: reject,
        };
      });
      // Who does not care what became of it must not be ended by an unhandled rejection.
      late.catch(() => undefined);
      waiter.failed(
        new LedgerFault({
          code: 'LEDGER_APPEND_TIMEOUT',
          message: 'the ledger did not answer in time; the append may still be committed',
          late,
        }),
      );
    }
  }

  #shift(): Waiter {
    const waiter = this.#line[this.#front];
    if (waiter === undefined) throw new Error('the writer answered an append that was not posted');
    // Let go of the bodies in its closures at once.
    this.#line[this.#front] = undefined;
    this.#front += 1;
    this.#bytes -= waiter.bytes;
    if (this.#front >= slack && this.#front * 2 >= this.#line.length) {
      this.#line = this.#line.slice(this.#front);
      this.#front = 0;
    }
    return waiter;
  }
}
