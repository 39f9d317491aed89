/**
 * The instants of all events, in blocks of leaves, with the earliest and latest of each block in
 * memory. They turn a span of time into a few ranges of leaves, and give the order by time, although
 * instants are only nearly in leaf order.
 */
import type Database from 'better-sqlite3';
import { decodeInstants, encodeInstants, noInstants } from './instants.ts';
import type { Instants } from './instants.ts';
import type { SortOrder } from './query.ts';

/** Leaves of one block. */
export const blockLeaves = 1024;
/** Blocks whose instants are kept in memory: some 16 MB. */
const keptBlocks = 2048;

/** Table of the blocks. */
export const blockSchema = `create table block (
  block integer primary key, low real not null, high real not null, events integer not null,
  instants blob not null)`;

/** Earliest and latest instant in a block, and how many events it has. */
export interface BlockSpan {
  readonly low: number;
  readonly high: number;
  readonly events: number;
}

const emptySpan: BlockSpan = { low: Infinity, high: -Infinity, events: 0 };

/** Block of a leaf. */
export function blockOf(leafIndex: number): number {
  return Math.floor(leafIndex / blockLeaves);
}

/** All blocks of one file. Owned by the store. */
export class Blocks {
  readonly #spans: BlockSpan[] = [];
  readonly #kept = new Map<number, Instants>();
  readonly #load: Database.Statement<[number], { instants: Uint8Array }>;
  readonly #save: Database.Statement<[number, number, number, number, Uint8Array]>;
  readonly #orders = new Map<SortOrder, readonly number[]>();

  constructor(db: Database.Database) {
    this.#load = db.prepare('select instants from block where block = ?');
    this.#save = db.prepare('insert or replace into block values (?, ?, ?, ?, ?)');
    const stored = db
      .prepare<[], BlockSpan & { block: number }>('select block, low, high, events from block')
      .all();
    for (const { block, low, high, events } of stored) this.#put(block, { low, high, events });
  }

  /** Adds instants; to be called in the transaction that adds the events. */
  add(rows: readonly { readonly leafIndex: number; readonly recordedMs: number }[]): void {
    const changed = new Set<number>();
    for (const { leafIndex, recordedMs } of rows) {
      const block = blockOf(leafIndex);
      changed.add(block);
      this.#of(block)[leafIndex % blockLeaves] = recordedMs;
      const { low, high, events } = this.span(block);
      this.#put(block, {
        low: Math.min(low, recordedMs),
        high: Math.max(high, recordedMs),
        events: events + 1,
      });
    }
    for (const block of changed) {
      const { low, high, events } = this.span(block);
      this.#save.run(block, low, high, events, encodeInstants(this.#of(block)));
    }
    this.#orders.clear();
  }

  span(block: number): BlockSpan {
    return this.#spans[block] ?? emptySpan;
  }

  /** How many blocks there are, those without events included. */
  get count(): number {
    return this.#spans.length;
  }

  /** How many events there are. */
  get events(): number {
    return this.#spans.reduce((sum, { events }) => sum + events, 0);
  }

  /** Instant of the event at a leaf; NaN where there is no event. */
  instantOf(leafIndex: number): number {
    return this.#of(blockOf(leafIndex))[leafIndex % blockLeaves] ?? NaN;
  }

  /** Blocks with events: by latest instant from the newest, or by earliest from the oldest. */
  inOrder(order: SortOrder): readonly number[] {
    const known = this.#orders.get(order);
    if (known !== undefined) return known;
    const blocks = this.#spans.flatMap(({ events }, block) => (events === 0 ? [] : [block]));
    blocks.sort((a, b) =>
      order === 'oldest-first'
        ? this.span(a).low - this.span(b).low || a - b
        : this.span(b).high - this.span(a).high || b - a,
    );
    this.#orders.set(order, blocks);
    return blocks;
  }

  #of(block: number): Instants {
    const known = this.#kept.get(block);
    if (known !== undefined) return known;
    const stored = this.#load.get(block)?.instants;
    const instants =
      stored === undefined ? noInstants(blockLeaves) : decodeInstants(stored, this.span(block).low);
    if (this.#kept.size >= keptBlocks) this.#kept.clear();
    this.#kept.set(block, instants);
    return instants;
  }

  #put(block: number, span: BlockSpan): void {
    while (this.#spans.length < block) this.#spans.push(emptySpan);
    this.#spans[block] = span;
  }
}
