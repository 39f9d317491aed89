/**
 * Identification against a real issuer on loopback. Each refusal has a twin that is accepted with
 * the one thing changed.
 */
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { SignJWT, exportSPKI, importJWK } from 'jose';
import type { CryptoKey } from 'jose';
import { createIdentifier } from '../../smart/index.ts';
import type { Identifier, Identity, TrustedIssuer } from '../../smart/index.ts';
import { makeSigningKey, signToken, startFakeIssuer } from '../support/fake-issuer.ts';
import type { FakeIssuer, SigningKey } from '../support/fake-issuer.ts';

const startMs = Date.UTC(2026, 5, 1, 12);
const startSeconds = startMs / 1000;

let issuer: FakeIssuer;
let other: FakeIssuer;
let keys: Record<'RS256' | 'ES256' | 'PS256' | 'EdDSA' | 'ES384', SigningKey>;
let nowMs: number;
let warnings: string[];

beforeAll(async () => {
  keys = {
    RS256: await makeSigningKey('RS256', 'rsa'),
    PS256: await makeSigningKey('PS256', 'pss'),
    ES256: await makeSigningKey('ES256', 'ec'),
    EdDSA: await makeSigningKey('EdDSA', 'ed'),
    ES384: await makeSigningKey('ES384', 'ec384'),
  };
});

beforeEach(async () => {
  issuer = await startFakeIssuer(Object.values(keys));
  other = await startFakeIssuer([]);
  nowMs = startMs;
  warnings = [];
});

afterEach(async () => {
  await issuer.close();
  await other.close();
});

function identifierFor(
  issuers: readonly TrustedIssuer[] = [{ issuer: issuer.issuer, jwksUri: issuer.jwksUri }],
): Identifier {
  return createIdentifier({
    issuers,
    upstreamBases: ['https://ehr.example.org/fhir'],
    tokenDigestKey: new Uint8Array(32).fill(7),
    tokenDigestKeyId: 'k1',
    clock: () => new Date(nowMs),
    onWarning: (text) => warnings.push(text),
  });
}

async function identify(identifier: Identifier, token: string): Promise<Identity> {
  return identifier.identify([`Bearer ${token}`]).resolved;
}

function claims(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    iss: issuer.issuer,
    sub: 'user-1',
    azp: 'app-1',
    jti: 'token-1',
    iat: startSeconds,
    exp: startSeconds + 600,
    ...changes,
  };
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

describe('a token of a configured issuer', () => {
  it.each(['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA'] as const)(
    'is a verified identity when signed with %s',
    async (algorithm) => {
      const token = await signToken(keys[algorithm], claims());
      expect(await identify(identifierFor(), token)).toMatchObject({
        kind: 'verified-signature',
        claims: { issuer: issuer.issuer, subject: 'user-1', clientId: 'app-1' },
        check: { issuer: issuer.issuer, algorithm, keyId: keys[algorithm].keyId },
      });
    },
  );

  it('is provisionally unverified while the keys are fetched, and final when they are known', async () => {
    const identifier = identifierFor();
    const token = await signToken(keys.ES256, claims());
    const first = identifier.identify([`Bearer ${token}`]);
    expect(first.provisional).toMatchObject({ kind: 'unverified-claims', reason: 'keys-pending' });
    expect(first.resolved).toBeInstanceOf(Promise);
    const identity = await first.resolved;
    expect(identity.kind).toBe('verified-signature');
    const second = identifier.identify([`Bearer ${token}`]);
    expect(second.provisional).toBe(identity);
    expect(second.resolved).toBe(identity);
  });

  it('is checked once when it comes a hundred times at once', async () => {
    const identifier = identifierFor();
    const token = await signToken(keys.ES256, claims());
    const all = await Promise.all(Array.from({ length: 100 }, () => identify(identifier, token)));
    expect(new Set(all).size).toBe(1);
    expect(issuer.hits).toEqual(['/jwks']);
  });

  it('is verified later when its issuer was down at first', async () => {
    const identifier = identifierFor();
    const token = await signToken(keys.ES256, claims());
    issuer.behaviour.mode = 'down';
    expect(await identify(identifier, token)).toMatchObject({
      kind: 'unverified-claims',
      reason: 'keys-unavailable',
      claims: { subject: 'user-1' },
    });
    issuer.behaviour.mode = 'up';
    nowMs += 10_000;
    expect((await identify(identifier, token)).kind).toBe('verified-signature');
  });

  it('is no longer verified when it expired after it was remembered', async () => {
    const identifier = identifierFor();
    const token = await signToken(keys.ES256, claims());
    expect((await identify(identifier, token)).kind).toBe('verified-signature');
    nowMs = startMs + 659_000;
    expect((await identify(identifier, token)).kind).toBe('verified-signature');
    nowMs = startMs + 661_000;
    expect(await identify(identifier, token)).toMatchObject({
      kind: 'invalid',
      reason: 'expired',
      claims: { subject: 'user-1' },
    });
  });

  it('has a bad signature when one character of the payload was changed, and not otherwise', async () => {
    const token = await signToken(keys.RS256, claims());
    const [header, , signature] = token.split('.');
    const forged = `${String(header)}.${encode(claims({ sub: 'admin' }))}.${String(signature)}`;
    const identifier = identifierFor();
    expect(await identify(identifier, forged)).toMatchObject({
      kind: 'invalid',
      reason: 'bad-signature',
    });
    expect((await identify(identifier, token)).kind).toBe('verified-signature');
  });

  it('has a bad signature when the same kid is used with a key of somebody else', async () => {
    const impostor = await makeSigningKey('ES256', 'ec');
    const token = await signToken(impostor, claims());
    expect(await identify(identifierFor(), token)).toMatchObject({
      kind: 'invalid',
      reason: 'bad-signature',
    });
  });
});

describe('the algorithm', () => {
  it('none is refused', async () => {
    const token = `${encode({ alg: 'none' })}.${encode(claims())}.`;
    expect(await identify(identifierFor(), token)).toMatchObject({
      kind: 'invalid',
      reason: 'algorithm-refused',
    });
    expect(issuer.hits).toEqual([]);
  });

  it('HS256 with the public key as secret is refused', async () => {
    const publicKey = await importJWK(keys.RS256.publicJwk, 'RS256');
    const secret = new TextEncoder().encode(await exportSPKI(publicKey as CryptoKey));
    const token = await new SignJWT(claims())
      .setProtectedHeader({ alg: 'HS256', kid: 'rsa' })
      .sign(secret);
    expect(await identify(identifierFor(), token)).toMatchObject({
      kind: 'invalid',
      reason: 'algorithm-refused',
    });
  });

  it('HS256 with a symmetric key that the key set lists is refused', async () => {
    const secret = new Uint8Array(32).fill(1);
    issuer.behaviour.keys = [
      { kty: 'oct', kid: 'shared', k: Buffer.from(secret).toString('base64url'), alg: 'HS256' },
    ];
    const token = await new SignJWT(claims())
      .setProtectedHeader({ alg: 'HS256', kid: 'shared' })
      .sign(secret);
    expect((await identify(identifierFor(), token)).kind).toBe('invalid');
  });

  it('that is not for the type of the key is refused without a refetch', async () => {
    const token = await signToken(keys.ES256, claims(), { kid: 'rsa' });
    expect(await identify(identifierFor(), token)).toMatchObject({
      kind: 'invalid',
      reason: 'algorithm-refused',
    });
    expect(issuer.hits).toEqual(['/jwks']);
  });

  it('must be the one that the key states, when it states one', async () => {
    const token = await signToken({ ...keys.RS256, algorithm: 'RS256' }, claims());
    issuer.behaviour.keys = [{ ...keys.RS256.publicJwk, alg: 'PS256' }];
    expect(await identify(identifierFor(), token)).toMatchObject({ reason: 'algorithm-refused' });
    issuer.behaviour.keys = [{ ...keys.RS256.publicJwk, alg: 'RS256' }];
    expect((await identify(identifierFor(), token)).kind).toBe('verified-signature');
  });
});

describe('the header of a token', () => {
  it.each(['jku', 'x5u'])('causes no request by %s', async (name) => {
    const attacker = await makeSigningKey('ES256', 'evil');
    other.behaviour.keys = [attacker.publicJwk];
    const token = await signToken(attacker, claims(), { [name]: other.jwksUri });
    const identity = await identify(identifierFor(), token);
    expect(identity).toMatchObject({ kind: 'unverified-claims', reason: 'key-unknown' });
    expect(other.hits).toEqual([]);
  });

  it.each(['jwk', 'x5c'])('brings no key by %s', async (name) => {
    const attacker = await makeSigningKey('ES256', 'ec');
    const value = name === 'jwk' ? attacker.publicJwk : ['MIIB'];
    const token = await signToken(attacker, claims(), { [name]: value });
    expect(await identify(identifierFor(), token)).toMatchObject({ reason: 'bad-signature' });
    const twin = await signToken(keys.ES256, claims(), { [name]: value });
    expect((await identify(identifierFor(), twin)).kind).toBe('verified-signature');
  });

  it.each([[['exp']], [['b64']], [[]], ['x']])('with crit %j is refused', async (crit) => {
    const [, payload] = (await signToken(keys.ES256, claims())).split('.');
    const header = encode({ alg: 'ES256', kid: 'ec', crit, exp: 1 });
    const token = `${header}.${String(payload)}.AAAA`;
    expect(await identify(identifierFor(), token)).toMatchObject({
      kind: 'invalid',
      reason: 'critical-header-unknown',
    });
  });

  it('may state the types of an access token and no others', async () => {
    const identifier = identifierFor();
    for (const typ of ['at+jwt', 'application/at+jwt', 'AT+JWT', 'JWT', 'JOSE']) {
      const token = await signToken(keys.ES256, claims({ jti: typ }), { typ });
      expect((await identify(identifier, token)).kind).toBe('verified-signature');
    }
    for (const typ of ['dpop+jwt', 'logout+jwt', 'application/id+jwt']) {
      const token = await signToken(keys.ES256, claims({ jti: typ }), { typ });
      expect(await identify(identifier, token)).toMatchObject({ reason: 'not-an-access-token' });
    }
  });
});

describe('a token that is not an access token', () => {
  it.each([
    ['typ', 'ID', 'Bearer'],
    ['typ', 'Refresh', 'Bearer'],
    ['typ', 'Offline', 'Bearer'],
    ['epic.tokentype', 'refresh', 'access'],
    ['token_use', 'id', 'access'],
    ['at_hash', 'abc', undefined],
    ['c_hash', 'abc', undefined],
  ])('is told by %s %s', async (name, refused, accepted) => {
    const identifier = identifierFor();
    const wrong = await signToken(keys.ES256, claims({ [name]: refused }));
    expect(await identify(identifier, wrong)).toMatchObject({
      kind: 'invalid',
      reason: 'not-an-access-token',
      claims: { subject: 'user-1' },
    });
    const twin = await signToken(keys.ES256, claims({ [name]: accepted }));
    expect((await identify(identifier, twin)).kind).toBe('verified-signature');
  });
});

describe('the times of a token', () => {
  it.each([
    ['expired', { exp: startSeconds - 61 }, { exp: startSeconds - 59 }],
    ['not-yet-valid', { nbf: startSeconds + 61 }, { nbf: startSeconds + 59 }],
    ['issued-in-future', { iat: startSeconds + 61 }, { iat: startSeconds + 59 }],
    ['malformed', { exp: 'tomorrow' }, { exp: undefined }],
  ] as const)(
    '%s beyond the skew of 60 seconds, and accepted within',
    async (reason, bad, good) => {
      const identifier = identifierFor();
      const token = await signToken(keys.ES256, claims(bad));
      expect(await identify(identifier, token)).toMatchObject({
        kind: 'invalid',
        reason,
        claims: { subject: 'user-1' },
      });
      const twin = await signToken(keys.ES256, claims(good));
      expect((await identify(identifier, twin)).kind).toBe('verified-signature');
    },
  );
});

describe('the audience', () => {
  const trusting = (audience: readonly string[] | undefined) =>
    identifierFor([{ issuer: issuer.issuer, jwksUri: issuer.jwksUri, audience }]);

  it.each([['https://a.example'], [['x', 'https://b.example']]])(
    'fits when one of the configured ones is in %j',
    async (aud) => {
      const token = await signToken(keys.ES256, claims({ aud }));
      const identifier = trusting(['https://a.example', 'https://b.example']);
      expect((await identify(identifier, token)).kind).toBe('verified-signature');
    },
  );

  it.each([['https://c.example'], [['x']], [undefined]])(
    'does not fit with %j, but only when one is configured',
    async (aud) => {
      const token = await signToken(keys.ES256, claims({ aud }));
      expect(await identify(trusting(['https://a.example']), token)).toMatchObject({
        kind: 'invalid',
        reason: 'audience-mismatch',
      });
      expect((await identify(trusting(undefined), token)).kind).toBe('verified-signature');
      expect((await identify(trusting([]), token)).kind).toBe('verified-signature');
    },
  );
});

describe('the issuer', () => {
  it('that is not configured causes no fetch and leaves claims unverified', async () => {
    const stranger = await makeSigningKey('ES256', 'ec');
    other.behaviour.keys = [stranger.publicJwk];
    const token = await signToken(stranger, claims({ iss: other.issuer }));
    const found = identifierFor().identify([`Bearer ${token}`]);
    expect(found.resolved).toMatchObject({
      kind: 'unverified-claims',
      reason: 'issuer-unknown',
      claims: { issuer: other.issuer },
    });
    expect([...issuer.hits, ...other.hits]).toEqual([]);
  });

  it.each([
    ['with a slash more', (iss: string) => `${iss}/`],
    ['in a list', (iss: string) => [iss]],
    ['in capitals', (iss: string) => iss.toUpperCase()],
    ['absent', () => undefined],
  ])('is compared exactly: %s it is unknown', async (_, change) => {
    const token = await signToken(keys.ES256, claims({ iss: change(issuer.issuer) }));
    expect(await identify(identifierFor(), token)).toMatchObject({ reason: 'issuer-unknown' });
  });

  it('may be missing from the configuration altogether', async () => {
    const token = await signToken(keys.ES256, claims());
    expect(identifierFor([]).identify([`Bearer ${token}`]).resolved).toMatchObject({
      kind: 'unverified-claims',
      reason: 'no-issuer-configured',
      claims: { subject: 'user-1' },
    });
    expect(issuer.hits).toEqual([]);
  });
});

describe('other Authorization values', () => {
  it('no value is anonymous', () => {
    expect(identifierFor().identify([]).resolved).toEqual({ kind: 'anonymous' });
  });

  it('two values are invalid, even when each is good alone', async () => {
    const token = await signToken(keys.ES256, claims());
    const identifier = identifierFor();
    expect(identifier.identify([`Bearer ${token}`, `Bearer ${token}`]).resolved).toEqual({
      kind: 'invalid',
      reason: 'several-authorization-headers',
    });
    expect((await identify(identifier, token)).kind).toBe('verified-signature');
  });

  it.each(['bearer', 'BEARER'])(
    'the scheme %s is the same, and spaces do not matter',
    async (s) => {
      const token = await signToken(keys.ES256, claims());
      const identity = await identifierFor().identify([`${s}   ${token} `]).resolved;
      expect(identity).toEqual(await identify(identifierFor(), token));
    },
  );

  it.each([
    ['Basic dXNlcjpwYXNz', 'Basic'],
    ['basic dXNlcjpwYXNz', 'Basic'],
    ['DPoP eyJhbGciOiJFUzI1NiJ9.e30.AA', 'DPoP'],
    ['AWS4-HMAC-SHA256 Credential=AK/2026/x, SignedHeaders=host, Signature=ff', 'AWS4-HMAC-SHA256'],
    ['sEcReT dXNlcjpwYXNz', 'other'],
    ['Bearer 1f0cb8a6-8f4e-4b6f-a1f5-0d9d4a0a7c11', 'Bearer'],
    ['Bearer a.b', 'Bearer'],
    [`Bearer ${encode({ alg: 'dir', enc: 'A256GCM' })}..aa.bb.cc`, 'Bearer'],
    [`Bearer ${encode({ alg: 'ES256' })}.bm90IGpzb24.AA`, 'Bearer'],
    [`Bearer ${encode([1])}.${encode({})}.AA`, 'Bearer'],
    [`Bearer ${Buffer.from('<saml2:Assertion/>').toString('base64url')}`, 'Bearer'],
  ])('%s is opaque, of scheme %s', (value, scheme) => {
    const identity = identifierFor().identify([value]).resolved;
    expect(identity).toMatchObject({ kind: 'opaque-unidentified', scheme });
  });

  it.each([
    '',
    'Bearer',
    'Bearer ',
    'token-without-scheme',
    'Bearer a b',
    'Bearer tökén',
    'B\u0000',
  ])('%j is malformed', (value) => {
    const identity = identifierFor().identify([value]).resolved;
    expect(identity).toMatchObject({ kind: 'invalid', reason: 'malformed' });
  });

  it('a value of more than 16 KB is not looked into, one of 16 KB is', () => {
    const identifier = identifierFor([]);
    const payload = encode({ sub: 'x' });
    const head = `Bearer ${encode({ alg: 'ES256' })}.${payload}.`;
    const fits = head + 'A'.repeat(16 * 1024 - head.length);
    expect(identifier.identify([fits]).resolved).toMatchObject({ kind: 'unverified-claims' });
    expect(identifier.identify([`${fits}A`]).resolved).toMatchObject({
      kind: 'invalid',
      reason: 'too-large',
    });
  });

  it('none of them makes it throw or reject', async () => {
    const identifier = identifierFor();
    const part = fc.oneof(fc.string(), fc.json().map(encode), fc.base64String());
    const value = fc.oneof(
      fc.string({ unit: 'binary' }),
      part.map((text) => `Bearer ${text}`),
      fc
        .tuple(
          fc.dictionary(fc.string(), fc.jsonValue()),
          fc.dictionary(fc.string(), fc.jsonValue()),
        )
        .map(
          ([h, p]) =>
            `Bearer ${encode({ alg: 'ES256', ...h })}.${encode({ iss: issuer.issuer, ...p })}.AA`,
        ),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(value, { maxLength: 2 }), async (values) => {
        const { provisional, resolved } = identifier.identify(values);
        const identity = await resolved;
        expect(provisional.kind).not.toBe('verified-signature');
        expect(identity.kind).not.toBe('verified-signature');
      }),
      { numRuns: 300 },
    );
  });
});

describe('hostile payloads', () => {
  it('are data: prototype names, deep nesting, control characters and long strings', async () => {
    const identifier = identifierFor();
    const sub = 'a\u0000\n\u001b[31m';
    const json = `{"iss":"${issuer.issuer}","sub":${JSON.stringify(sub)},"__proto__":{"azp":"evil","jti":"evil"},"constructor":{"sub":"x"},"name":"${'n'.repeat(5000)}","deep":${'['.repeat(3000)}${']'.repeat(3000)}}`;
    const token = await signRaw(keys.ES256, json);
    const identity = await identify(identifier, token);
    expect(identity).toMatchObject({
      kind: 'verified-signature',
      claims: { subject: sub, name: 'n'.repeat(1024) },
    });
    const found = (identity as Extract<Identity, { kind: 'verified-signature' }>).claims;
    expect(found.clientId).toBeUndefined();
    expect(found.tokenId).toBeUndefined();
    expect(JSON.stringify(identity)).not.toContain('evil');
    expect(({} as Record<string, unknown>)['azp']).toBeUndefined();
  });

  it('leave nothing of what is not on the list', async () => {
    const secret = 'canary-client-secret-4711';
    const token = await signToken(
      keys.ES256,
      claims({ client_secret: secret, jwks: { keys: [{ d: secret }] }, act: { sub: secret } }),
    );
    const found = identifierFor().identify([`Bearer ${token}`]);
    expect(JSON.stringify([found.provisional, await found.resolved])).not.toContain(secret);
  });
});

describe('the digest of a token', () => {
  const digestOf = (identity: Identity) => ('tokenDigest' in identity ? identity.tokenDigest : '');

  it('is the same for the same token, differs for another token, key or key id', async () => {
    const make = (fill: number, tokenDigestKeyId: string) =>
      createIdentifier({
        issuers: [],
        upstreamBases: [],
        tokenDigestKey: new Uint8Array(32).fill(fill),
        tokenDigestKeyId,
        clock: () => new Date(nowMs),
      });
    const of = async (identifier: Identifier, token: string) =>
      digestOf(await identify(identifier, token));
    const reference = await of(make(1, 'k1'), 'opaque-1');
    expect(reference).toMatch(/^urn:fhir-chaperone:token-hmac-sha256:k1:[\w-]{43}$/);
    expect(await of(make(1, 'k1'), 'opaque-1')).toBe(reference);
    expect(await of(make(1, 'k1'), 'opaque-2')).not.toBe(reference);
    expect(await of(make(2, 'k1'), 'opaque-1')).not.toBe(reference);
    expect(await of(make(1, 'k2'), 'opaque-1')).toContain(':k2:');
  });

  it('needs a key of 32 bytes', () => {
    const make = (length: number) => () =>
      createIdentifier({
        issuers: [],
        upstreamBases: [],
        tokenDigestKey: new Uint8Array(length),
        tokenDigestKeyId: 'k1',
        clock: () => new Date(nowMs),
      });
    expect(make(31)).toThrow(RangeError);
    expect(make(32)).not.toThrow();
  });
});

describe('no credential comes out', () => {
  it('whatever the Authorization value was', async () => {
    const good = await signToken(keys.ES256, claims());
    const forged = `${good.slice(0, -8)}AAAAAAAA`;
    const uuid = '1f0cb8a6-8f4e-4b6f-a1f5-0d9d4a0a7c11';
    const values = [
      `Bearer ${good}`,
      `Bearer ${forged}`,
      `Bearer ${await signToken(keys.ES256, claims({ iss: 'https://unknown.example' }))}`,
      `Bearer ${await signToken(keys.ES256, claims({ exp: 1 }))}`,
      `Bearer ${await signToken(keys.ES256, claims({ typ: 'Refresh' }))}`,
      good,
      `${good} x`,
      `Token ${good}`,
      `Bearer ${uuid}`,
      uuid,
      `Basic ${Buffer.from('user:pass-canary').toString('base64')}`,
      `Bearer ${good}${'A'.repeat(17_000)}`,
      `AWS4-HMAC-SHA256 Credential=AKIACANARY, Signature=${'ab'.repeat(32)}`,
    ];
    const identifier = identifierFor();
    issuer.behaviour.keys = [keys.ES256.publicJwk];
    for (const value of values) {
      const found = identifier.identify([value]);
      const out = JSON.stringify([found.provisional, await found.resolved, warnings]);
      for (const secret of value.split(/[ .=,:]+/).filter((word) => word.length >= 12)) {
        if (secret === 'AWS4-HMAC-SHA256') continue;
        expect(out).not.toContain(secret);
        expect(out).not.toContain(secret.slice(-12));
      }
    }
    issuer.behaviour.mode = 'down';
    nowMs += 48 * 3_600_000;
    const later = await identify(
      identifier,
      await signToken(keys.ES256, claims({ exp: undefined })),
    );
    expect(later).toMatchObject({ reason: 'keys-unavailable' });
    expect(warnings).toHaveLength(1);
    expect(warnings.join()).not.toContain('eyJ');
  });
});

async function signRaw(key: SigningKey, json: string): Promise<string> {
  const { CompactSign } = await import('jose');
  return new CompactSign(new TextEncoder().encode(json))
    .setProtectedHeader({ alg: key.algorithm, kid: String(key.keyId) })
    .sign(key.privateKey);
}
