/** Which key verifies a token: bare entries, doubles, absent ids, rotation; seen from outside. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createIdentifier } from '../../smart/index.ts';
import type { Identifier, Identity } from '../../smart/index.ts';
import { makeSigningKey, signToken, startFakeIssuer } from '../support/fake-issuer.ts';
import type { FakeIssuer } from '../support/fake-issuer.ts';

let issuer: FakeIssuer;

beforeEach(async () => {
  issuer = await startFakeIssuer([]);
});

afterEach(async () => {
  await issuer.close();
});

function makeIdentifier(): Identifier {
  return createIdentifier({
    issuers: [{ issuer: issuer.issuer, jwksUri: issuer.jwksUri }],
    upstreamBases: [],
    tokenDigestKey: new Uint8Array(32),
    tokenDigestKeyId: 'k1',
    clock: () => new Date(),
  });
}

async function identify(identifier: Identifier, token: string): Promise<Identity> {
  return identifier.identify([`Bearer ${token}`]).resolved;
}

describe('a key of the set', () => {
  it.each(['RS256', 'PS512', 'ES256', 'EdDSA'])(
    'verifies %s without alg and use, and refuses an encryption key',
    async (algorithm) => {
      const key = await makeSigningKey(algorithm, 'bare', { bare: true });
      const token = await signToken(key, { iss: issuer.issuer });
      issuer.behaviour.keys = [{ ...key.publicJwk, use: 'enc' }];
      expect((await identify(makeIdentifier(), token)).kind).toBe('unverified-claims');
      issuer.behaviour.keys = [{ ...key.publicJwk, key_ops: ['encrypt'] }];
      expect((await identify(makeIdentifier(), token)).kind).toBe('unverified-claims');
      issuer.behaviour.keys = [key.publicJwk];
      expect((await identify(makeIdentifier(), token)).kind).toBe('verified-signature');
    },
  );

  it('is found among doubles of its kid, broken ones included', async () => {
    const wrong = await makeSigningKey('RS256', 'same');
    const right = await makeSigningKey('RS256', 'same');
    const broken = { ...wrong.publicJwk, n: 'AQAB' };
    issuer.behaviour.keys = [wrong.publicJwk, broken, right.publicJwk];
    const token = await signToken(right, { iss: issuer.issuer });
    expect((await identify(makeIdentifier(), token)).kind).toBe('verified-signature');
    issuer.behaviour.keys = [wrong.publicJwk, broken];
    expect(await identify(makeIdentifier(), token)).toMatchObject({ reason: 'bad-signature' });
  });

  it('is found for a token without a kid, also after a rotation', async () => {
    const old = await makeSigningKey('ES256', undefined);
    const fresh = await makeSigningKey('ES256', undefined);
    issuer.behaviour.keys = [old.publicJwk];
    const identifier = makeIdentifier();
    const before = await signToken(old, { iss: issuer.issuer });
    expect((await identify(identifier, before)).kind).toBe('verified-signature');
    issuer.behaviour.keys = [fresh.publicJwk];
    const after = await signToken(fresh, { iss: issuer.issuer });
    expect((await identify(identifier, after)).kind).toBe('verified-signature');
    expect(issuer.hits).toHaveLength(2);
  });
});
