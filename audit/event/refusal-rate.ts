/**
 * The one relief of promise 2: refusals made before any contact with the upstream are recorded one
 * by one up to a rate per peer, and beyond it in aggregate (peer, reason, count, first and last
 * instant), so that garbage cannot fill the disk and thereby stop a hospital. The same counting
 * serves while the ledger takes nothing, and on the review face for who is no reader.
 */
import type { CountedReason, Peer } from './exchange.ts';
import type { RefusalAggregate } from './refusals.ts';

/** Decides and counts. */
export interface Refusals {
  /** True: record this refusal by itself. False: it was counted. */
  admits(peer: Peer, reason: CountedReason): boolean;
  /** Counts without asking the rate: for what cannot be recorded at this moment. */
  count(peer: Peer, reason: CountedReason): void;
  /** Takes all counts out. Give them back with `restore` when they could not be recorded. */
  drain(): readonly RefusalAggregate[];
  restore(aggregates: readonly RefusalAggregate[]): void;
}

/** Peers and counters kept apart at the most; beyond it they share one, so memory is bounded. */
const maxKeys = 10_000;
const otherPeers: Peer = { address: '' };

/** @param perMinute Refusals of one peer that are recorded one by one in a minute. */
export function createRefusals(perMinute: number, clock: () => Date): Refusals {
  let windowEndsMs = 0;
  const seen = new Map<string, number>();
  const counted = new Map<string, RefusalAggregate>();

  const add = (aggregate: RefusalAggregate): void => {
    const known = counted.get(keyOf(aggregate)) !== undefined || counted.size < maxKeys;
    const wanted = known ? aggregate : { ...aggregate, peer: otherPeers };
    const key = keyOf(wanted);
    const before = counted.get(key);
    counted.set(key, before === undefined ? wanted : merge(before, wanted));
  };
  const count = (peer: Peer, reason: CountedReason): void => {
    const now = clock();
    add({ peer: { address: peer.address }, reason, count: 1, firstAt: now, lastAt: now });
  };
  return {
    admits(peer, reason) {
      const nowMs = clock().getTime();
      if (nowMs >= windowEndsMs || nowMs < windowEndsMs - 60_000) {
        windowEndsMs = nowMs + 60_000;
        seen.clear();
      }
      const key = seen.has(peer.address) || seen.size < maxKeys ? peer.address : '';
      const used = seen.get(key) ?? 0;
      if (used < perMinute) {
        seen.set(key, used + 1);
        return true;
      }
      count(peer, reason);
      return false;
    },
    count,
    drain() {
      const all = [...counted.values()];
      counted.clear();
      return all;
    },
    restore(aggregates) {
      for (const aggregate of aggregates) add(aggregate);
    },
  };
}

function keyOf(aggregate: RefusalAggregate): string {
  return `${aggregate.reason} ${aggregate.peer.address}`;
}

function merge(a: RefusalAggregate, b: RefusalAggregate): RefusalAggregate {
  return {
    ...a,
    count: a.count + b.count,
    firstAt: a.firstAt < b.firstAt ? a.firstAt : b.firstAt,
    lastAt: a.lastAt > b.lastAt ? a.lastAt : b.lastAt,
  };
}
