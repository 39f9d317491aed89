/** The authorization redirect over real sockets: what the browser gets, and what is recorded. */
import { LedgerFault } from '../../audit/ledger/index.ts';
import { afterEach, describe, expect, it } from 'vitest';
import { detailOf, detailsOf } from '../support/face-under-test.ts';
import { headerOf } from '../support/recording-upstream.ts';
import type { RawAnswer } from '../support/raw-client.ts';
import {
  handleDigest,
  jsonAnswer,
  startSmartFace,
  statusAnswer,
  type SmartFaceSettings,
  type SmartTestFace,
} from '../support/smart-face.ts';
import { wrapped } from '../support/wrapped-ledger.ts';
import { oauthUrisUrl } from '../../gateway/smart/discovery-documents.ts';

const wellKnown = '.well-known/smart-configuration';
const endpoint = 'https://auth.example.org/tenant/authorize';
const form = 'Content-Type: application/x-www-form-urlencoded';
const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';
const faces: SmartTestFace[] = [];

async function start(settings: SmartFaceSettings = {}): Promise<SmartTestFace> {
  const face = await startSmartFace(settings);
  faces.push(face);
  face.serve({ [wellKnown]: jsonAnswer({ authorization_endpoint: endpoint }) });
  return face;
}

afterEach(async () => {
  for (const face of faces.splice(0)) await face.stop();
});

const asked = (query: string): string => `GET /fhir/auth/authorize?${query}`;

function expectDiscreet(answer: RawAnswer): void {
  expect(answer.headers['cache-control']).toBe('no-store');
  expect(answer.headers['referrer-policy']).toBe('no-referrer');
}

describe('an authorization request by GET', () => {
  it('goes on with the audience swapped and every other byte equal (T9, T12, T13)', async () => {
    const face = await start();
    const own = encodeURIComponent(face.base);
    const rest =
      'client_id=vitals&redirect_uri=https%3A%2F%2Fapp.example%2Fcb%3Fa%3Db&state=a+b%2B%F0%9F%98%80&x&x=1&launch=h%7e&code_challenge_method=S256&code_challenge=' +
      challenge;
    const upstream = encodeURIComponent(face.upstream.base);
    for (const value of [own, `${own}%2F`, face.base, own.replace('http', 'HTTP')]) {
      const answer = await face.send(asked(`${rest}&aud=${value}&resource=https://b.example`));
      expect(answer.status).toBe(302);
      expect(answer.headers['location']).toBe(
        `${endpoint}?${rest}&aud=${upstream}&resource=https://b.example`,
      );
      expect(answer.body).toHaveLength(0);
      expectDiscreet(answer);
    }
  });

  it('is answered with the audience that is configured, character by character', async () => {
    const face = await start({ smart: { audience: 'https://ehr.example.org/fhir/' } });
    const answer = await face.send(asked(`aud=${face.base}`));
    expect(answer.headers['location']).toBe(
      `${endpoint}?aud=${encodeURIComponent('https://ehr.example.org/fhir/')}`,
    );
  });

  it('leaves every other audience as it is (T10, T11)', async () => {
    const face = await start();
    for (const query of [
      `aud=${face.base}/x`,
      'aud=https://gw.example.evil/fhir',
      `aud=${face.base.replace('http://', 'http://gw@')}`,
      'client_id=a',
    ]) {
      const answer = await face.send(asked(query));
      expect(answer.headers['location']).toBe(`${endpoint}?${query}`);
      expect(detailOf(face.eventOf(answer), 'audience-swapped')).toBe('0');
    }
  });

  it('is on record with who asked for what, and with no secret (T16)', async () => {
    const face = await start();
    const answer = await face.send(
      asked(
        `response_type=code&client_id=vitals&scope=launch+patient/*.rs&redirect_uri=https://app.example/cb&launch=SECRET1&state=SECRET2&nonce=SECRET3&login_hint=SECRET4&id_token_hint=SECRET5&aud=${face.base}&code_challenge=${challenge}&code_challenge_method=S256`,
      ),
    );
    const event = face.eventOf(answer);
    expect(event.subtype?.[0]?.code).toBe('authorization-request');
    expect(event.agent[0]?.who).toEqual({
      identifier: { value: 'vitals' },
      display: 'vitals (unverified)',
    });
    expect(detailOf(event, 'requested-scopes')).toBe('launch patient/*.rs');
    expect(detailOf(event, 'audience')).toBe(face.base);
    expect(detailOf(event, 'audience-swapped')).toBe('1');
    expect(detailOf(event, 'launch-digest')).toBe(handleDigest('launch', 'SECRET1'));
    expect(detailOf(event, 'state-digest')).toBe(handleDigest('state', 'SECRET2'));
    expect(detailOf(event, 'code-challenge')).toBe(challenge);
    expect(detailOf(event, 'authorization-server')).toBe('https://auth.example.org');
    expect(detailOf(event, 'request-line')).toContain('launch=redacted&state=redacted');
    expect(JSON.stringify(event)).not.toContain('SECRET');
    expect(face.gateway.logged.join()).not.toContain('SECRET');
    expect(JSON.stringify(face.upstream.seen)).not.toContain('SECRET');
  });

  it('with a signed request goes on untouched, and the record warns (T14)', async () => {
    const face = await start();
    const query = 'client_id=a&request=eyJhbGciOiJub25lIn0.eyJhdWQiOiJ4In0.SECRET';
    const answer = await face.send(asked(query));
    expect(answer.headers['location']).toBe(`${endpoint}?${query}`);
    const event = face.eventOf(answer);
    expect(detailsOf(event, 'authorization-warning')).toEqual(['signed-request']);
    expect(JSON.stringify(event)).not.toContain('eyJ');
  });

  it('cannot choose where it goes (T15)', async () => {
    const face = await start({ gateway: { trustedProxies: ['127.0.0.1'] } });
    const headers = [
      'X-Forwarded-Host: evil.example',
      'X-Forwarded-Proto: ftp',
      'Forwarded: host=evil.example',
      'X-Original-URL: //evil.example',
    ];
    const answer = await face.send(asked('a=b&authorization_endpoint=//evil.example'), headers);
    expect(answer.headers['location']).toBe(
      `${endpoint}?a=b&authorization_endpoint=//evil.example`,
    );
    expect(JSON.stringify(face.upstream.seen)).not.toContain('evil');
    const { length } = face.upstream.seen;
    expect((await face.send(asked('a=b'), ['Host: evil.example'])).status).toBe(421);
    for (const target of [
      '//evil.example/fhir/auth/authorize',
      'http://evil.example/fhir/auth/authorize',
    ]) {
      const refused = await face.send(`GET ${target}?state=SECRET`);
      expect(refused.status).toBe(400);
      expect(refused.headers['location']).toBeUndefined();
      expect(JSON.stringify(face.eventOf(refused))).not.toContain('SECRET');
    }
    expect(face.upstream.seen).toHaveLength(length);
  });

  it('is the gateway’s own under every spelling of its path, and never forwarded', async () => {
    const face = await start();
    for (const path of [
      '/fhir/auth/authorize/',
      '/fhir/%61uth/authorize',
      '/fhir/auth/authorize',
    ]) {
      expect((await face.send(`GET ${path}?a=b`)).status, path).toBe(302);
    }
    expect((await face.send('HEAD /fhir/auth/authorize?a=b')).headers['location']).toBe(
      `${endpoint}?a=b`,
    );
    expect(face.upstream.seen.map(({ target }) => target)).toEqual([`/fhir/${wellKnown}`]);
  });

  it('is taken whatever a browser accepts', async () => {
    const face = await start();
    const answer = await face.send(asked('a=b'), ['Accept: text/html,application/xhtml+xml']);
    expect(answer.status).toBe(302);
  });
});

describe('an authorization request by POST', () => {
  it('goes on as a GET while its URL is short', async () => {
    const face = await start();
    const body = `client_id=a&aud=${encodeURIComponent(face.base)}&state=SECRET%2B+x`;
    const answer = await face.send('POST /fhir/auth/authorize?t=1', [form], body);
    expect(answer.status).toBe(303);
    expect(answer.headers['location']).toBe(
      `${endpoint}?t=1&client_id=a&aud=${encodeURIComponent(face.upstream.base)}&state=SECRET%2B+x`,
    );
    expectDiscreet(answer);
    const event = face.eventOf(answer);
    expect(detailOf(event, 'state-digest')).toBe(handleDigest('state', 'SECRET+ x'));
    expect(JSON.stringify(event)).not.toContain('SECRET');
  });

  it('with 20 KB of scopes goes on by a page that posts it (T13)', async () => {
    const face = await start();
    const scope = Array.from({ length: 900 }, (_, i) => `patient/Type${String(i)}.rs`).join('+');
    const body = `scope=${scope}&aud=${face.base}&state=%22%3E%3Cscript%3E%26%C3%A9&redirect_uri=https://app.example/cb`;
    expect(body.length).toBeGreaterThan(16_000);
    const answer = await face.send('POST /fhir/auth/authorize?t=1', [form], body);
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
    expectDiscreet(answer);
    const policy = answer.headers['content-security-policy'] ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain('unsafe');
    expect(policy).toContain('form-action https://auth.example.org https://app.example;');
    const page = answer.body.toString();
    expect(page).toContain(`<form method="post" accept-charset="utf-8" action="${endpoint}?t=1">`);
    expect(page).toContain(`name="aud" value="${face.upstream.base}"`);
    expect(page).toContain('name="state" value="&#34;&#62;&#60;script&#62;&#38;é"');
    expect(page).toContain('<button type="submit">');
    expect(page).toContain(scope.replaceAll('+', ' '));
    expect(detailOf(face.eventOf(answer), 'http-status')).toBe('200');
  });

  it.each<readonly [string, readonly string[], string, number, string]>([
    ['JSON', ['Content-Type: application/json'], '{"state":"SECRET"}', 415, 'form-expected'],
    ['of no type', [], 'state=SECRET', 415, 'form-expected'],
    ['compressed', [form, 'Content-Encoding: gzip'], 'SECRET', 415, 'body-encoding-unknown'],
    ['of a megabyte', [form], `state=${'SECRET'.repeat(200_000)}`, 413, 'body-too-large'],
  ])('%s is refused and recorded', async (_, headers, body, status, reason) => {
    const face = await start();
    const answer = await face.send('POST /fhir/auth/authorize?state=SECRET', headers, body);
    expect(answer.status).toBe(status);
    const event = face.eventOf(answer);
    expect(detailOf(event, 'refusal-reason')).toBe(reason);
    expect(JSON.stringify(event)).not.toContain('SECRET');
  });
});

describe('any other method', () => {
  it.each(['PUT', 'DELETE', 'PATCH', 'OPTIONS'])('%s is 405', async (method) => {
    const face = await start();
    const answer = await face.send(`${method} /fhir/auth/authorize?state=SECRET`);
    expect(answer.status).toBe(405);
    expect(answer.headers['allow']).toBe('GET, HEAD, POST');
    expect(JSON.stringify(face.eventOf(answer))).not.toContain('SECRET');
    expect(face.upstream.seen).toEqual([]);
  });
});

describe('the real endpoint', () => {
  it('is asked for with the request id of the exchange, once for all of five minutes', async () => {
    const face = await start();
    const answers = await Promise.all([1, 2, 3, 4].map(() => face.send(asked('a=b'))));
    const ids = answers.map((answer) => answer.headers['x-request-id']);
    expect(face.upstream.seen).toHaveLength(1);
    const [seen] = face.upstream.seen;
    if (seen === undefined) throw new Error('nothing seen');
    expect(ids).toContain(headerOf(seen, 'x-request-id'));
    expect(seen.headers.map(([name]) => name)).not.toContain('authorization');
  });

  it('is that of the CapabilityStatement when there is no smart-configuration', async () => {
    const face = await start();
    const extension = [{ url: 'authorize', valueUri: `${endpoint}?x=1` }];
    face.serve({
      [wellKnown]: undefined,
      metadata: jsonAnswer({
        rest: [{ security: { extension: [{ url: oauthUrisUrl, extension }] } }],
      }),
    });
    const answer = await face.send(asked('a=b'));
    expect(answer.headers['location']).toBe(`${endpoint}?x=1&a=b`);
  });

  it('is the configured one, and the upstream is not asked', async () => {
    const face = await start({ smart: { authorizationEndpoint: 'https://sso.example.org/auth' } });
    const answer = await face.send(asked('a=b'));
    expect(answer.headers['location']).toBe('https://sso.example.org/auth?a=b');
    expect(face.upstream.seen).toEqual([]);
  });

  it.each<readonly [string, Parameters<SmartTestFace['serve']>[0], number, string]>([
    ['is not named', { [wellKnown]: undefined }, 502, 'authorization-endpoint-unknown'],
    [
      'is a script',
      { [wellKnown]: jsonAnswer({ authorization_endpoint: 'javascript:alert(1)' }) },
      502,
      'authorization-endpoint-unknown',
    ],
    [
      'cannot be asked for',
      { [wellKnown]: statusAnswer('503 No'), metadata: statusAnswer('503 No') },
      503,
      'authorization-endpoint-unavailable',
    ],
  ])('that %s ends the request, on record', async (_, documents, status, reason) => {
    const face = await start();
    face.serve(documents);
    const answer = await face.send(asked('client_id=vitals&state=SECRET'));
    expect(answer.status).toBe(status);
    expect(answer.headers['location']).toBeUndefined();
    expect(JSON.parse(answer.body.toString())).toMatchObject({ resourceType: 'OperationOutcome' });
    const event = face.eventOf(answer);
    expect(event.subtype?.[0]?.code).toBe('authorization-request');
    expect(event.outcome).toBe('12');
    expect(detailOf(event, 'refusal-reason')).toBe(reason);
    expect(event.agent[0]?.who?.identifier?.value).toBe('vitals');
  });

  it('that is the gateway itself is never followed', async () => {
    const face = await start();
    face.serve({
      [wellKnown]: jsonAnswer({ authorization_endpoint: `${face.base}/auth/authorize` }),
    });
    expect((await face.send(asked('a=b'))).status).toBe(502);
  });
});

describe('without a durable record', () => {
  const failing = { fails: false };

  it.each<readonly [string, Parameters<typeof wrapped>[1]]>([
    [
      'because the append fails',
      {
        append: () =>
          Promise.reject(new LedgerFault({ code: 'LEDGER_FULL', message: 'no', fatal: false })),
      },
    ],
    ['because the ledger is not ready', { state: { kind: 'full' } }],
  ])('no browser is sent on, %s', async (_, over) => {
    const face = await start({
      wrapLedger: (ledger) =>
        new Proxy(ledger, {
          get: (_target, key) =>
            Reflect.get(
              failing.fails ? wrapped(ledger, over) : wrapped(ledger, {}),
              key,
            ) as unknown,
        }),
      smart: { launches: [{ name: 'vitals', launchUrl: 'https://app.example' }] },
    });
    const iss = encodeURIComponent(face.upstream.base);
    for (const path of ['auth/authorize?a=b', `launch/vitals?iss=${iss}&launch=x`]) {
      failing.fails = true;
      const response = await fetch(`${face.base}/${path}`, { redirect: 'manual' });
      expect([response.status, response.headers.get('location')]).toEqual([503, null]);
      failing.fails = false;
      expect((await face.send(`GET /fhir/${path}`)).status).toBe(302);
    }
  });
});
