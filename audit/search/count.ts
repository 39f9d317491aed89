/** How many events match: from the index alone, which is exact but for collisions of hashes. */
import { blockLeaves, blockOf } from './blocks.ts';
import type { Match } from './match.ts';
import { isWithin } from './query.ts';
import type { Interval } from './query.ts';
import type { IndexStore, LeafRange } from './store.ts';

/** Counts the events among the first `size` leaves that match and lie within. */
export function countMatches(
  store: IndexStore,
  match: Match,
  within: readonly Interval[] | undefined,
  size: number,
): number {
  if (match.kind === 'nothing' || size === 0) return 0;
  if (match.kind === 'expression' && within === undefined) {
    return store.count(match.expression, { low: 0, high: size - 1 });
  }
  let total = 0;
  for (const { range, isWhole } of rangesOf(store, within, size)) {
    total += isWhole ? countAll(store, match, range) : countSome(store, match, range, within);
  }
  return total;
}

/** Ranges of leaves that may hold an event within; whole: all of their events lie within. */
function rangesOf(
  { blocks }: IndexStore,
  within: readonly Interval[] | undefined,
  size: number,
): readonly { readonly range: LeafRange; readonly isWhole: boolean }[] {
  const ranges: { range: LeafRange; isWhole: boolean }[] = [];
  for (let block = 0; block < blocks.count && block * blockLeaves < size; block++) {
    const { low, high, events } = blocks.span(block);
    if (events === 0) continue;
    const end = (block + 1) * blockLeaves - 1;
    const reaches = within?.some(({ fromMs, toMs }) => low <= toMs && high >= fromMs) ?? true;
    if (!reaches) continue;
    const inside = within?.some(({ fromMs, toMs }) => fromMs <= low && high <= toMs) ?? true;
    const isWhole = inside && end < size;
    const range = { low: block * blockLeaves, high: Math.min(end, size - 1) };
    const last = ranges.at(-1);
    if (last?.isWhole === isWhole && last.range.high + 1 === range.low) {
      last.range = { low: last.range.low, high: range.high };
    } else ranges.push({ range, isWhole });
  }
  return ranges;
}

type Matching = Exclude<Match, { kind: 'nothing' }>;

/** A range of which every event lies within. */
function countAll(store: IndexStore, match: Matching, range: LeafRange): number {
  if (match.kind === 'expression') return store.count(match.expression, range);
  let total = 0;
  for (let block = blockOf(range.low); block <= blockOf(range.high); block++) {
    total += store.blocks.span(block).events;
  }
  return total;
}

/** A range of which each event has to be looked at. */
function countSome(
  store: IndexStore,
  match: Matching,
  range: LeafRange,
  within: readonly Interval[] | undefined,
): number {
  const length = range.high - range.low + 1;
  const leaves =
    match.kind === 'expression'
      ? store.find(match.expression, range, length, 'oldest-first')
      : Array.from({ length }, (_, i) => range.low + i);
  return leaves.filter((leafIndex) => {
    const recordedMs = store.blocks.instantOf(leafIndex);
    return !Number.isNaN(recordedMs) && (within === undefined || isWithin(recordedMs, within));
  }).length;
}
