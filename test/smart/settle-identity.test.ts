/** What an upstream's status makes of an unverified identity, and of no other. */
import { describe, expect, it } from 'vitest';
import { settleIdentity } from '../../smart/index.ts';
import type { Identity } from '../../smart/index.ts';

const claims = { isClientOnly: false, scopes: [], purposeOfUse: [] };
const unverified: Identity = {
  kind: 'unverified-claims',
  reason: 'issuer-unknown',
  claims,
  tokenDigest: 'urn:x',
};

describe('an unverified identity', () => {
  it.each([
    [200, 'unverified-accepted'],
    [299, 'unverified-accepted'],
    [304, 'unverified-accepted'],
    [401, 'unverified-rejected'],
    [403, 'unverified-claims'],
    [302, 'unverified-claims'],
    [199, 'unverified-claims'],
    [500, 'unverified-claims'],
    [undefined, 'unverified-claims'],
  ])('is, after status %s, %s', (status, kind) => {
    expect(settleIdentity(unverified, status)).toEqual({ ...unverified, kind });
  });
});

describe('any other identity', () => {
  it('stays what it is', () => {
    const others: readonly Identity[] = [
      { kind: 'anonymous' },
      { kind: 'invalid', reason: 'expired' },
      { kind: 'opaque-unidentified', scheme: 'Bearer', tokenDigest: 'urn:x' },
      {
        kind: 'verified-signature',
        claims,
        check: { issuer: 'i', algorithm: 'ES256' },
        tokenDigest: 'urn:x',
      },
      { ...unverified, kind: 'unverified-rejected' },
    ];
    for (const identity of others) {
      for (const status of [200, 401]) expect(settleIdentity(identity, status)).toBe(identity);
    }
  });
});
