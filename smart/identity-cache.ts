/**
 * Remembers the identity of tokens seen before, by their keyed digest, so that a repeated token
 * costs a digest and a look-up. Holds no token text. Bounded: the least recently used goes first.
 */
import type { Identity } from './identity.ts';

/** A bounded memory of identities. */
export interface IdentityCache {
  /** The identity of a digest, unless its time is over. */
  get(tokenDigest: string, nowMs: number): Identity | undefined;
  /** Remembers an identity until an instant (exclusive). */
  set(tokenDigest: string, identity: Identity, untilMs: number): void;
}

/** Makes an empty cache for at most `maxEntries` tokens (about 1 KB each). */
export function createIdentityCache(maxEntries: number): IdentityCache {
  const entries = new Map<string, { readonly identity: Identity; readonly untilMs: number }>();
  return {
    get: (tokenDigest, nowMs) => {
      const entry = entries.get(tokenDigest);
      if (entry === undefined) return undefined;
      entries.delete(tokenDigest);
      if (nowMs >= entry.untilMs) return undefined;
      entries.set(tokenDigest, entry);
      return entry.identity;
    },
    set: (tokenDigest, identity, untilMs) => {
      entries.delete(tokenDigest);
      entries.set(tokenDigest, { identity, untilMs });
      if (entries.size <= maxEntries) return;
      for (const oldest of entries.keys()) {
        entries.delete(oldest);
        return;
      }
    },
  };
}
