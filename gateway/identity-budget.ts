/**
 * Waits for a slow identity (keys being fetched) no longer than the budget. What is found later
 * follows as an addendum. Never rejects.
 */
import type { Identification, Identity } from '../smart/index.ts';

/** The identity to record, and what is still to come. */
export interface IdentityWithin {
  readonly identity: Identity;
  /** Set when the budget ran out first. */
  readonly late?: Promise<Identity>;
}

/** @param budgetMs Milliseconds from now. */
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
