/**
 * The key cache of one issuer: how often it fetches, from where, and what it does when it cannot.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createIssuerKeys, readDiscovery } from '../../smart/issuer-keys.ts';
import type { IssuerKeys } from '../../smart/issuer-keys.ts';
import { makeSigningKey, startFakeIssuer } from '../support/fake-issuer.ts';
import type { FakeIssuer } from '../support/fake-issuer.ts';

const minuteMs = 60_000;
const first = await makeSigningKey('ES256', 'first');
const second = await makeSigningKey('ES256', 'second');

let issuer: FakeIssuer;
let other: FakeIssuer;
let nowMs: number;
let warnings: string[];

beforeEach(async () => {
  issuer = await startFakeIssuer([first]);
  other = await startFakeIssuer([second]);
  nowMs = Date.UTC(2026, 5, 1);
  warnings = [];
});

afterEach(async () => {
  await issuer.close();
  await other.close();
});

function keysOf(options: { issuer?: string; jwksUri?: string | undefined } = {}): IssuerKeys {
  return createIssuerKeys({
    issuer: issuer.issuer,
    jwksUri: issuer.jwksUri,
    ...options,
    clock: () => new Date(nowMs),
    onWarning: (text) => warnings.push(text),
  });
}

async function kindOf(keys: IssuerKeys, keyId: string | undefined = 'first'): Promise<string> {
  return (await keys.lookup('ES256', keyId)).kind;
}

describe('fetching', () => {
  it('happens when a key is first needed, once for all who wait', async () => {
    const keys = keysOf();
    expect(issuer.hits).toEqual([]);
    await Promise.all(Array.from({ length: 50 }, () => kindOf(keys)));
    expect(issuer.hits).toEqual(['/jwks']);
  });

  it.each([
    ['no Cache-Control', undefined, 5],
    ['max-age below the least', 'max-age=10', 5],
    ['no-store', 'no-store', 5],
    ['max-age within bounds', 'public, max-age=1200', 20],
    ['max-age above the most', 'max-age=99999999', 24 * 60],
  ])('is repeated after the time of the answer: %s', async (_, cacheControl, minutes) => {
    issuer.behaviour.cacheControl = cacheControl;
    const keys = keysOf();
    await kindOf(keys);
    nowMs += minutes * minuteMs - 1;
    await kindOf(keys);
    expect(issuer.hits).toHaveLength(1);
    nowMs += 1;
    await kindOf(keys);
    expect(issuer.hits).toHaveLength(2);
  });

  it('finds the key set by the discovery document when no URL is configured', async () => {
    expect(await kindOf(keysOf({ jwksUri: undefined }))).toBe('found');
    expect(issuer.hits).toEqual(['/.well-known/openid-configuration', '/jwks']);
  });

  it('refuses a discovery document of another issuer, or without a key set', async () => {
    for (const discovery of [{ issuer: other.issuer }, { jwks_uri: undefined }, { jwks_uri: 7 }]) {
      issuer.behaviour.discovery = discovery;
      expect(await kindOf(keysOf({ jwksUri: undefined }))).toBe('keys-unavailable');
    }
    expect(issuer.hits).not.toContain('/jwks');
    expect(warnings).toHaveLength(3);
  });

  it('says that an issuer that is not a URL needs a configured key set', async () => {
    const keys = keysOf({ issuer: 'urn:oid:1.2.3', jwksUri: undefined });
    expect(await kindOf(keys)).toBe('keys-unavailable');
    expect(warnings.join()).toContain('jwksUri');
  });

  it('is not sent to this machine by a document from elsewhere', () => {
    const read = (from: string, jwks_uri: string) =>
      readDiscovery('i', new URL(from), { issuer: 'i', jwks_uri });
    const remote = 'https://as.example.org/.well-known/openid-configuration';
    for (const own of ['https://localhost/x', 'https://127.0.0.1:9/x', 'http://[::1]/x']) {
      expect(read(remote, own)).toHaveProperty('reason');
      expect(read('http://localhost:1/', own)).toBe(own);
    }
    expect(read(remote, 'https://keys.example.org/x')).toBe('https://keys.example.org/x');
  });

  it('uses plain http on loopback only', async () => {
    // 0.0.0.0 reaches this machine on most systems but is no loopback name, so a hit is possible.
    const elsewhere = issuer.jwksUri.replace('127.0.0.1', '0.0.0.0');
    expect(await kindOf(keysOf({ jwksUri: elsewhere }))).toBe('keys-unavailable');
    issuer.behaviour.discovery = { jwks_uri: elsewhere };
    expect(await kindOf(keysOf({ jwksUri: undefined }))).toBe('keys-unavailable');
    expect(issuer.hits).toEqual(['/.well-known/openid-configuration']);
    const loopback = issuer.jwksUri.replace('127.0.0.1', 'localhost');
    issuer.behaviour.discovery = {};
    expect(['found', 'keys-unavailable']).toContain(await kindOf(keysOf({ jwksUri: loopback })));
    expect(await kindOf(keysOf())).toBe('found');
  });
});

describe('an answer that is no key set', () => {
  it('that redirects is not followed', async () => {
    issuer.behaviour.mode = 'redirect';
    issuer.behaviour.redirectTo = other.jwksUri;
    expect(await kindOf(keysOf(), 'second')).toBe('keys-unavailable');
    expect(other.hits).toEqual([]);
    expect(warnings.join()).toContain('302');
  });

  it.each(['oversized', 'not-json', 'error', 'down'] as const)('%s is refused', async (mode) => {
    issuer.behaviour.mode = mode;
    expect(await kindOf(keysOf())).toBe('keys-unavailable');
    expect(warnings).toHaveLength(1);
    issuer.behaviour.mode = 'up';
    expect(await kindOf(keysOf())).toBe('found');
  });

  it('is refused when it has no list of keys', async () => {
    issuer.behaviour.keys = undefined as unknown as unknown[];
    expect(await kindOf(keysOf())).toBe('keys-unavailable');
  });

  it('leaves the usable keys when others in it are not', async () => {
    issuer.behaviour.keys = [
      null,
      7,
      {},
      { kty: 'EC' },
      { kty: 'XYZ', kid: 'first' },
      first.publicJwk,
    ];
    expect(await kindOf(keysOf())).toBe('found');
  });
});

describe('an unknown kid', () => {
  it('causes one refetch, which finds a rotated key', async () => {
    const keys = keysOf();
    await kindOf(keys);
    issuer.behaviour.keys = [second.publicJwk];
    expect(await kindOf(keys, 'second')).toBe('found');
    expect(issuer.hits).toHaveLength(2);
  });

  it('causes no more than one refetch in 30 seconds, a thousand times asked', async () => {
    const keys = keysOf();
    const ask = () =>
      Promise.all(Array.from({ length: 1000 }, (_, n) => kindOf(keys, `unknown-${String(n)}`)));
    expect(new Set(await ask())).toEqual(new Set(['key-unknown']));
    await ask();
    nowMs += 29_999;
    await ask();
    expect(issuer.hits).toHaveLength(2);
    nowMs += 1;
    await ask();
    expect(issuer.hits).toHaveLength(3);
  });
});

describe('a kid that is absent or not unique', () => {
  it('makes every fitting key a candidate, 16 at most', async () => {
    issuer.behaviour.keys = Array.from({ length: 40 }, () => ({ ...first.publicJwk, kid: 'same' }));
    for (const keyId of [undefined, 'same']) {
      const lookup = await keysOf().lookup('ES256', keyId);
      expect(lookup.kind === 'found' && lookup.keys.length).toBe(16);
    }
  });

  it('prefers the named key and falls back to keys without a name', async () => {
    issuer.behaviour.keys = [{ ...second.publicJwk, kid: undefined }, first.publicJwk];
    const lookup = await keysOf().lookup('ES256', 'first');
    expect(lookup.kind === 'found' && lookup.keys.map((key) => key.keyId)).toEqual([
      'first',
      undefined,
    ]);
  });
});

describe('while the issuer is down', () => {
  it('the known keys serve for 24 hours past their time, then no longer', async () => {
    const keys = keysOf();
    await kindOf(keys);
    issuer.behaviour.mode = 'down';
    nowMs += 5 * minuteMs + 24 * 60 * minuteMs - 1;
    expect(await kindOf(keys)).toBe('found');
    nowMs += 1;
    expect(await kindOf(keys)).toBe('keys-unavailable');
  });

  it('it is asked every 10 seconds at most, and used again when it is back', async () => {
    issuer.behaviour.mode = 'down';
    const keys = keysOf();
    await kindOf(keys);
    await kindOf(keys);
    const hits = issuer.hits.length;
    nowMs += 9_999;
    expect(await kindOf(keys)).toBe('keys-unavailable');
    expect(issuer.hits).toHaveLength(hits);
    issuer.behaviour.mode = 'up';
    nowMs += 1;
    expect(await kindOf(keys)).toBe('found');
  });

  it('a stalled answer is given up after 5 seconds', { timeout: 15_000 }, async () => {
    issuer.behaviour.mode = 'stall';
    expect(await kindOf(keysOf())).toBe('keys-unavailable');
    expect(warnings.join()).toContain('in time');
  });
});
