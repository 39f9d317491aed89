/**
 * Waits for a slow identity (keys being fetched) no longer than the budget. What is found later
 * follows as an addendum. Never rejects.
 */
import { classify, weighIdentity, type Exchange } from '../audit/event/index.ts';
import type { Identification, Identity } from '../smart/index.ts';
import type { Recorder } from './recorder.ts';

/** The identity to record, and what is still to come. */
export interface IdentityWithin {
  readonly identity: Identity;
  /** Set when the budget ran out first. */
  readonly late?: Promise<Identity>;
}

/** @param budgetMs Milliseconds from now. No wait at all for what is known already. */
export function identityWithin(
  identification: Identification,
  budgetMs: number,
): IdentityWithin | Promise<IdentityWithin> {
  const { provisional, resolved } = identification;
  if (!(resolved instanceof Promise)) return { identity: resolved };
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      resolve({ identity: provisional, late: resolved });
    }, budgetMs);
    void resolved.then((identity) => {
      clearTimeout(timer);
      resolve({ identity });
    });
  });
}

/** Adds to the record of an exchange what becomes known of the one who asked. */
export function followIdentity(
  { late }: IdentityWithin,
  exchange: Exchange,
  originals: readonly string[],
  recorder: Recorder,
): void {
  void late?.then((identity) => {
    recorder.follow({
      kind: 'identity-resolved',
      originals,
      requestId: exchange.requestId,
      identity: weighIdentity(identity, classify(exchange.request), exchange.answer),
    });
  });
}
