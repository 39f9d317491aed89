/** The memory of identities: bounded, and each for its time only. */
import { describe, expect, it } from 'vitest';
import { createIdentityCache } from '../../smart/identity-cache.ts';
import type { Identity } from '../../smart/index.ts';

const identity: Identity = { kind: 'opaque-unidentified', scheme: 'Bearer', tokenDigest: 'urn:x' };

describe('the identity cache', () => {
  it('forgets the least recently used when it is full', () => {
    const cache = createIdentityCache(2);
    cache.set('a', identity, 10);
    cache.set('b', identity, 10);
    cache.get('a', 0);
    cache.set('c', identity, 10);
    expect(['a', 'b', 'c'].map((digest) => cache.get(digest, 0) === identity)).toEqual([
      true,
      false,
      true,
    ]);
  });

  it('remembers until the instant given, which it excludes', () => {
    const cache = createIdentityCache(2);
    cache.set('a', identity, 10);
    expect(cache.get('a', 9)).toBe(identity);
    expect(cache.get('a', 10)).toBeUndefined();
  });
});
