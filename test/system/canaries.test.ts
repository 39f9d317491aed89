/**
 * Promise 5 from outside: a distinct secret in every place where one can stand, sent through the
 * shipped command, and then every stored byte, log line, metric and error searched for each of them.
 */
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openReader } from '../../audit/ledger/index.ts';
import { filesBelow, findSecret, formsOf, leaksIn } from '../support/canary-search.ts';
import { startGateway } from '../support/gateway-process.ts';
import type { GatewayProcess } from '../support/gateway-process.ts';
import { sendRaw, waitFor } from '../support/raw-client.ts';
import { answerText, patientBody, startRecordingUpstream } from '../support/recording-upstream.ts';
import type { RecordingUpstream } from '../support/recording-upstream.ts';

const secrets = new Map<string, string>();

/** A new secret, made of characters that no encoding changes unless it changes all. */
function secret(name: string): string {
  const value = `Zq${randomBytes(15).toString('hex')}Kx`;
  secrets.set(name, value);
  return value;
}

const everyByte = (text: string): string =>
  [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

function jwt(name: string): string {
  const payload = {
    iss: 'https://issuer.example',
    sub: 'user-1',
    name: 'Dr. Synthetic',
    scope: 'patient/*.rs',
    exp: 4_000_000_000,
    client_secret: secret(`${name}: claim client_secret`),
    password: secret(`${name}: claim password`),
    jwks: { keys: [{ kty: 'RSA', d: secret(`${name}: private key in claim jwks`) }] },
    cnf: { jwk: { k: secret(`${name}: key in claim cnf`) } },
    nonce: secret(`${name}: claim nonce`),
    ehr_token: secret(`${name}: an unknown claim`),
    extensions: { token: secret(`${name}: an unknown extension`) },
  };
  const signature = secret(`${name}: signature`);
  return `${part({ alg: 'RS256', kid: 'a', x5c: [secret(`${name}: in the header`)] })}.${part(payload)}.${signature}`;
}

/** Set before the requests are made. */
let launchIss = '';
const form = 'application/x-www-form-urlencoded';

interface Asked {
  readonly name: string;
  readonly line: string;
  readonly headers?: readonly string[];
  readonly body?: string;
}

/** Requests that carry a secret, each in a place of its own. */
function requests(): readonly Asked[] {
  const read = 'GET /fhir/Patient/1 HTTP/1.1';
  const header = (name: string, text: (value: string) => string, line = read): Asked => ({
    name,
    line,
    headers: [text(secret(name))],
  });
  const target = (name: string, text: (value: string) => string, method = 'GET'): Asked => ({
    name,
    line: `${method} ${text(secret(name))} HTTP/1.1`,
  });
  const search = (name: string, body: (value: string) => string): Asked => ({
    name,
    line: 'POST /fhir/Patient/_search HTTP/1.1',
    headers: [`Content-Type: ${form}`],
    body: body(secret(name)),
  });
  const create = (name: string, type: string, body: (value: string) => string): Asked => ({
    name,
    line: 'POST /fhir/Patient HTTP/1.1',
    headers: [`Content-Type: ${type}`],
    body: body(secret(name)),
  });
  return [
    header('an opaque bearer', (it) => `Authorization: Bearer ${it}`),
    { name: 'a JWT', line: read, headers: [`Authorization: Bearer ${jwt('JWT')}`] },
    header('Basic', (it) => `Authorization: Basic ${Buffer.from(`user:${it}`).toString('base64')}`),
    header('DPoP', (it) => `Authorization: DPoP ${it}`),
    header('an unknown scheme', (it) => `Authorization: Frob ${it}`),
    header('the secret as the scheme', (it) => `Authorization: ${it} x`),
    header('no scheme', (it) => `Authorization: ${it}`),
    header('a malformed bearer', (it) => `Authorization: Bearer a ${it}`),
    {
      name: 'two Authorization headers',
      line: read,
      headers: [
        `Authorization: Bearer ${secret('first of two Authorization headers')}`,
        `Authorization: Bearer ${secret('second of two Authorization headers')}`,
      ],
    },
    header('a cookie', (it) => `Cookie: JSESSIONID=${it}`),
    header('an allowed cookie', (it) => `Cookie: route=${it}`),
    header('Proxy-Authorization', (it) => `Proxy-Authorization: Basic ${it}`),
    header('X-Api-Key', (it) => `X-Api-Key: ${it}`),
    header('Ocp-Apim-Subscription-Key', (it) => `Ocp-Apim-Subscription-Key: ${it}`),
    header('X-Auth-Token', (it) => `X-Auth-Token: ${it}`),
    header('Referer', (it) => `Referer: https://app.example/?access_token=${it}`),
    header(
      'If-None-Exist',
      (it) => `If-None-Exist: identifier=a&access_token=${it}`,
      'POST /fhir/Patient HTTP/1.1',
    ),
    ...[
      'access_token',
      'ACCESS_TOKEN',
      '%61ccess_token',
      'access%5Ftoken',
      '%2561ccess_token',
      '+access_token',
      'client_secret',
      'client_assertion',
      'id_token',
      'refresh_token',
      'code_verifier',
      'launch',
      'password',
      'apikey',
      'api_key',
      'subject_token',
    ].map((name) => target(`query ${name}`, (it) => `/fhir/Patient?name=a&${name}=${it}&_count=1`)),
    target(
      'query access_token, every byte encoded',
      (it) => `/fhir/Patient?access_token=${everyByte(it)}`,
    ),
    target(
      'query access_token among malformed escapes',
      (it) => `/fhir/Patient?%zz&access_token=${it}`,
    ),
    target(
      'query access_token with a malformed escape in its name',
      (it) => `/fhir/Patient?access_token%zz=${it}`,
    ),
    target(
      'query access_token behind a semicolon',
      (it) => `/fhir/Patient?name=a;access_token=${it}`,
    ),
    target(
      'a token in a URL in a query',
      (it) => `/fhir/Patient?url=https%3A%2F%2Fa%3Faccess_token%3D${it}`,
    ),
    target('a token in a fragment', (it) => `/fhir/Patient#access_token=${it}`),
    target('a token in a path parameter', (it) => `/fhir/Patient;access_token=${it}/1`),
    target(
      'a token of a conditional delete',
      (it) => `/fhir/Patient?identifier=a&access_token=${it}`,
      'DELETE',
    ),
    target('a token of an operation', (it) => `/fhir/Patient/1/$everything?access_token=${it}`),
    ...[
      ...['launch', 'state', 'nonce', 'code', 'login_hint', 'id_token_hint', 'request'],
      ...['request_uri', 'code_verifier', 'session_state', 'an_unknown_one', '%73tate'],
    ].flatMap((name) => [
      target(
        `${name} of an authorization request`,
        (it) => `/fhir/auth/authorize?a=b&${name}=${it}`,
      ),
      target(
        `${name} of a launch`,
        (it) => `/fhir/launch/vitals?${launchIss}&launch=x&${name}=${it}`,
      ),
      target(`${name} of a refused launch`, (it) => `/fhir/launch/nobody?a=b&${name}=${it}`),
      target(
        `${name} of a refused authorization request`,
        (it) => `/fhir/auth/authorize?a=b&${name}=${it}`,
        'PUT',
      ),
      target(`${name} outside of the base`, (it) => `/auth/authorize?a=b&${name}=${it}`),
      {
        name: `${name} in an authorization form`,
        line: 'POST /fhir/auth/authorize HTTP/1.1',
        headers: [`Content-Type: ${form}`],
        body: `client_id=a&${name}=${secret(`${name} in an authorization form`)}`,
      },
    ]),
    target('a plain code_challenge', (it) => `/fhir/auth/authorize?code_challenge=${it}`),
    target('redirect_uri', (it) => `/fhir/auth/authorize?redirect_uri=https://a.example?b=${it}`),
    target('userinfo of aud', (it) => `/fhir/auth/authorize?aud=https%3A%2F%2Fa:${it}%40b.example`),
    target('query of aud', (it) => `/fhir/auth/authorize?aud=https%3A%2F%2Fb.example%3Fa%3D${it}`),
    target('a token outside of the base', (it) => `/elsewhere?access_token=${it}`),
    target(
      'a token behind a refused format',
      (it) => `/fhir/Patient?_format=xml&access_token=${it}`,
    ),
    target('userinfo of an absolute target', (it) => `http://user:${it}@localhost/fhir/Patient/1`),
    target('userinfo behind two slashes', (it) => `//user:${it}@localhost/fhir/Patient/1`),
    target('userinfo of CONNECT', (it) => `user:${it}@localhost:443`, 'CONNECT'),
    { name: 'a JWT in the path', line: `GET /fhir/Patient/${jwt('JWT in the path')} HTTP/1.1` },
    {
      name: 'a JWT as a search value',
      line: `GET /fhir/Patient?_id=${jwt('JWT as a value')} HTTP/1.1`,
    },
    search('a token in a form', (it) => `name=a&access_token=${it}`),
    search('a token in a form, its name encoded', (it) => `name=a&access%5ftoken=${it}`),
    search('a secret in a form', (it) => `client_secret=${it}&name=a`),
    search('an assertion in a form', (it) => `client_assertion_type=x&client_assertion=${it}`),
    create(
      'a token in a create',
      'application/fhir+json',
      (it) => `{"resourceType":"Patient","token":"${it}"}`,
    ),
    create('a token in a refused body', 'text/plain', (it) => `access_token=${it}`),
    header('a token in an unparsable request', (it) => `Authorization: Bearer ${it}\r\nX(: y`),
    target('a token in an unparsable target', (it) => `/fhir/Patient?access_token=${it} x`),
    { name: 'a token in garbage', line: `access_token=${secret('a token in garbage')}` },
    {
      name: 'a preflight',
      line: `OPTIONS /fhir/Patient?access_token=${secret('a preflight')} HTTP/1.1`,
      headers: ['Origin: https://app.example', 'Access-Control-Request-Method: GET'],
    },
  ];
}

/** Answers that carry a secret, by the path that asks for them. */
function answers(): ReadonlyMap<string, string> {
  const json = 'Content-Type: application/fhir+json';
  const of = (name: string): string => secret(`answer: ${name}`);
  return new Map([
    [
      'cookie',
      answerText(
        '200 OK',
        [json, `Set-Cookie: JSESSIONID=${of('Set-Cookie')}`, `X-Auth-Token: ${of('X-Auth-Token')}`],
        patientBody,
      ),
    ],
    [
      'challenge',
      answerText(
        '401 Unauthorized',
        [`WWW-Authenticate: Bearer error="${of('WWW-Authenticate')}"`],
        '',
      ),
    ],
    [
      'redirect',
      answerText(
        '307 Temporary Redirect',
        [`Location: /fhir/Patient/1?access_token=${of('Location')}`],
        '',
      ),
    ],
    [
      'created',
      answerText(
        '201 Created',
        [
          `Location: /fhir/Patient/1/_history/1?access_token=${of('Location of a create')}`,
          `Content-Location: /fhir/Patient/1?access_token=${of('Content-Location')}`,
        ],
        '',
      ),
    ],
    [
      'issue',
      answerText(
        '400 Bad Request',
        [json],
        `{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"security","diagnostics":"token ${of('diagnostics')}"}]}`,
      ),
    ],
    [
      'page',
      answerText(
        '500 Error',
        ['Content-Type: text/html'],
        `<p>access_token=${of('an error page')}</p>`,
      ),
    ],
    [
      'self',
      answerText(
        '200 OK',
        [json],
        `{"resourceType":"Bundle","type":"searchset","link":[{"relation":"self","url":"http://x/fhir/Patient?access_token=${of('a link')}"}]}`,
      ),
    ],
    [
      'type',
      answerText('200 OK', [`Content-Type: application/pdf; token=${of('Content-Type')}`], '%PDF'),
    ],
    ['broken', `HTTP/1.1 200 OK\r\nX(: ${of('a broken header')}\r\n\r\n`],
    [
      'short',
      answerText('200 OK', [json, 'Content-Length: 900'], undefined) + of('half an answer'),
    ],
    ['opaque', answerText('200 OK', ['Content-Type: text/plain'], of('an uninspectable answer'))],
  ]);
}

let upstream: RecordingUpstream;
let gateway: GatewayProcess;
let folder: string;
/** Everything that came out of the gateway by itself, and must hold no secret. */
const said = new Map<string, Buffer>();
const control = `Control${randomBytes(12).toString('hex')}`;

async function ask(url: string, asked: Asked): Promise<void> {
  const { port, host } = new URL(url);
  const { line, headers = [], body = '', name } = asked;
  const before = upstream.seen.length;
  const length = body === '' ? [] : [`Content-Length: ${String(body.length)}`];
  const text = [line, `Host: ${host}`, ...headers, ...length, 'Connection: close'].join('\r\n');
  const run = await sendRaw({ port: Number(port), steps: [`${text}\r\n\r\n${body}`], answers: 1 });
  expect(run.answers, name).toHaveLength(1);
  // A browser that is sent on takes its own parameters along.
  const isSentOn = /^30[23]$/.test(String(run.answers[0]?.status));
  if (upstream.seen.length === before && !isSentOn) said.set(`error: ${name}`, run.bytes);
}

async function review(
  path: string,
  headers: Readonly<Record<string, string>>,
  body?: string,
): Promise<string> {
  const method = body === undefined ? 'GET' : 'POST';
  const answer = await fetch(`${gateway.reviewUrl}${path}`, {
    method,
    headers,
    ...(body === undefined ? {} : { body }),
  });
  const text = await answer.text();
  said.set(`review: ${path} ${Object.keys(headers).join()}`, Buffer.from(text));
  return text;
}

async function askReview(): Promise<void> {
  const own = { Authorization: `Bearer ${gateway.readerToken}` };
  secrets.set('the reader’s own token', gateway.readerToken);
  secrets.set('the operator’s token', gateway.operatorToken);
  await review('/AuditEvent?_count=1000', own);
  await review(`/AuditEvent?access_token=${gateway.readerToken}`, own);
  await review(`/AuditEvent?patient=${gateway.readerToken}`, own);
  await review(`/AuditEvent/${gateway.readerToken}`, own);
  await review(`/AuditEvent?access_token=${secret('review: query')}`, {});
  await review('/AuditEvent?', { Authorization: `Bearer ${secret('review: unknown bearer')}` });
  await review('/AuditEvent?a', { Authorization: `Basic ${secret('review: Basic')}` });
  await review('/AuditEvent', { Authorization: `Bearer ${gateway.operatorToken}` });
  await review('/AuditEvent?b', { ...own, Cookie: `a=${secret('review: cookie')}` });
  await review(
    '/AuditEvent/_search',
    { ...own, 'Content-Type': form },
    `access_token=${secret('review: form')}`,
  );
  for (const probe of ['livez', 'readyz', 'metrics']) {
    const answer = await fetch(new URL(`/${probe}`, gateway.reviewUrl));
    said.set(probe, Buffer.from(await answer.text()));
  }
}

function stored(): ReadonlyMap<string, Buffer> {
  return filesBelow(folder, (path) => /[/\\]keys[/\\]|\.token$|chaperone\.yaml$/.test(path));
}

/** Bodies of all leaves: in the files they may be cut by a page's end. */
function leaves(): Buffer[] {
  const [file = ''] = [...stored().keys()].filter(
    (path) => /\d+\.sqlite$|\.db$/.test(path) && !/index/.test(path),
  );
  const reader = openReader(join(file, '..'));
  try {
    return reader.read(0, reader.size()).map((leaf) => Buffer.from(leaf.body ?? []));
  } finally {
    reader.close();
  }
}

beforeAll(async () => {
  upstream = await startRecordingUpstream();
  folder = await mkdtemp(join(tmpdir(), 'chaperone-canaries-'));
  launchIss = `iss=${encodeURIComponent(upstream.base)}`;
  gateway = await startGateway({
    upstream: upstream.base,
    // Ours, so that it is still there after the stop.
    directory: folder,
    config: {
      gateway: { cookieAllowList: ['route'], cors: { allowedOrigins: ['https://app.example'] } },
      smart: {
        discovery: { authorizationEndpoint: 'https://auth.example/authorize' },
        launches: [{ name: 'vitals', launchUrl: 'https://app.example/launch' }],
      },
      limits: { refusalsPerPeerPerMinute: 10_000 },
    },
  });
  await ask(gateway.appUrl, {
    name: 'control',
    line: `GET /fhir/Patient?family=${control} HTTP/1.1`,
  });
  for (const asked of requests()) await ask(gateway.appUrl, asked);
  for (const [name, answer] of answers()) {
    const isEnd = name === 'short' || name === 'broken';
    upstream.answerWith(() => [answer, ...(isEnd ? [{ do: 'end' as const }] : [])]);
    const line =
      name === 'created'
        ? 'POST /fhir/Patient HTTP/1.1'
        : name === 'type'
          ? 'GET /fhir/Binary/1 HTTP/1.1'
          : 'GET /fhir/Patient/1 HTTP/1.1';
    const headers = name === 'created' ? ['Content-Type: application/fhir+json'] : [];
    await ask(gateway.appUrl, {
      name: `answer ${name}`,
      line,
      headers,
      ...(name === 'created' ? { body: '{}' } : {}),
    });
  }
  await askReview();
}, 60_000);

afterAll(async () => {
  await upstream.close();
  await rm(folder, { recursive: true, force: true });
});

describe('the search for secrets', () => {
  const value = `Zq${randomBytes(15).toString('hex')}Kx`;

  it.each([...formsOf(value)])('finds one that is there as %s', (_, bytes) => {
    expect(
      findSecret(Buffer.concat([Buffer.from('before'), bytes, Buffer.from('after')]), value),
    ).not.toEqual([]);
  });

  it.each<readonly [string, string]>([
    ['percent-encoded', everyByte(value)],
    ['percent-encoded twice', everyByte(everyByte(value))],
    ['with JSON escapes', everyByte(value).replaceAll('%', '\\u00')],
    ['percent-encoded in base64', Buffer.from(`GET /?a=${everyByte(value)}`).toString('base64')],
    ...['', 'x', 'xy'].map(
      (before) =>
        [
          `in base64 behind ${JSON.stringify(before)}`,
          Buffer.from(`${before}${value}--`).toString('base64'),
        ] as const,
    ),
  ])('finds one that is there %s', (_, text) => {
    expect(findSecret(Buffer.from(`{"a":"${text}"}`), value)).not.toEqual([]);
  });

  it('finds nothing where there is nothing', () => {
    expect(findSecret(Buffer.from(`${value.slice(1)} ${value.slice(0, -1)}`), value)).toEqual([]);
  });

  it('reads what the ledger holds: text that belongs in a record is found', async () => {
    const all = new Map([['control', control]]);
    expect(leaksIn(stored(), all).map((it) => it.form)).toEqual(
      expect.arrayContaining([expect.stringMatching(/base64/)]),
    );
    await waitFor(() => leaves().some((body) => findSecret(body, control).length > 0));
  });

  it('would find a secret in a file of the data folder', () => {
    const [[name, planted] = ['', '']] = secrets;
    const path = join(gateway.ledgerDirectory, 'planted');
    writeFileSync(path, `x${Buffer.from(planted).toString('base64')}`);
    expect(leaksIn(stored(), secrets).map((it) => [it.secret, it.where])).toContainEqual([
      name,
      path,
    ]);
    writeFileSync(path, '');
  });
});

describe('no secret', () => {
  it('was kept from the upstream that needs it', () => {
    const all = JSON.stringify(upstream.seen);
    for (const name of [
      'an opaque bearer',
      'DPoP',
      'X-Api-Key',
      'a token in a form',
      'an allowed cookie',
    ]) {
      expect(all, name).toContain(secrets.get(name));
    }
    expect(all).not.toContain(secrets.get('a cookie'));
  });

  it('is in any stored byte while the gateway runs', () => {
    expect(leaksIn(stored(), secrets)).toEqual([]);
    expect(
      leaksIn(new Map(leaves().map((body, at) => [`leaf ${String(at)}`, body])), secrets),
    ).toEqual([]);
    expect(leaves().length).toBeGreaterThan(secrets.size / 2);
  });

  it('is in any metric, error or answer of the review face', () => {
    // What a reader asked for is in the page that answers it, and nowhere else.
    const echoes = /^review: \/AuditEvent\?(?:_count|patient)/;
    const without = new Map([...said].filter(([where]) => !echoes.test(where)));
    expect(leaksIn(without, secrets)).toEqual([]);
    expect(said.size).toBeGreaterThan(20);
  });

  it('is in any stored byte or line of output after a stop', async () => {
    await gateway.stop();
    expect(stored().size).toBeGreaterThan(2);
    expect(leaksIn(stored(), secrets)).toEqual([]);
    const output = new Map([
      ['stdout', Buffer.from(gateway.stdout())],
      ['stderr', Buffer.from(gateway.stderr())],
    ]);
    expect(gateway.stdout()).toContain('ready');
    expect(leaksIn(output, secrets)).toEqual([]);
  });
});
