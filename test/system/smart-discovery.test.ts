/** SMART discovery through the gateway, over real sockets: what an app and a browser get to see. */
import { createRequire } from 'node:module';
import { afterEach, describe, expect, it } from 'vitest';
import { oauthUrisUrl } from '../../gateway/smart/discovery-documents.ts';
import { detailOf } from '../support/face-under-test.ts';
import { headerOf, startRecordingUpstream } from '../support/recording-upstream.ts';
import {
  gzipAnswer,
  jsonAnswer,
  startSmartFace,
  statusAnswer,
  type SmartFaceSettings,
  type SmartTestFace,
} from '../support/smart-face.ts';

const wellKnown = '.well-known/smart-configuration';
const asked = `GET /fhir/${wellKnown}`;
const faces: SmartTestFace[] = [];

async function start(settings: SmartFaceSettings = {}): Promise<SmartTestFace> {
  const face = await startSmartFace(settings);
  faces.push(face);
  return face;
}

afterEach(async () => {
  for (const face of faces.splice(0)) await face.stop();
});

/** Like those of the large vendors: hazards included. */
function configuration(upstream: string, authorize = 'https://auth.example.org/authorize'): string {
  return `{
 "issuer": "${upstream}",
 "jwks_uri": "${upstream}/keys",
 "authorization_endpoint": "${authorize}",
 "token_endpoint": "https://auth.example.org/hosts/${upstream.replace('http://', '')}/token",
 "management_endpoint": "${upstream}",
 "introspection_endpoint": "${upstream}/introspect",
 "revocation_endpoint": "https://auth.example.org/revoke",
 "registration_endpoint": "https://auth.example.org/register",
 "grant_types_supported" : [ "authorization_code" ],
 "capabilities": ["launch-ehr", "launch-standalone"],
 "code_challenge_methods_supported": ["S256"],
 "dpop_vendor_hint": { "reference": "${upstream}/Patient/1", "n": 1e2 }
}
`;
}

function statement(upstream: string): unknown {
  const child = (url: string, valueUri: string): unknown => ({ url, valueUri });
  return {
    resourceType: 'CapabilityStatement',
    url: `${upstream}/metadata`,
    implementation: { description: 'x', url: upstream },
    rest: [
      {
        security: {
          extension: [
            { url: oauthUrisUrl, extension: [child('authorize', 'http://[malformed')] },
            {
              url: oauthUrisUrl,
              extension: [
                child('token', `${upstream}/token`),
                child('authorize', 'https://auth.example.org/authorize'),
              ],
            },
          ],
        },
      },
    ],
  };
}

describe('smart-configuration', () => {
  it('has the gateway as its authorization endpoint, and every other byte of the upstream (T1, T4)', async () => {
    const face = await start();
    const text = configuration(face.upstream.base);
    face.serve({ [wellKnown]: jsonAnswer(text, ['ETag: "a"', 'Last-Modified: x']) });
    const answer = await face.send(asked);
    expect(answer.status).toBe(200);
    expect(answer.body.toString()).toBe(
      text.replace('https://auth.example.org/authorize', `${face.base}/auth/authorize`),
    );
    expect(answer.headers['content-length']).toBe(String(answer.body.length));
    expect(answer.headers['etag']).toBeUndefined();
    expect(answer.headers['last-modified']).toBeUndefined();
    const event = face.eventOf(answer);
    expect(event.subtype?.[0]?.code).toBe('capabilities');
    expect(event.outcome).toBe('0');
  });

  it.each(['application/fhir+xml', 'application/fhir+json', 'text/html', '*/*', 'image/png'])(
    'is application/json for one who accepts %s (T1)',
    async (accept) => {
      const face = await start();
      face.serve({ [wellKnown]: jsonAnswer(configuration(face.upstream.base)) });
      const answer = await face.send(asked, [`Accept: ${accept}`]);
      expect(answer.status).toBe(200);
      expect(answer.headers['content-type']).toBe('application/json');
      expect(face.upstream.seen.map((it) => headerOf(it, 'accept'))).toEqual(['application/json']);
    },
  );

  it.each(['application/fhir+json; charset=utf-8', 'application/octet-stream', 'text/plain'])(
    'is application/json when the upstream calls it %s',
    async (type) => {
      const face = await start();
      const [text = ''] = jsonAnswer(configuration(face.upstream.base)) as readonly string[];
      face.serve({ [wellKnown]: [text.replace('application/json', type)] });
      const answer = await face.send(asked);
      expect(answer.headers['content-type']).toBe('application/json');
      expect(answer.body.toString()).toContain(`${face.base}/auth/authorize`);
    },
  );

  it('that is no JSON at all is withheld', async () => {
    const face = await start();
    face.serve({ [wellKnown]: jsonAnswer('<html>') });
    expect((await face.send(asked)).status).toBe(502);
  });

  it('has relative endpoints made absolute against the upstream (T3)', async () => {
    const face = await start();
    face.serve({
      [wellKnown]: jsonAnswer({
        authorization_endpoint: 'oauth/authorize',
        token_endpoint: 'oauth/token',
      }),
    });
    expect(JSON.parse((await face.send(asked)).body.toString())).toEqual({
      authorization_endpoint: `${face.base}/auth/authorize`,
      token_endpoint: `${face.upstream.base}/oauth/token`,
    });
  });

  it('that comes compressed is released with the right length and coding (T7)', async () => {
    const face = await start();
    const text = configuration(face.upstream.base);
    face.serve({ [wellKnown]: gzipAnswer(text, ['ETag: W/"z"']) });
    const answer = await face.send(asked, ['Accept-Encoding: gzip']);
    expect(answer.headers['content-encoding']).toBeUndefined();
    expect(answer.headers['content-length']).toBe(String(answer.body.length));
    expect(answer.headers['etag']).toBeUndefined();
    expect(JSON.parse(answer.body.toString())).toMatchObject({
      authorization_endpoint: `${face.base}/auth/authorize`,
    });
  });

  it('is found under every spelling of its path', async () => {
    const face = await start();
    face.serve({ [wellKnown]: jsonAnswer(configuration(face.upstream.base)) });
    const spelled = '.well-known/smart%2Dconfiguration';
    face.serve({ [spelled]: jsonAnswer(configuration(face.upstream.base)) });
    const answer = await face.send(`GET /fhir/${spelled}`);
    expect(answer.body.toString()).toContain(`${face.base}/auth/authorize`);
  });

  it('is never asked for with the validators of an app', async () => {
    const face = await start();
    face.serve({ [wellKnown]: jsonAnswer(configuration(face.upstream.base)) });
    await face.send(asked, ['If-None-Match: "a"', 'If-Modified-Since: x']);
    const [seen] = face.upstream.seen;
    expect(seen?.headers.map(([name]) => name)).not.toContain('if-none-match');
    expect(seen?.headers.map(([name]) => name)).not.toContain('if-modified-since');
  });
});

describe('an upstream without smart-configuration', () => {
  it('says so, and its CapabilityStatement still leads to the gateway (T5, T6)', async () => {
    const face = await start();
    face.serve({ metadata: jsonAnswer(statement(face.upstream.base), ['ETag: "a"']) });
    expect((await face.send(asked)).status).toBe(404);
    const answer = await face.send('GET /fhir/metadata');
    const wanted = JSON.stringify(statement(face.upstream.base))
      .replace('https://auth.example.org/authorize', `${face.base}/auth/authorize`)
      .replace(
        `"description":"x","url":"${face.upstream.base}"`,
        `"description":"x","url":"${face.base}"`,
      );
    expect(answer.body.toString()).toBe(wanted);
    expect(answer.headers['etag']).toBeUndefined();
  });

  it('may have it elsewhere, where no credential of an app is sent', async () => {
    const elsewhere = await startRecordingUpstream();
    elsewhere.answerWith(() => jsonAnswer(configuration('http://ehr.example.org/fhir')));
    const face = await start({
      smart: { configurationUrl: `http://${elsewhere.host}/tenant/configuration?a=b` },
    });
    try {
      const answer = await face.send(asked, [
        'Authorization: Bearer s3cr3t',
        'X-Api-Key: s3cr3t',
        'Cookie: a=s3cr3t',
      ]);
      expect(answer.body.toString()).toContain(`${face.base}/auth/authorize`);
      expect(face.upstream.seen).toEqual([]);
      expect(elsewhere.seen.map(({ target }) => target)).toEqual(['/tenant/configuration?a=b']);
      expect(JSON.stringify(elsewhere.seen)).not.toContain('s3cr3t');
      expect(headerOf(elsewhere.seen[0] ?? never(), 'x-request-id')).toBe(
        answer.headers['x-request-id'],
      );
    } finally {
      await elsewhere.close();
    }
  });
});

describe('an upstream that fails', () => {
  it('is stood in for by the last good copy, and the record says so (T6)', async () => {
    const face = await start({ gateway: { cookieAllowList: ['a'] } });
    const text = configuration(face.upstream.base);
    face.serve({ [wellKnown]: jsonAnswer(text, ['Set-Cookie: a=b', 'Cache-Control: max-age=60']) });
    const good = await face.send(asked);
    expect(good.headers['set-cookie']).toBe('a=b');
    for (const status of ['500 Error', '503 Unavailable']) {
      face.serve({ [wellKnown]: statusAnswer(status) });
      const answer = await face.send(asked);
      expect(answer.status).toBe(200);
      expect(answer.body.toString()).toBe(good.body.toString());
      expect(answer.headers['content-type']).toBe('application/json');
      expect(answer.headers['cache-control']).toBe('max-age=60');
      expect(answer.headers['age']).toBe('0');
      expect(answer.headers['set-cookie']).toBeUndefined();
      const event = face.eventOf(answer);
      expect(event.outcome).toBe('4');
      expect(detailOf(event, 'http-status')).toBe('200');
      expect(detailOf(event, 'upstream-status')).toBe(status.slice(0, 3));
      expect(detailOf(event, 'copy-age-seconds')).toBe('0');
    }
    const head = await face.send(`HEAD /fhir/${wellKnown}`);
    expect([head.status, head.headers['content-length']]).toEqual([200, String(good.body.length)]);
    face.serve({ [wellKnown]: statusAnswer('404 Not Found') });
    expect((await face.send(asked)).status).toBe(404);
  });

  it('is stood in for when it cannot be reached, for an hour', async () => {
    let nowMs = Date.now();
    const face = await start();
    const clocked = await start({
      gateway: {
        record: {
          origin: face.gateway.ledger.origin,
          upstreamBase: 'http://x/fhir',
          softwareVersion: '0',
          clock: () => new Date(nowMs),
          newId: () => `01J${String((nowMs += 1)).padStart(23, '0')}`,
        },
      },
    });
    clocked.serve({ [wellKnown]: jsonAnswer(configuration('http://x/fhir')) });
    await clocked.send(asked);
    await clocked.upstream.close();
    nowMs += 3_599_000;
    const answer = await clocked.send(asked);
    expect(answer.status).toBe(200);
    expect(Number(answer.headers['age'])).toBeGreaterThan(3598);
    expect(detailOf(clocked.eventOf(answer), 'unreachable-reason')).toBe('connect');
    nowMs += 2000;
    expect((await clocked.send(asked)).status).toBe(502);
  });

  it('without a good copy fails as always', async () => {
    const face = await start();
    face.serve({ [wellKnown]: statusAnswer('503 Unavailable') });
    const answer = await face.send(asked);
    expect(answer.status).toBe(503);
    expect(detailOf(face.eventOf(answer), 'copy-age-seconds')).toBeUndefined();
  });

  it('is stood in for when it breaks the connection', async () => {
    const face = await start();
    face.serve({ [wellKnown]: jsonAnswer(configuration(face.upstream.base)) });
    await face.send(asked);
    face.serve({ [wellKnown]: [{ do: 'reset' }] });
    const answer = await face.send(asked);
    expect(answer.status).toBe(200);
    expect(detailOf(face.eventOf(answer), 'unreachable-reason')).toBe('reset');
  });
});

describe('a script of any origin', () => {
  it.each([wellKnown, 'metadata'])('may read %s, without credentials', async (path) => {
    const face = await start({ gateway: { allowedOrigins: ['https://one.example'] } });
    face.serve({ [path]: jsonAnswer({ resourceType: 'CapabilityStatement' }) });
    const origin = 'Origin: https://any.example';
    for (const spelled of [path, `${path}?a=b`, path.replace('a', '%61')]) {
      face.serve({ [path.replace('a', '%61')]: jsonAnswer({ a: 1 }) });
      const answer = await face.send(`GET /fhir/${spelled}`, [origin]);
      expect(answer.headers['access-control-allow-origin'], spelled).toBe('*');
      expect(answer.headers['access-control-allow-credentials']).toBeUndefined();
    }
    const preflight = await face.send(`OPTIONS /fhir/${path}`, [
      origin,
      'Access-Control-Request-Method: GET',
      'Access-Control-Request-Headers: accept',
    ]);
    expect(preflight.status).toBe(204);
    expect(preflight.headers['access-control-allow-origin']).toBe('*');
    expect(preflight.headers['access-control-allow-headers']).toBe('accept');
  });

  it('may read nothing else', async () => {
    const face = await start({ gateway: { allowedOrigins: ['https://one.example'] } });
    const origin = 'Origin: https://any.example';
    for (const path of ['Patient/1', 'metadata/x', '.well-known/other']) {
      const answer = await face.send(`GET /fhir/${path}`, [origin]);
      expect(answer.headers['access-control-allow-origin'], path).toBeUndefined();
    }
    const preflight = await face.send('OPTIONS /fhir/Patient/1', [
      origin,
      'Access-Control-Request-Method: GET',
    ]);
    expect(preflight.status).toBe(403);
  });
});

describe('fhirclient', () => {
  interface Smart {
    fetchWellKnownJson(base: string): Promise<Record<string, unknown>>;
    getSecurityExtensions(base: string): Promise<Record<string, unknown>>;
  }
  const smart = createRequire(import.meta.url)('fhirclient/lib/smart') as Smart;

  it('finds the gateway in smart-configuration, PKCE kept (T8)', async () => {
    const face = await start();
    face.serve({ [wellKnown]: jsonAnswer(configuration(face.upstream.base)) });
    expect(await smart.getSecurityExtensions(face.base)).toMatchObject({
      authorizeUri: `${face.base}/auth/authorize`,
      codeChallengeMethods: ['S256'],
    });
    expect(await smart.fetchWellKnownJson(face.base)).toMatchObject({
      issuer: face.upstream.base,
    });
  });

  it('finds the gateway in the CapabilityStatement', async () => {
    const face = await start();
    const plain = statement(face.upstream.base) as {
      rest: { security: { extension: unknown[] } }[];
    };
    plain.rest[0]?.security.extension.shift();
    face.serve({ metadata: jsonAnswer(plain) });
    expect(await smart.getSecurityExtensions(face.base)).toMatchObject({
      authorizeUri: `${face.base}/auth/authorize`,
      tokenUri: `${face.upstream.base}/token`,
    });
  });
});

function never(): never {
  throw new Error('not there');
}
