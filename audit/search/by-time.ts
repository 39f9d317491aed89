/**
 * The leaves that match, by instant, without looking at more of them than needed. Leaves are only
 * nearly in the order of their instants: an exchange that took long is committed late, and clocks
 * are set. So blocks are read in the order of their instants, and a leaf is given out once no
 * block that has not been read can have one that comes before it.
 */
import { blockLeaves, blockOf } from './blocks.ts';
import type { Blocks } from './blocks.ts';
import type { Match } from './match.ts';
import { isWithin } from './query.ts';
import type { SearchQuery, SortOrder } from './query.ts';
import type { IndexStore, LeafRange } from './store.ts';

/** A leaf that matches. */
export interface TimedLeaf {
  readonly leafIndex: number;
  readonly recordedMs: number;
}

/**
 * Leaves fetched at once. More than a block has, so that each time at least one block is read to its
 * end.
 */
const fetchLeaves = 2 * blockLeaves;
/** With fewer leaves than this from a stretch of blocks, the next one is longer. */
const fewLeaves = 256;
const growth = 4;

/** All leaves below `size` that match the query, from its cursor on, in its order; lazily. */
export function* byTime(
  store: IndexStore,
  match: Match,
  query: Pick<SearchQuery, 'within' | 'order' | 'after'>,
  size: number,
): Generator<TimedLeaf, void> {
  if (match.kind === 'nothing') return;
  const { blocks } = store;
  const { order } = query;
  const sign = order === 'oldest-first' ? 1 : -1;
  const comes = comparison(sign);
  const blocksLeft = blocks
    .inOrder(order)
    .filter((block) => block * blockLeaves < size && mayHold(blocks, block, query));
  let waiting: TimedLeaf[] = [];
  let stretch = 1;
  for (let at = 0; at < blocksLeft.length;) {
    const range = stretchOf(blocksLeft, at, stretch, order, size);
    const leaves = fetch(store, match, range, order);
    const read = blocksRead(leaves, range, order);
    const within = (leafIndex: number): boolean =>
      blockOf(leafIndex) >= blockOf(read.low) && blockOf(leafIndex) <= blockOf(read.high);
    const found = leaves
      .filter(within)
      .map((leafIndex) => ({ leafIndex, recordedMs: blocks.instantOf(leafIndex) }))
      .filter((leaf) => isWanted(leaf, query, comes));
    waiting = [...waiting, ...found].sort(comes);
    at += blockOf(read.high) - blockOf(read.low) + 1;
    if (leaves.length < fewLeaves) stretch *= growth;
    const next = blocksLeft[at];
    const bound = next === undefined ? undefined : edge(blocks, next, order);
    let given = 0;
    for (const leaf of waiting) {
      // Of the same instant there may be one in the next block that comes first.
      if (bound !== undefined && sign * (leaf.recordedMs - bound) >= 0) break;
      yield leaf;
      given += 1;
    }
    waiting = waiting.slice(given);
  }
}

/** Negative when the left leaf comes first. */
function comparison(sign: 1 | -1): (a: TimedLeaf, b: TimedLeaf) => number {
  return (a, b) => sign * (a.recordedMs - b.recordedMs || a.leafIndex - b.leafIndex);
}

/** The instant of a block that comes first. */
function edge(blocks: Blocks, block: number, order: SortOrder): number {
  return order === 'oldest-first' ? blocks.span(block).low : blocks.span(block).high;
}

function mayHold(
  blocks: Blocks,
  block: number,
  { within, order, after }: Pick<SearchQuery, 'within' | 'order' | 'after'>,
): boolean {
  const { low, high } = blocks.span(block);
  if (within?.every(({ fromMs, toMs }) => high < fromMs || low > toMs) === true) return false;
  if (after === undefined) return true;
  return order === 'oldest-first' ? high >= after.recordedMs : low <= after.recordedMs;
}

function isWanted(
  leaf: TimedLeaf,
  { within, after }: Pick<SearchQuery, 'within' | 'after'>,
  comes: (a: TimedLeaf, b: TimedLeaf) => number,
): boolean {
  // A leaf that is no event.
  if (Number.isNaN(leaf.recordedMs)) return false;
  if (within !== undefined && !isWithin(leaf.recordedMs, within)) return false;
  return after === undefined || comes(after, leaf) < 0;
}

/** Blocks that follow each other both in the order of instants and as leaves, as one range. */
function stretchOf(
  list: readonly number[],
  at: number,
  longest: number,
  order: SortOrder,
  size: number,
): LeafRange {
  const first = list[at] ?? 0;
  const step = order === 'oldest-first' ? 1 : -1;
  let length = 1;
  while (length < longest && list[at + length] === first + step * length) length += 1;
  const last = first + step * (length - 1);
  const low = Math.min(first, last) * blockLeaves;
  return { low, high: Math.min((Math.max(first, last) + 1) * blockLeaves, size) - 1 };
}

function fetch(
  store: IndexStore,
  match: Exclude<Match, { kind: 'nothing' }>,
  range: LeafRange,
  order: SortOrder,
): readonly number[] {
  if (match.kind === 'expression') return store.find(match.expression, range, fetchLeaves, order);
  const length = Math.min(range.high - range.low + 1, fetchLeaves);
  const leaves = Array.from({ length }, (_, i) =>
    order === 'oldest-first' ? range.low + i : range.high - i,
  );
  return leaves;
}

/** The part of a range that was read to its end: whole blocks. */
function blocksRead(leaves: readonly number[], range: LeafRange, order: SortOrder): LeafRange {
  const last = leaves.at(-1);
  if (leaves.length < fetchLeaves || last === undefined) return range;
  // The block of the last leaf may have more.
  return order === 'oldest-first'
    ? { low: range.low, high: blockOf(last) * blockLeaves - 1 }
    : { low: (blockOf(last) + 1) * blockLeaves, high: range.high };
}
