/** How the real endpoint is found, for how long it is kept, and what is never taken for one. */
import { describe, expect, it } from 'vitest';
import {
  createAuthorizationEndpoint,
  type AuthorizationEndpoint,
  type FetchedDocument,
} from '../../../gateway/smart/authorization-endpoint.ts';
import { oauthUrisUrl } from '../../../gateway/smart/discovery-documents.ts';

const configurationOf = (authorization_endpoint: unknown, maxAgeMs?: number): FetchedDocument => ({
  kind: 'document',
  json: { authorization_endpoint },
  maxAgeMs,
});
const capabilitiesOf = (...urls: readonly string[]): FetchedDocument => ({
  kind: 'document',
  json: {
    rest: [
      {
        security: {
          extension: urls.map((valueUri) => ({
            url: oauthUrisUrl,
            extension: [{ url: 'authorize', valueUri }],
          })),
        },
      },
    ],
  },
  maxAgeMs: undefined,
});
const absent: FetchedDocument = { kind: 'absent' };
const failed: FetchedDocument = { kind: 'failed' };

interface World {
  configuration: FetchedDocument;
  capabilities: FetchedDocument;
  nowMs: number;
  readonly asked: string[];
  readonly endpoint: AuthorizationEndpoint;
}

function world(configuration: FetchedDocument, capabilities = absent, configured?: string): World {
  const made: Omit<World, 'endpoint'> = {
    configuration,
    capabilities,
    nowMs: 1_000_000,
    asked: [],
  };
  const endpoint = createAuthorizationEndpoint({
    configured,
    fetchDocument: (what, requestId) => {
      made.asked.push(`${what} ${requestId}`);
      return Promise.resolve(what === 'configuration' ? made.configuration : made.capabilities);
    },
    upstreamBase: 'https://ehr.example.org/api/R4',
    authorizeUrl: 'https://gw.example.org/fhir/auth/authorize',
    clock: () => new Date(made.nowMs),
  });
  return Object.assign(made, { endpoint });
}

const found = (url: string): unknown => ({ kind: 'found', url });

describe('the endpoint', () => {
  it('is that of smart-configuration, asked for with the id of the exchange', async () => {
    const { endpoint, asked } = world(configurationOf('https://auth.example.org/a'));
    expect(await endpoint.find('r1')).toEqual(found('https://auth.example.org/a'));
    expect(asked).toEqual(['configuration r1']);
  });

  it('is that of the CapabilityStatement when smart-configuration has none', async () => {
    const statement = capabilitiesOf('http://[malformed', 'https://auth.example.org/b');
    for (const first of [absent, failed, configurationOf(undefined), configurationOf('')]) {
      const { endpoint } = world(first, statement);
      expect(await endpoint.find('r')).toEqual(found('https://auth.example.org/b'));
    }
  });

  it('is the configured one, and nothing is asked', async () => {
    const { endpoint, asked } = world(absent, absent, 'https://auth.example.org/c');
    expect(await endpoint.find('r')).toEqual(found('https://auth.example.org/c'));
    expect(asked).toEqual([]);
  });

  it('may be relative to the base of the upstream', async () => {
    const { endpoint } = world(configurationOf('oauth/authorize'));
    expect(await endpoint.find('r')).toEqual(
      found('https://ehr.example.org/api/R4/oauth/authorize'),
    );
  });

  it.each([
    'https://gw.example.org/fhir/auth/authorize',
    'https://GW.example.org:443/fhir/auth/authorize?x',
    'javascript:alert(1)',
    'file:///etc/passwd',
    'https://user@auth.example.org/a',
    'https://auth.example.org/a#b',
    'https://auth.example.org/a\r\nX: y',
  ])('is never %j', async (url) => {
    const { endpoint } = world(configurationOf(url));
    expect(await endpoint.find('r')).toEqual({ kind: 'none' });
  });
});

describe('what was found', () => {
  it('serves for five minutes, or as long as the upstream says', async () => {
    const one = world(configurationOf('https://auth.example.org/a', 3_600_000));
    await one.endpoint.find('r1');
    one.nowMs += 299_999;
    await one.endpoint.find('r2');
    expect(one.asked).toHaveLength(1);
    one.nowMs += 1;
    await one.endpoint.find('r3');
    expect(one.asked).toEqual(['configuration r1', 'configuration r3']);
    const other = world(configurationOf('https://auth.example.org/a', 0));
    await other.endpoint.find('r1');
    await other.endpoint.find('r2');
    expect(other.asked).toHaveLength(2);
  });

  it('serves for an hour while the upstream fails, and no longer', async () => {
    const one = world(configurationOf('https://auth.example.org/a'));
    await one.endpoint.find('r');
    Object.assign(one, { configuration: failed, capabilities: failed });
    one.nowMs += 3_600_000;
    expect(await one.endpoint.find('r')).toEqual(found('https://auth.example.org/a'));
    one.nowMs += 2001;
    expect(await one.endpoint.find('r')).toEqual({ kind: 'unavailable' });
  });

  it('is asked for once, however many wait for it', async () => {
    const one = world(configurationOf('https://auth.example.org/a', 0));
    await Promise.all(Array.from({ length: 50 }, () => one.endpoint.find('r')));
    expect(one.asked).toHaveLength(1);
  });
});

describe('a failure', () => {
  it('is asked about again after a pause', async () => {
    const one = world(failed, failed);
    expect(await one.endpoint.find('r')).toEqual({ kind: 'unavailable' });
    const { length } = one.asked;
    await one.endpoint.find('r');
    expect(one.asked).toHaveLength(length);
    one.nowMs += 2000;
    one.configuration = configurationOf('https://auth.example.org/a');
    expect(await one.endpoint.find('r')).toEqual(found('https://auth.example.org/a'));
  });
});
