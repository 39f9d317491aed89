/**
 * Runs the verifications of an identifier: one at a time per token, remembered when it succeeds.
 * Turns whatever happens into an identity, so that nobody has to handle a rejection.
 */
import { createIdentityCache } from './identity-cache.ts';
import type { Identification, Identity } from './identity.ts';
import { clockSkewSeconds } from './verify-jwt.ts';
import type { Verification } from './verify-jwt.ts';

const maxCachedIdentities = 10_000;
const maxCachedMs = 24 * 60 * 60_000;
const cachedWithoutExpiryMs = 5 * 60_000;

/** One verification to run. */
export interface VerificationTask {
  readonly tokenDigest: string;
  readonly verify: () => Promise<Verification>;
  readonly toIdentity: (verification: Verification) => Identity;
}

/** The verifications of one identifier. */
export interface Verifications {
  /** A verified identity found earlier, while the token is valid (24 hours at most). */
  recall(tokenDigest: string): Identity | undefined;
  /** Starts the task, or joins the one that runs for the same token. */
  run(task: VerificationTask): Identification;
}

/** Makes an empty set of verifications. */
export function createVerifications(
  clock: () => Date,
  onWarning: (text: string) => void,
): Verifications {
  const cache = createIdentityCache(maxCachedIdentities);
  const pending = new Map<string, Identification>();

  const resolve = async ({ tokenDigest, verify, toIdentity }: VerificationTask) => {
    try {
      const verification = await verify();
      const identity = toIdentity(verification);
      if (verification.kind === 'verified') {
        cache.set(tokenDigest, identity, cachedUntilMs(verification.expiresAtMs, clock()));
      }
      return identity;
    } catch {
      onWarning('A token could not be checked because of an unexpected error.');
      return toIdentity({ kind: 'unverified', reason: 'keys-unavailable' });
    } finally {
      pending.delete(tokenDigest);
    }
  };
  return {
    recall: (tokenDigest) => cache.get(tokenDigest, clock().getTime()),
    run: (task) => {
      const running = pending.get(task.tokenDigest);
      if (running !== undefined) return running;
      const provisional = task.toIdentity({ kind: 'unverified', reason: 'keys-pending' });
      const resolved = resolve(task);
      const identification = { provisional, resolved };
      pending.set(task.tokenDigest, identification);
      return identification;
    },
  };
}

function cachedUntilMs(expiresAtMs: number | undefined, now: Date): number {
  if (expiresAtMs === undefined) return now.getTime() + cachedWithoutExpiryMs;
  return Math.min(expiresAtMs + clockSkewSeconds * 1000, now.getTime() + maxCachedMs);
}
