/**
 * Bytes from a client that no HTTP library would send, and what must come of them: the answer, what
 * the upstream believes it received, and what is recorded. Each row holds the general rules too
 * (`face-under-test.ts`): seen upstream = recorded, an answer names its record, the next is served.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startFace, summaries } from '../support/face-under-test.ts';
import type { Face } from '../support/face-under-test.ts';
import { leave, waitFor } from '../support/raw-client.ts';
import type { ClientStep } from '../support/raw-client.ts';
import { answerText, hang, headerOf, patientBody } from '../support/recording-upstream.ts';

interface Row {
  readonly name: string;
  /** `HOST` stands for the right one. */
  readonly send: string;
  readonly status: number;
  /** Empty: the upstream saw nothing. Else `METHOD target body` of what it saw. */
  readonly seen?: readonly string[];
  /** See `summaries`. */
  readonly recorded: string;
}

const json = 'Content-Type: application/fhir+json';
const patient = '{"resourceType":"Patient"}';
const chunkedPatient = `1a\r\n${patient}\r\n0\r\n\r\n`;
const smuggled = 'GET /fhir/Patient/smuggled HTTP/1.1\r\nHost: x\r\n\r\n';
const inChunk = `${smuggled.length.toString(16)}\r\n${smuggled}\r\n0\r\n\r\n`;
const read = ['GET /fhir/Patient/1 '];
const created = [`POST /fhir/Patient ${patient}`];
const malformed = 'event malformed-request 8';

function get(target: string, ...headers: readonly string[]): string {
  return message(`GET ${target} HTTP/1.1`, ['Host: HOST', ...headers], '');
}

function message(line: string, headers: readonly string[], body: string): string {
  return `${[line, ...headers].join('\r\n')}\r\n\r\n${body}`;
}

function post(headers: readonly string[], body: string): string {
  return message('POST /fhir/Patient HTTP/1.1', ['Host: HOST', json, ...headers], body);
}

function refused(status: number, reason: string, send: Row['send'], name: string): Row {
  const outcome = status >= 500 ? 12 : 8;
  return { name, send, status, seen: [], recorded: `event ${reason} ${String(outcome)}` };
}

const framing: readonly Row[] = [
  {
    name: 'a read',
    send: get('/fhir/Patient/1'),
    status: 200,
    seen: read,
    recorded: 'event 200 0',
  },
  {
    name: 'a create with a length',
    send: post(['Content-Length: 26'], patient),
    status: 200,
    seen: created,
    recorded: 'event 200 0',
  },
  {
    name: 'a chunked create goes on with a length',
    send: post(['Transfer-Encoding: chunked'], chunkedPatient),
    status: 200,
    seen: created,
    recorded: 'event 200 0',
  },
  {
    name: 'chunk extensions and trailers are dropped',
    send: post(
      ['Transfer-Encoding: chunked', 'Trailer: X-A'],
      `1a;ext="a"\r\n${patient}\r\n0\r\nX-A: b\r\nAuthorization: Bearer t\r\n\r\n`,
    ),
    status: 200,
    seen: created,
    recorded: 'event 200 0',
  },
  ...['DELETE', 'OPTIONS', 'GET', 'HEAD'].map((method) =>
    refused(
      400,
      'body-not-allowed',
      message(
        `${method} /fhir/Patient/1 HTTP/1.1`,
        ['Host: HOST', 'Transfer-Encoding: chunked'],
        inChunk,
      ),
      `a chunked ${method} whose body is a request`,
    ),
  ),
  refused(
    400,
    'body-not-allowed',
    message(
      'GET /fhir/Patient/1 HTTP/1.1',
      ['Host: HOST', `Content-Length: ${String(smuggled.length)}`],
      smuggled,
    ),
    'a GET with a body',
  ),
  {
    name: 'a GET that says it has no body',
    send: get('/fhir/Patient/1', 'Content-Length: 0'),
    status: 200,
    seen: read,
    recorded: 'event 200 0',
  },
  ...(
    [
      ['both length and chunks', ['Content-Length: 26', 'Transfer-Encoding: chunked']],
      ['chunks and length', ['Transfer-Encoding: chunked', 'Content-Length: 26']],
      ['two equal lengths', ['Content-Length: 26', 'Content-Length: 26']],
      ['two different lengths', ['Content-Length: 26', 'Content-Length: 3']],
      ['a list of lengths', ['Content-Length: 26, 26']],
      ['a signed length', ['Content-Length: +26']],
      ['a hexadecimal length', ['Content-Length: 0x1a']],
      ['a length with a space inside', ['Content-Length: 2 6']],
      ['a negative length', ['Content-Length: -1']],
      ['an enormous length', ['Content-Length: 99999999999999999999']],
      ['a name with a space before the colon', ['Content-Length : 26']],
      ['an unknown transfer coding', ['Transfer-Encoding: gzip']],
      ['a second transfer coding', ['Transfer-Encoding: gzip, chunked']],
      ['chunked twice', ['Transfer-Encoding: chunked, chunked']],
      ['chunked in two fields', ['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked']],
      ['chunked, identity', ['Transfer-Encoding: chunked, identity']],
      ['xchunked', ['Transfer-Encoding: xchunked']],
      ['a vertical tab before chunked', ['Transfer-Encoding: \vchunked']],
      ['quoted chunked', ['Transfer-Encoding: "chunked"']],
      ['a folded transfer coding', ['Transfer-Encoding:\r\n chunked']],
      ['a folded header', ['X-A: b\r\n c']],
      ['a NUL in a header', ['X-A: b\0c']],
      ['a CR in a header', ['X-A: b\rContent-Length: 5']],
      ['a header without a colon', ['X-A']],
      ['a header name with a bracket', ['X(A: b']],
    ] as const
  ).map(([name, headers]): Row => ({
    name,
    send: post(headers, chunkedPatient),
    status: 400,
    seen: [],
    recorded: '',
  })),
  refused(
    400,
    'malformed-request',
    `GET /fhir/Patient/1 HTTP/1.1\nHost: HOST\n\n`,
    'bare line feeds',
  ),
  refused(
    400,
    'malformed-request',
    message(
      'POST /fhir/Patient HTTP/1.0',
      ['Host: HOST', json, 'Transfer-Encoding: chunked'],
      chunkedPatient,
    ),
    'chunks in HTTP/1.0',
  ),
];

const brokenChunks: readonly Row[] = (
  [
    ['line feeds in chunks', `1a\n${patient}\n0\n\n`],
    ['a chunk size that is no number', `zz\r\n${patient}\r\n0\r\n\r\n`],
    ['a chunk size with 0x', `0x1a\r\n${patient}\r\n0\r\n\r\n`],
    ['a negative chunk size', `-1\r\n${patient}\r\n0\r\n\r\n`],
    ['an overflowing chunk size', `fffffffffffffffff\r\n${patient}\r\n0\r\n\r\n`],
    ['a chunk longer than its size', `2\r\n${patient}\r\n0\r\n\r\n`],
    ['a length among the trailers', `1a\r\n${patient}\r\n0\r\nContent-Length: 5\r\n\r\n`],
    ['chunks among the trailers', `1a\r\n${patient}\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n`],
  ] as const
).map(([name, body]) => ({
  name,
  send: post(['Transfer-Encoding: chunked'], body),
  status: 400,
  seen: [],
  recorded: malformed,
}));

const many = (count: number, line: string): readonly string[] =>
  Array.from({ length: count }, (_, at) => line.replace('#', String(at)));

const headers: readonly Row[] = [
  {
    name: 'as many headers as allowed',
    send: get('/fhir/Patient/1', ...many(99, 'x#: y')),
    status: 200,
    seen: read,
    recorded: 'event 200 0',
  },
  refused(431, 'header-limit', get('/fhir/Patient/1', ...many(100, 'x#: y')), 'one header more'),
  refused(
    431,
    'header-limit',
    message(
      'GET /fhir/Patient/1 HTTP/1.1',
      ['Host: HOST', ...many(1030, 'a:'), `Content-Length: ${String(smuggled.length)}`],
      smuggled,
    ),
    'a length hidden behind a thousand headers',
  ),
  refused(
    431,
    'header-limit',
    message(
      'GET /fhir/Patient/1 HTTP/1.1',
      ['Host: HOST', ...many(1030, 'a:'), 'Transfer-Encoding: chunked'],
      inChunk,
    ),
    'chunks hidden behind a thousand headers',
  ),
  refused(
    431,
    'header-limit',
    get('/fhir/Patient/1', `X-A: ${'a'.repeat(17_000)}`),
    'a header of 17 kB',
  ),
  refused(
    431,
    'header-limit',
    get(`/fhir/Patient?name=${'a'.repeat(17_000)}`),
    'a target of 17 kB',
  ),
  ...(
    [
      ['Authorization', 'Bearer a', 'Bearer b'],
      ['Content-Type', 'a/b', 'c/d'],
      ['If-Match', 'W/"1"', 'W/"2"'],
      ['If-None-Exist', 'a=b', 'c=d'],
      ['X-Request-Id', 'a', 'b'],
      ['Origin', 'https://a', 'https://b'],
    ] as const
  ).map(([name, a, b]) =>
    refused(
      400,
      'header-duplicate',
      get('/fhir/Patient/1', `${name}: ${a}`, `${name}: ${b}`),
      `two ${name}`,
    ),
  ),
  refused(400, 'header-duplicate', get('/fhir/Patient/1', 'Host: evil.example'), 'two Host'),
  ...[
    'Authorization',
    'Content-Length',
    'If-Match',
    'X-Forwarded-For',
    'cookie',
    'prefer, accept',
  ].map((name) =>
    refused(
      400,
      'header-refused',
      get('/fhir/Patient/1', 'Authorization: Bearer t', `Connection: ${name}`),
      `Connection: ${name}`,
    ),
  ),
  refused(400, 'malformed-request', get('/fhir/Patient/1', 'Connection: a b'), 'Connection: a b'),
  refused(
    400,
    'upgrade-refused',
    get(
      '/fhir/Patient/1',
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Key: a',
      'Sec-WebSocket-Version: 13',
    ),
    'a WebSocket',
  ),
  refused(
    417,
    'expectation-unknown',
    get('/fhir/Patient/1', 'Expect: 200-ok'),
    'another expectation',
  ),
  refused(
    417,
    'expectation-unknown',
    get('/fhir/Patient/1', 'Expect: 100-continue, x'),
    'two expectations',
  ),
  refused(
    421,
    'host-unknown',
    'GET /fhir/Patient/1 HTTP/1.1\r\nHost: evil.example\r\n\r\n',
    'a foreign Host',
  ),
  refused(
    421,
    'host-unknown',
    'GET /fhir/Patient/1 HTTP/1.1\r\nHost: HOST@evil.example\r\n\r\n',
    'a Host with userinfo',
  ),
  refused(421, 'host-unknown', 'GET /fhir/Patient/1 HTTP/1.1\r\n\r\n', 'no Host'),
  refused(421, 'host-unknown', 'GET /fhir/Patient/1 HTTP/1.0\r\n\r\n', 'no Host in HTTP/1.0'),
  {
    name: 'HTTP/1.0 with a Host',
    send: 'GET /fhir/Patient/1 HTTP/1.0\r\nHost: HOST\r\n\r\n',
    status: 200,
    seen: read,
    recorded: 'event 200 0',
  },
];

const targets: readonly Row[] = [
  ...[
    'http://evil.example/fhir/Patient/1',
    'http://HOST/fhir/Patient/1',
    '//evil.example/fhir/Patient/1',
    '/fhir//Patient/1',
    '/\\evil.example/fhir/Patient/1',
    '/fhir\\Patient/1',
    '/fhir/../admin',
    '/fhir/./Patient/1',
    '/fhir/Patient/..',
    '/fhir/%2e%2e/admin',
    '/fhir/%2E./admin',
    '/fhir/..%2fadmin',
    '/fhir/..%5cadmin',
    '/fhir/%252e%252e/admin',
    '/fhir/..;/admin',
    '/fhir/Patient;a=b/1',
    '/fhir/Patient/1%00',
    '/fhir/Patient/1%0d%0aX:%20y',
    '/fhir/%c0%ae%c0%ae/admin',
    '/fhir/Patient/%zz',
    '/fhir/Patient/1#fragment',
    '/fhir/Patient?name=<script>',
    '/fhir/Patient?name={a}',
    '/fhir/Patient?name=a^b',
    '*',
  ].map((target) => refused(400, 'target-refused', get(target), target)),
  ...['/admin', '/', '/fhirx/Patient/1', '/Fhir/Patient/1'].map((target) =>
    refused(404, 'not-found', get(target), target),
  ),
  {
    name: 'two spaces before the target are one to everybody',
    send: 'GET  /fhir/Patient/1 HTTP/1.1\r\nHost: HOST\r\n\r\n',
    status: 200,
    seen: read,
    recorded: 'event 200 0',
  },
  ...[
    '/fhir/Patient?name=a|b',
    '/fhir/Patient?url=http://a//b',
    '/fhir/Patient?name=a%0d%0ab',
    '/fhir/Patient?',
    '/fhir/metadata',
    '/fhir/Patient/',
  ].map((target) => ({
    name: target,
    send: get(target),
    status: 200,
    seen: [`GET ${target} `],
    recorded: 'event 200 0',
  })),
  {
    name: 'bytes above ASCII in the target',
    send: get('/fhir/Patient?name=\xe9'),
    status: 400,
    seen: [],
    recorded: '',
  },
  ...(
    [
      ['GET /fhir/Patient/1', 'HTTP/0.9, one line'],
      ['GET /fhir/Patient/1\r\nHost: HOST', 'HTTP/0.9 with a Host'],
      ['GET /fhir/Patient/1 HTTP/0.9\r\nHost: HOST', 'HTTP/0.9 by name'],
      ['GET /fhir/Patient/1 HTTP/1.2\r\nHost: HOST', 'HTTP/1.2'],
      ['GET /fhir/Patient/1 HTTP/2.0\r\nHost: HOST', 'HTTP/2.0'],
      ['PRI * HTTP/2.0\r\n\r\nSM', 'the preface of HTTP/2'],
      ['GET /fhir/Patient/1 a HTTP/1.1\r\nHost: HOST', 'a space in the target'],
      ['get /fhir/Patient/1 HTTP/1.1\r\nHost: HOST', 'a method in lower case'],
      ['FROB /fhir/Patient/1 HTTP/1.1\r\nHost: HOST', 'an unknown method'],
      ['\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 'a TLS hello'],
    ] as const
  ).map(([text, name]): Row => ({
    name,
    send: `${text}\r\n\r\n`,
    status: 0,
    seen: [],
    recorded: '',
  })),
  ...['TRACE', 'PROPFIND', 'PURGE', 'QUERY', 'LOCK'].map((method) =>
    refused(
      405,
      'method-unknown',
      message(`${method} /fhir/Patient/1 HTTP/1.1`, ['Host: HOST'], ''),
      method,
    ),
  ),
  refused(
    405,
    'method-unknown',
    'CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n',
    'CONNECT',
  ),
  {
    name: 'OPTIONS is a request for capabilities',
    send: message('OPTIONS /fhir/ HTTP/1.1', ['Host: HOST'], ''),
    status: 200,
    seen: ['OPTIONS /fhir/ '],
    recorded: 'event 200 0',
  },
];

const media: readonly Row[] = [
  ...[
    'application/fhir+xml',
    'application/xml;q=1',
    'text/turtle',
    'application/fhir+json;q=0',
  ].map((accept) =>
    refused(
      406,
      'not-acceptable',
      get('/fhir/Patient/1', `Accept: ${accept}`),
      `Accept: ${accept}`,
    ),
  ),
  ...['xml', 'application/fhir%2Bxml', 'text/xml', 'ttl'].map((format) =>
    refused(406, 'not-acceptable', get(`/fhir/Patient/1?_format=${format}`), `_format=${format}`),
  ),
  refused(406, 'not-acceptable', get('/fhir/Patient/1?%5fformat=xml'), '%5fformat=xml'),
  refused(
    406,
    'not-acceptable',
    message(
      'POST /fhir/Patient/_search HTTP/1.1',
      ['Host: HOST', 'Content-Type: application/x-www-form-urlencoded', 'Content-Length: 11'],
      '_format=xml',
    ),
    '_format=xml in a form',
  ),
  ...[
    'application/fhir+xml',
    'application/fhir+json; charset=utf-16',
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=a',
  ].map((type) =>
    refused(
      415,
      'unsupported-media-type',
      message(
        'POST /fhir/Patient HTTP/1.1',
        ['Host: HOST', `Content-Type: ${type}`, 'Content-Length: 26'],
        patient,
      ),
      `a body of ${type}`,
    ),
  ),
  refused(
    415,
    'body-encoding-unknown',
    post(['Content-Encoding: gzip', 'Content-Length: 26'], patient),
    'a coded body',
  ),
  refused(
    415,
    'unsupported-media-type',
    message(
      'POST /fhir/Patient HTTP/1.1',
      [
        'Host: HOST',
        'Content-Type: application/fhir+xml',
        'Content-Length: 2600',
        'Expect: 100-continue',
      ],
      '',
    ),
    'an expectation whose body is not wanted',
  ),
  refused(
    413,
    'body-too-large',
    post(['Content-Length: 20971520', 'Expect: 100-continue'], ''),
    'an expectation whose body is too large',
  ),
];

let face: Face;
beforeAll(async () => {
  face = await startFace({ limits: { requestBodyBytes: 100_000 } });
});
afterAll(async () => {
  await face.stop();
});

function withHost(steps: Row['send']): readonly ClientStep[] {
  const list = typeof steps === 'string' ? [steps] : steps;
  return list.map((step) => (typeof step === 'string' ? step.replaceAll('HOST', face.host) : step));
}

function judge(rows: readonly Row[]): void {
  it.each(rows)('$name', async (row) => {
    const [method = ''] = row.send.split(' ');
    const run = await face.run({ send: withHost(row.send), answers: 1, methods: [method] });
    const [answer] = run.answers;
    // What is not understood at all may be named in more than one way.
    if (row.status === 0) expect([400, 405, 421, 505]).toContain(answer?.status);
    else expect(answer?.status).toBe(row.status);
    const seen = run.seen.map((it) => `${it.method} ${it.target} ${it.body}`);
    expect(seen).toEqual(row.seen?.map((it) => it.replaceAll('HOST', face.host)));
    const recorded = summaries(run.events);
    expect(recorded).toHaveLength(1);
    if (row.recorded !== '') expect(recorded).toEqual([row.recorded]);
    else expect(recorded[0]).toMatch(/^event [a-z-]+ (8|12)$/);
    if ((answer?.status ?? 0) >= 400 && method !== 'HEAD') {
      expect(JSON.parse(answer?.body.toString() ?? '')).toMatchObject({
        resourceType: 'OperationOutcome',
      });
    }
  });
}

describe('the framing of a request', () => {
  judge(framing);
});
describe('broken chunks', () => {
  judge(brokenChunks);
});
describe('the headers of a request', () => {
  judge(headers);
});
describe('the target of a request', () => {
  judge(targets);
});
describe('media types', () => {
  judge(media);
});

describe('what the upstream gets', () => {
  const upstreamHeaders = async (...sent: readonly string[]): Promise<Record<string, string>> => {
    const run = await face.run({ send: withHost(get('/fhir/Patient/1', ...sent)), answers: 1 });
    expect(run.seen).toHaveLength(1);
    return Object.fromEntries(run.seen[0]?.headers ?? []);
  };

  it('is exactly this for a plain read', async () => {
    const { 'x-request-id': id, ...rest } = await upstreamHeaders();
    expect(id).toMatch(/^[0-9A-Z]{26}$/);
    expect(rest).toEqual({
      host: face.upstream.host,
      accept: 'application/fhir+json',
      'accept-encoding': 'identity',
      connection: 'keep-alive',
    });
  });

  it('has nothing of the connection between client and gateway', async () => {
    const got = await upstreamHeaders(
      'Connection: X-Secret, Keep-Alive, HTTP2-Settings, Upgrade',
      'X-Secret: a',
      'Keep-Alive: 300',
      'Upgrade: h2c',
      'HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA',
      'Proxy-Connection: keep-alive',
      'Proxy-Authorization: Basic YTpi',
      'TE: trailers',
      'Trailer: X-A',
    );
    expect(Object.keys(got).sort()).toEqual(
      ['accept', 'accept-encoding', 'connection', 'host', 'x-request-id'].sort(),
    );
    expect(got['connection']).toBe('keep-alive');
  });

  it('has nothing by which a client could speak for a proxy', async () => {
    const got = await upstreamHeaders(
      'X-Forwarded-For: 6.6.6.6',
      'X-Forwarded-Host: evil.example',
      'Forwarded: for=6.6.6.6',
      'X-Real-IP: 6.6.6.6',
      'X_Forwarded_For: 6.6.6.6',
      'X-Remote-User: root',
      'X-HTTP-Method-Override: DELETE',
      'X-Original-URL: /admin',
      'Range: bytes=0-3',
      'If-Range: "a"',
      'Cookie: JSESSIONID=abc',
    );
    expect(JSON.stringify(got)).not.toMatch(/6\.6\.6|evil|root|DELETE|admin|bytes=|abc/);
  });

  it('has the credential, and what FHIR needs', async () => {
    const got = await upstreamHeaders(
      'Authorization: Bearer abc',
      'If-None-Match: W/"1"',
      'Prefer: return=minimal',
      'Accept: application/fhir+xml, application/fhir+json;q=0.9',
      'Accept-Encoding: zstd, br, gzip',
      'X-Request-Id: mine',
    );
    expect(got).toMatchObject({
      authorization: 'Bearer abc',
      'if-none-match': 'W/"1"',
      prefer: 'return=minimal',
      accept: 'application/fhir+json;q=0.9',
      'accept-encoding': 'gzip',
    });
    expect(got['x-request-id']).not.toBe('mine');
  });
});

describe('request ids', () => {
  it('mints its own, and gives the client’s back beside it', async () => {
    const run = await face.run({
      send: withHost(get('/fhir/Patient/1', 'X-Request-Id: mine-1')),
      answers: 1,
    });
    const [answer] = run.answers;
    expect(answer?.headers['x-correlation-id']).toBe('mine-1');
    expect(answer?.headers['x-request-id']).toBe(headerOf(run.seen[0] ?? never(), 'x-request-id'));
    expect(JSON.stringify(run.events)).toContain('mine-1');
  });

  it('does not repeat one that is not fit to be repeated', async () => {
    const run = await face.run({
      send: withHost(get('/fhir/Patient/1', `X-Request-Id: ${'a'.repeat(201)}`)),
      answers: 1,
    });
    expect(run.answers[0]?.headers['x-correlation-id']).toBeUndefined();
  });
});

describe('Expect: 100-continue', () => {
  it('lets the client go on, and is not passed on', async () => {
    const body = patient;
    const run = await face.run({
      send: [
        ...withHost(post([`Content-Length: ${String(body.length)}`, 'Expect: 100-continue'], '')),
        { waitMs: 50 },
        body,
      ],
      answers: 1,
    });
    expect(run.interim).toEqual([100]);
    expect(run.answers[0]?.status).toBe(200);
    expect(run.seen.map((it) => it.body)).toEqual([body]);
    expect(headerOf(run.seen[0] ?? never(), 'expect')).toBeUndefined();
  });

  it('gives no leave before the request is admitted', async () => {
    const run = await face.run({
      send: withHost(post(['Content-Length: 20971520', 'Expect: 100-continue'], '')),
    });
    expect(run.interim).toEqual([]);
    expect(run.answers[0]?.status).toBe(413);
    expect(run.closed).toBe(true);
  });
});

describe('bodies over the limit', () => {
  const big = 'x'.repeat(300_000);

  it.each([
    ['declared', post([`Content-Length: ${String(big.length)}`], big)],
    [
      'chunked',
      post(['Transfer-Encoding: chunked'], `${big.length.toString(16)}\r\n${big}\r\n0\r\n\r\n`),
    ],
  ])('are refused, %s, and the client can read why', async (_, send) => {
    const run = await face.run({ send: withHost(send), answers: 1 });
    expect(run.answers[0]?.status).toBe(413);
    expect(run.seen).toEqual([]);
    expect(summaries(run.events)).toEqual(['event body-too-large 8']);
  });
});

describe('a second request behind the first', () => {
  it('is served in order', async () => {
    const two = withHost(`${get('/fhir/Patient/1')}${get('/fhir/Patient/2')}`);
    const run = await face.run({ send: two, answers: 2, events: 2 });
    expect(run.answers.map((it) => it.status)).toEqual([200, 200]);
    expect(run.seen.map((it) => it.target)).toEqual(['/fhir/Patient/1', '/fhir/Patient/2']);
  });

  it('never runs when the first said that it is the last', async () => {
    const second = post(['Content-Length: 26'], patient);
    const two = withHost(`${get('/fhir/Patient/1', 'Connection: close')}${second}`);
    const run = await face.run({ send: two, events: 2 });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(run.answers.map((it) => it.status)).toEqual([200]);
    expect(run.seen.map((it) => it.method)).toEqual(['GET']);
    expect(summaries(run.events)).toEqual(['event 200 0', malformed]);
    expect(face.gateway.load()).toEqual({ heldBytes: 0, inFlight: 0 });
  });

  it('is served behind a refusal whose body was complete', async () => {
    const first = message(
      'POST /fhir/Patient HTTP/1.1',
      ['Host: HOST', 'Content-Type: text/plain', 'Content-Length: 26'],
      patient,
    );
    const two = withHost(`${first}${get('/fhir/Patient/2')}`);
    const run = await face.run({ send: two, answers: 2, events: 2 });
    expect(run.answers.map((it) => it.status)).toEqual([415, 200]);
    expect(run.seen.map((it) => it.target)).toEqual(['/fhir/Patient/2']);
  });

  it('does not run when the client left before its turn', async () => {
    const two = `${get('/fhir/Patient/left')}${post(['Content-Length: 26'], patient)}`;
    const asked = (): boolean => face.upstream.seen.at(-1)?.target === '/fhir/Patient/left';
    const run = await face.run({
      send: [...withHost(two), { until: asked }, { waitMs: 30 }, leave],
      upstream: () => [hang],
      events: 2,
    });
    expect(run.seen.map((it) => it.method)).toEqual(['GET']);
    expect([...summaries(run.events)].sort()).toEqual([
      'event client-gone 4',
      'event connection-closed 8',
    ]);
    expect(face.gateway.load()).toEqual({ heldBytes: 0, inFlight: 0 });
  });

  it('is recorded like all behind it when the client left before their turn', async () => {
    const behind = 40;
    const all = get('/fhir/Patient/first') + get('/fhir/Patient/2').repeat(behind);
    const asked = (): boolean => face.upstream.seen.at(-1)?.target === '/fhir/Patient/first';
    const run = await face.run({
      send: [...withHost(all), { until: asked }, { waitMs: 30 }, leave],
      upstream: () => [hang],
      events: 1 + behind,
    });
    expect(run.seen).toHaveLength(1);
    const kinds = Map.groupBy(summaries(run.events), (it) => it);
    expect([...kinds].map(([kind, { length }]) => [kind, length]).sort()).toEqual([
      ['event client-gone 4', 1],
      ['event connection-closed 8', behind],
    ]);
    await waitFor(() => face.gateway.load().inFlight === 0);
  });

  it('that is garbage does not take the place of the first answer', async () => {
    const run = await face.run({
      send: [...withHost(get('/fhir/Patient/1')), 'garbage\r\n\r\n'],
      upstream: () => [{ waitMs: 60 }, answerText('200 OK', [json], patientBody)],
      events: 2,
    });
    expect(run.answers.map((it) => it.status)).toEqual([200, 400]);
    expect(run.seen).toHaveLength(1);
    expect(summaries(run.events)).toEqual(['event 200 0', malformed]);
  });
});

function never(): never {
  throw new Error('nothing was seen');
}
