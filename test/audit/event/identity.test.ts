/** What an upstream's status makes of an unverified identity, and of no other. */
import { describe, expect, it } from 'vitest';
import { weighIdentity, type Answer, type Interaction } from '../../../audit/event/index.ts';
import type { Identity } from '../../../smart/index.ts';

const claims = { isClientOnly: false, scopes: [], purposeOfUse: [] };
const unverified: Identity = {
  kind: 'unverified-claims',
  reason: 'issuer-unknown',
  claims,
  tokenDigest: 'urn:x',
};
const read: Interaction = { kind: 'read', type: 'Patient', id: '1' };
const answered = (status: number): Answer => ({
  kind: 'answered',
  status,
  headers: {},
  inspection: { kind: 'none' },
  bodyBytes: 0,
});
const withheld = (status: number): Answer => ({
  kind: 'refused',
  status: 502,
  reason: 'too-costly',
  withheld: { status, headers: {}, bodyBytes: 0 },
});

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
  ])('is, after status %s, %s; also when the answer was withheld', (status, kind) => {
    for (const answer of [answered(status), withheld(status)]) {
      expect(weighIdentity(unverified, read, answer)).toEqual({ ...unverified, kind });
    }
  });

  it.each<readonly [string, Answer | undefined]>([
    ['no answer yet', undefined],
    ['a refusal before contact', { kind: 'refused', status: 413, reason: 'body-too-large' }],
    ['a timeout', { kind: 'timed-out', status: 504 }],
  ])('stays what it is after %s', (_name, answer) => {
    expect(weighIdentity(unverified, read, answer)).toBe(unverified);
  });

  it('gains nothing from what is open to everybody', () => {
    const capabilities: Interaction = { kind: 'capabilities' };
    expect(weighIdentity(unverified, capabilities, answered(200))).toBe(unverified);
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
      for (const status of [200, 401]) {
        expect(weighIdentity(identity, read, answered(status))).toBe(identity);
      }
    }
  });
});
