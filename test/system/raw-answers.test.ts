/**
 * Bytes from the upstream that no FHIR server should send, and what must come of them: nothing that
 * was not understood and recorded may reach the client, and no answer may reach another request.
 */
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { detailOf, startFace, summaries } from '../support/face-under-test.ts';
import type { Face } from '../support/face-under-test.ts';
import { sendRaw } from '../support/raw-client.ts';
import {
  answerText,
  end,
  hang,
  headerOf,
  patientBody,
  reset,
} from '../support/recording-upstream.ts';
import type { Step } from '../support/recording-upstream.ts';

interface Row {
  readonly name: string;
  readonly method?: string;
  readonly target?: string;
  /** Headers of the client. */
  readonly asks?: readonly string[];
  readonly answer: readonly Step[];
  readonly status: number;
  /** Body that the client gets; left out: not looked at. */
  readonly body?: string | Buffer;
  /** Headers that the client must get; undefined: must not. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly recorded: string;
}

const json = 'Content-Type: application/fhir+json';
const secret = 'NEVER-RELEASED';
const secretBody = `{"resourceType":"Patient","id":"${secret}"}`;
const ok = 'event 200 0';

function whole(headers: readonly string[], body: Buffer | string): readonly Step[] {
  const bytes = Buffer.from(body);
  const head = ['HTTP/1.1 200 OK', json, ...headers, `Content-Length: ${String(bytes.length)}`];
  return [`${head.join('\r\n')}\r\n\r\n`, bytes];
}

function head(...lines: readonly string[]): string {
  return `${lines.join('\r\n')}\r\n\r\n`;
}

function bad(
  name: string,
  answer: readonly Step[],
  recorded: string,
  more: Partial<Row> = {},
): Row {
  const status = Number(/\b(5\d\d)\b/.exec(recorded)?.[1] ?? 502);
  const what = recorded.replace(/ 5\d\d$/, '');
  return { name, answer, status, recorded: `event ${what} 12`, ...more };
}

const chunked = (...chunks: readonly string[]): string =>
  chunks.map((chunk) => `${Buffer.byteLength(chunk).toString(16)}\r\n${chunk}\r\n`).join('');

const framing: readonly Row[] = [
  {
    name: 'a length',
    answer: whole([], patientBody),
    status: 200,
    body: patientBody,
    recorded: ok,
  },
  {
    name: 'chunks, extensions and trailers',
    answer: [
      head('HTTP/1.1 200 OK', json, 'Transfer-Encoding: chunked', 'Trailer: X-Sum'),
      `${patientBody.length.toString(16)};a=b\r\n${patientBody}\r\n`,
      '0\r\nX-Sum: 1\r\nSet-Cookie: a=b\r\n\r\n',
    ],
    status: 200,
    body: patientBody,
    headers: { 'transfer-encoding': undefined, trailer: undefined, 'x-sum': undefined },
    recorded: ok,
  },
  {
    name: 'a body until the connection closes, when it is a whole document',
    answer: [head('HTTP/1.1 200 OK', json), patientBody, end],
    status: 200,
    body: patientBody,
    recorded: ok,
  },
  {
    name: 'HTTP/1.0',
    answer: [head('HTTP/1.0 200 OK', json), patientBody, end],
    status: 200,
    body: patientBody,
    recorded: ok,
  },
  bad(
    'half a document until the connection closes',
    [head('HTTP/1.1 200 OK', json), secretBody.slice(0, -2), end],
    'answer-uninspectable',
  ),
  bad(
    'a picture until the connection closes',
    [head('HTTP/1.1 200 OK', 'Content-Type: image/png'), secret, end],
    'answer-cut-short',
    { target: '/fhir/Binary/1' },
  ),
  bad(
    'fewer bytes than declared',
    [answerText('200 OK', [json, 'Content-Length: 900'], undefined), secretBody, end],
    'answer-cut-short',
  ),
  bad(
    'fewer bytes than declared, and a reset',
    [
      answerText('200 OK', [json, 'Content-Length: 900'], undefined),
      secretBody,
      { waitMs: 20 },
      reset,
    ],
    'answer-cut-short',
  ),
  bad(
    'chunks without an end',
    [head('HTTP/1.1 200 OK', json, 'Transfer-Encoding: chunked'), chunked(secretBody), end],
    'answer-cut-short',
  ),
  bad(
    'more bytes than declared',
    [head('HTTP/1.1 200 OK', json, 'Content-Length: 20'), secretBody],
    'answer-uninspectable',
  ),
  bad(
    'broken chunks',
    [
      head('HTTP/1.1 200 OK', json, 'Transfer-Encoding: chunked'),
      'zz\r\n',
      secretBody,
      '\r\n0\r\n\r\n',
    ],
    'answer-cut-short',
  ),
  ...(
    [
      ['two lengths', ['Content-Length: 5', 'Content-Length: 53']],
      ['length and chunks', ['Content-Length: 53', 'Transfer-Encoding: chunked']],
      ['a length that is no number', ['Content-Length: abc']],
      ['a folded header', ['X-A: b\r\n c: d', 'Content-Length: 53']],
      ['a NUL in a header', ['X-A: a\0b', 'Content-Length: 53']],
      ['a header without a name', [': b', 'Content-Length: 53']],
      ['headers of 20 kB', [`X-A: ${'a'.repeat(20_000)}`, 'Content-Length: 53']],
    ] as const
  ).map(([name, headers]) =>
    bad(
      name,
      [head('HTTP/1.1 200 OK', json, ...headers), chunked(secretBody), '0\r\n\r\n'],
      'protocol',
    ),
  ),
  bad(
    'bare line feeds',
    [`HTTP/1.1 200 OK\n${json}\nContent-Length: 43\n\n${secretBody}`],
    'protocol',
  ),
  bad('something that is not HTTP', [`SSH-2.0-x\r\n${secretBody}`], 'protocol'),
  bad('a status of two digits', [`HTTP/1.1 20 OK\r\n\r\n${secretBody}`, end], 'protocol'),
  bad('nothing, and a close', [end], 'reset', { method: 'DELETE' }),
  bad('nothing, and a reset', [reset], 'reset', { method: 'DELETE' }),
  bad('half a head', ['HTTP/1.1 200 OK\r\nX-A', end], 'reset'),
  bad(
    'chunks that are compressed in transit',
    [
      head('HTTP/1.1 200 OK', 'Content-Type: image/png', 'Transfer-Encoding: gzip, chunked'),
      chunked(secretBody),
      '0\r\n\r\n',
    ],
    'answer-framing',
    { target: '/fhir/Binary/1' },
  ),
  bad(
    'an unknown coding in transit',
    [head('HTTP/1.1 200 OK', json, 'Transfer-Encoding: gzip'), secretBody, end],
    'answer-framing',
  ),
];

const statuses: readonly Row[] = [
  {
    name: 'interim answers are swallowed',
    answer: [
      head('HTTP/1.1 100 Continue'),
      head('HTTP/1.1 102 Processing'),
      head('HTTP/1.1 103 Early Hints', `Link: <${secret}>; rel=preload`),
      ...whole([], patientBody),
    ],
    status: 200,
    body: patientBody,
    recorded: ok,
  },
  bad(
    '101',
    [head('HTTP/1.1 101 Switching Protocols', 'Upgrade: x', 'Connection: Upgrade'), secret, hang],
    'protocol',
  ),
  bad(
    '206 that nobody asked for',
    [
      head(
        'HTTP/1.1 206 Partial Content',
        json,
        'Content-Range: bytes 0-42/99',
        'Content-Length: 43',
      ),
      secretBody,
    ],
    'answer-framing',
  ),
  bad('205 with a body', [answerText('205 Reset Content', [json], secretBody)], 'answer-framing'),
  {
    name: '204',
    answer: [head('HTTP/1.1 204 No Content', 'ETag: W/"2"')],
    status: 204,
    headers: { etag: 'W/"2"', 'content-length': undefined },
    recorded: 'event 204 0',
  },
  {
    name: '204 that speaks of chunks',
    answer: [head('HTTP/1.1 204 No Content', 'Transfer-Encoding: chunked')],
    status: 204,
    headers: { 'transfer-encoding': undefined, 'content-length': undefined },
    recorded: 'event 204 0',
  },
  {
    name: '304 with a coding and a length',
    answer: [
      head(
        'HTTP/1.1 304 Not Modified',
        'ETag: W/"2"',
        'Content-Encoding: gzip',
        'Content-Length: 900',
      ),
    ],
    status: 304,
    headers: { etag: 'W/"2"' },
    recorded: 'event 304 0',
  },
  {
    name: 'HEAD keeps length and coding',
    method: 'HEAD',
    answer: [
      head('HTTP/1.1 200 OK', json, 'Content-Length: 900', 'Content-Encoding: gzip', 'ETag: W/"2"'),
    ],
    status: 200,
    headers: { 'content-length': '900', 'content-encoding': 'gzip', etag: 'W/"2"' },
    recorded: ok,
  },
  {
    name: 'an odd status text',
    answer: [
      head('HTTP/1.1 200 It\xe9s \tgood', json, `Content-Length: ${String(patientBody.length)}`),
      patientBody,
    ],
    status: 200,
    body: patientBody,
    recorded: ok,
  },
  {
    name: 'status 799',
    answer: [
      head('HTTP/1.1 799 Odd', json, `Content-Length: ${String(patientBody.length)}`),
      patientBody,
    ],
    status: 799,
    body: patientBody,
    recorded: 'event 799 12',
  },
  {
    name: 'a redirect is not followed, and leads to the gateway',
    answer: [
      head(
        'HTTP/1.1 307 Temporary Redirect',
        'Location: BASE/Patient/1/_history/2',
        'Content-Length: 0',
      ),
    ],
    status: 307,
    headers: { location: 'GATEWAY/Patient/1/_history/2' },
    recorded: 'event 307 4',
  },
  ...['https://storage.example/signed?x=1', '//storage.example/fhir', 'BASE-evil/Patient/1'].map(
    (location) => ({
      name: `a redirect that leads around the gateway: ${location}`,
      answer: [head('HTTP/1.1 302 Found', `Location: ${location}`, 'Content-Length: 0')],
      status: 502,
      recorded: 'event answer-redirect 12',
    }),
  ),
  {
    name: 'a redirect that stays where it is',
    answer: [head('HTTP/1.1 302 Found', 'Location: /fhir/Patient/1', 'Content-Length: 0')],
    status: 302,
    headers: { location: '/fhir/Patient/1' },
    recorded: 'event 302 4',
  },
  {
    name: 'an error page of a proxy before the server',
    answer: [
      head('HTTP/1.1 503 Unavailable', 'Content-Type: text/html', 'Content-Length: 4'),
      '<p/>',
    ],
    status: 503,
    body: '<p/>',
    recorded: 'event 503 12',
  },
  {
    name: 'a 401 passes as it is',
    answer: [
      head('HTTP/1.1 401 Unauthorized', 'WWW-Authenticate: Bearer realm="x"', 'Content-Length: 0'),
    ],
    status: 401,
    headers: { 'www-authenticate': 'Bearer realm="x"' },
    recorded: 'event 401 8',
  },
];

const gz = gzipSync(patientBody);
const gzSecret = gzipSync(secretBody);
const gzip = ['Content-Encoding: gzip'];

const codings: readonly Row[] = [
  {
    name: 'one gzip member is released as it came',
    asks: ['Accept-Encoding: gzip'],
    answer: whole(gzip, gz),
    status: 200,
    body: gz,
    headers: { 'content-encoding': 'gzip' },
    recorded: ok,
  },
  bad('two gzip members', whole(gzip, Buffer.concat([gz, gzSecret])), 'answer-encoding'),
  bad(
    'two gzip members with zeros between',
    whole(gzip, Buffer.concat([gz, Buffer.alloc(4), gzSecret])),
    'answer-encoding',
  ),
  bad('gzip and a byte', whole(gzip, Buffer.concat([gz, Buffer.from('x')])), 'answer-encoding'),
  bad('gzip without its end', whole(gzip, gzSecret.subarray(0, -4)), 'answer-encoding'),
  bad(
    'gzip with a wrong sum',
    whole(gzip, Buffer.concat([gz.subarray(0, -8), Buffer.alloc(4), gz.subarray(-4)])),
    'answer-encoding',
  ),
  bad('gzip that is none', whole(gzip, secretBody), 'answer-encoding'),
  bad('zstd', whole(['Content-Encoding: zstd'], zstdCompressSync(secretBody)), 'answer-encoding'),
  bad('brotli', whole(['Content-Encoding: br'], brotliCompressSync(secretBody)), 'answer-encoding'),
  bad('deflate', whole(['Content-Encoding: deflate'], deflateSync(secretBody)), 'answer-encoding'),
  bad('gzip twice', whole(['Content-Encoding: gzip, gzip'], gzipSync(gzSecret)), 'answer-encoding'),
  bad(
    'gzip in two fields',
    whole(['Content-Encoding: gzip', 'Content-Encoding: gzip'], gzSecret),
    'answer-encoding',
  ),
  bad('gzip without saying so', whole([], gzSecret), 'answer-uninspectable'),
  bad('a bomb', whole(gzip, gzipSync(Buffer.alloc(3_000_000, 32))), 'too-costly'),
];

const contents: readonly Row[] = [
  bad('JSON that is cut', whole([], secretBody.slice(0, -1)), 'answer-uninspectable'),
  bad('UTF-16', whole([], Buffer.from(secretBody, 'utf16le')), 'answer-uninspectable'),
  ...['utf-7', 'utf-16', 'iso-8859-1', '"utf-7"', 'utf-8; charset=utf-7'].map((charset) =>
    bad(
      `JSON said to be ${charset}`,
      [answerText('200 OK', [`${json}; charset=${charset}`], secretBody)],
      'answer-uninspectable',
    ),
  ),
  ...['utf-8', 'UTF-8', '"utf-8"'].map((charset) => ({
    name: `JSON said to be ${charset}`,
    answer: [answerText('200 OK', [`${json}; charset=${charset}`], patientBody)],
    status: 200,
    body: patientBody,
    recorded: ok,
  })),
  bad(
    'invalid UTF-8',
    whole([], Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])),
    'answer-uninspectable',
  ),
  bad(
    'an id that stands twice',
    whole([], `{"resourceType":"Patient","id":"1","\\u0069d":"${secret}"}`),
    'answer-uninspectable',
  ),
  bad(
    'JSON deeper than anybody means',
    whole([], `${'['.repeat(20_000)}${']'.repeat(20_000)}`),
    'answer-uninspectable',
  ),
  bad(
    'XML',
    [
      head('HTTP/1.1 200 OK', 'Content-Type: application/fhir+xml', 'Content-Length: 10'),
      '<Patient/>',
    ],
    'answer-uninspectable',
  ),
  bad(
    'a page that says 200',
    [head('HTTP/1.1 200 OK', 'Content-Type: text/html', 'Content-Length: 4'), '<p/>'],
    'answer-uninspectable',
  ),
  bad(
    'an endless stream of events',
    [
      head('HTTP/1.1 200 OK', 'Content-Type: text/event-stream', 'Content-Length: 9'),
      'data: a\n\n',
    ],
    'answer-uninspectable',
  ),
  bad(
    'parts',
    [
      head('HTTP/1.1 200 OK', 'Content-Type: multipart/mixed; boundary=a', 'Content-Length: 5'),
      '--a--',
    ],
    'answer-uninspectable',
  ),
  bad('more than may be held', whole([], `{"a":"${'x'.repeat(1_100_000)}"}`), 'too-costly'),
  bad(
    'more than may be held, in chunks without an end',
    [
      head('HTTP/1.1 200 OK', json, 'Transfer-Encoding: chunked'),
      ...Array.from({ length: 40 }, () => chunked('x'.repeat(40_000))),
      hang,
    ],
    'too-costly',
  ),
  {
    name: 'a picture of a Binary, with size and digest on record',
    target: '/fhir/Binary/1',
    answer: [head('HTTP/1.1 200 OK', 'Content-Type: image/png', 'Content-Length: 4'), '\x89PNG'],
    status: 200,
    body: Buffer.from('\x89PNG', 'latin1'),
    recorded: ok,
  },
];

const headers: readonly Row[] = [
  {
    name: 'headers of the connection, cookies and what speaks for the upstream’s origin',
    answer: whole(
      [
        'Connection: X-Secret, keep-alive',
        'X-Secret: a',
        'Keep-Alive: timeout=5',
        'Proxy-Authenticate: Basic',
        'Trailer: X-A',
        'Upgrade: h2c',
        'Set-Cookie: JSESSIONID=abc; Domain=upstream.local',
        'Access-Control-Allow-Origin: https://evil.example',
        'Access-Control-Allow-Credentials: true',
        'Strict-Transport-Security: max-age=1',
        'Alt-Svc: h2=":1"',
        'X-Request-Id: theirs',
        'X-Custom: kept',
        'ETag: W/"7"',
      ],
      patientBody,
    ),
    status: 200,
    headers: {
      'x-secret': undefined,
      'keep-alive': 'timeout=65',
      'proxy-authenticate': undefined,
      trailer: undefined,
      upgrade: undefined,
      'set-cookie': undefined,
      'access-control-allow-origin': undefined,
      'access-control-allow-credentials': undefined,
      'strict-transport-security': undefined,
      'alt-svc': undefined,
      'x-custom': 'kept',
      etag: 'W/"7"',
    },
    recorded: ok,
  },
  bad('two content types', whole(['Content-Type: text/html'], secretBody), 'answer-framing'),
  bad(
    'two places',
    whole(['Location: BASE/Patient/1', 'Location: BASE/Patient/2'], secretBody),
    'answer-framing',
  ),
  {
    name: 'a thousand headers',
    answer: whole(
      Array.from({ length: 1000 }, (_, at) => `x${String(at)}: y`),
      patientBody,
    ),
    status: 200,
    headers: { x999: 'y' },
    recorded: ok,
  },
];

let face: Face;
beforeAll(async () => {
  face = await startFace({ limits: { heldAnswerBytes: 1_000_000 } });
});
afterAll(async () => {
  await face.stop();
});

function judge(rows: readonly Row[]): void {
  it.each(rows)('$name', async (row) => {
    const { method = 'GET', target = '/fhir/Patient/1', asks = [] } = row;
    const lines = [`${method} ${target} HTTP/1.1`, `Host: ${face.host}`, ...asks];
    const run = await face.run({
      send: head(...lines),
      answers: 1,
      methods: [method],
      upstream: () =>
        row.answer.map((step) =>
          typeof step === 'string' ? step.replaceAll('BASE', face.upstream.base) : step,
        ),
    });
    const [answer] = run.answers;
    expect(answer?.status).toBe(row.status);
    expect(run.interim).toEqual([]);
    if (row.body !== undefined) expect(answer?.body).toEqual(Buffer.from(row.body));
    for (const [name, value] of Object.entries(row.headers ?? {})) {
      const wanted = value?.replaceAll('GATEWAY', face.gateway.publicBaseUrl);
      expect(answer?.headers[name], name).toBe(wanted);
    }
    expect(summaries(run.events)).toEqual([row.recorded]);
    expect(run.seen).toHaveLength(1);
    expect(run.bytes.toString('latin1')).not.toContain(secret);
    if (row.status >= 500 && row.recorded.startsWith('event answer')) {
      expect(detailOf(run.events[0], 'upstream-status')).toBeDefined();
    }
  });
}

describe('the framing of an answer', () => {
  judge(framing);
});
describe('the status of an answer', () => {
  judge(statuses);
});
describe('the coding of an answer', () => {
  judge(codings);
});
describe('the content of an answer', () => {
  judge(contents);
});
describe('the headers of an answer', () => {
  judge(headers);
});

describe('a client of HTTP/1.0 and an upstream with a trailer', () => {
  it('gets the answer without it', async () => {
    const run = await face.run({
      send: `GET /fhir/Patient/1 HTTP/1.0\r\nHost: ${face.host}\r\n\r\n`,
      upstream: () => framing[1]?.answer ?? [],
    });
    expect(run.answers.map((it) => it.status)).toEqual([200]);
    expect(run.closed).toBe(true);
  });
});

describe('bytes behind an answer', () => {
  const poison = answerText('200 OK', [json], secretBody);
  const read = (): string => head('GET /fhir/Patient/1 HTTP/1.1', `Host: ${face.host}`);

  it.each([
    ['behind a length, at once', [`${answerText('200 OK', [json], patientBody)}${poison}`]],
    ['behind a length, later', [answerText('200 OK', [json], patientBody), { waitMs: 40 }, poison]],
    ['behind a 204, at once', [`${head('HTTP/1.1 204 No Content')}${poison}`]],
    ['behind a 204, later', [head('HTTP/1.1 204 No Content'), { waitMs: 40 }, poison]],
    ['behind a 304, at once', [`${head('HTTP/1.1 304 Not Modified')}${poison}`]],
    [
      'behind chunks, at once',
      [
        head('HTTP/1.1 200 OK', json, 'Transfer-Encoding: chunked'),
        `${chunked(patientBody)}0\r\n\r\n${poison}`,
      ],
    ],
  ] satisfies [string, Step[]][])('never answer another request (%s)', async (_, answer) => {
    await face.run({ send: read(), answers: 1, upstream: () => answer, askNext: false });
    await new Promise((resolve) => setTimeout(resolve, 80));
    for (let again = 0; again < 3; again++) {
      const run = await face.run({ send: read(), answers: 1, askNext: false });
      expect(run.answers[0]?.body.toString()).toBe(patientBody);
    }
  });

  it('behind the answer to a HEAD neither', async () => {
    const asked = head('HEAD /fhir/Patient/1 HTTP/1.1', `Host: ${face.host}`);
    const answer = answerText('200 OK', [json], poison);
    await face.run({
      send: asked,
      answers: 1,
      methods: ['HEAD'],
      upstream: () => [answer],
      askNext: false,
    });
    const run = await face.run({ send: read(), answers: 1, askNext: false });
    expect(run.answers[0]?.body.toString()).toBe(patientBody);
  });
});

describe('a kept-alive connection that the upstream closes', () => {
  const read = (): string => head('GET /fhir/Patient/1 HTTP/1.1', `Host: ${face.host}`);
  const create = (): string =>
    `${head('POST /fhir/Patient HTTP/1.1', `Host: ${face.host}`, json, 'Content-Length: 26')}{"resourceType":"Patient"}`;
  const once = async (send: string, answer: readonly Step[]): Promise<string[]> => {
    const before = face.upstream.seen.length;
    face.upstream.answerWith((_, at) =>
      at === before ? answer : [answerText('200 OK', [json], patientBody)],
    );
    const { answers } = await sendRaw({ port: face.gateway.port, steps: [send], answers: 1 });
    const ids = face.upstream.seen.slice(before).map((it) => headerOf(it, 'x-request-id'));
    const id = answers[0]?.headers['x-request-id'] ?? '';
    // However often it was sent, it is one exchange with one id and one record.
    expect(new Set(ids)).toEqual(new Set([id]));
    const events = face.gateway.eventsOf(id);
    return [String(answers[0]?.status), String(ids.length), ...summaries(events)];
  };

  it('sends a read again when not one byte came back', async () => {
    await once(read(), [answerText('200 OK', [json], patientBody)]);
    expect(await once(read(), [reset])).toEqual(['200', '2', ok]);
  });

  it('does not when some came back', async () => {
    await once(read(), [answerText('200 OK', [json], patientBody)]);
    expect(await once(read(), ['HTTP/1.1 2', { waitMs: 20 }, reset])).toEqual([
      '502',
      '1',
      'event reset 12',
    ]);
  });

  it('never sends a change again', async () => {
    await once(read(), [answerText('200 OK', [json], patientBody)]);
    expect(await once(create(), [reset])).toEqual(['502', '1', 'event reset 12']);
  });

  it('serves the next request when it was closed while idle', async () => {
    expect(
      await once(read(), [answerText('200 OK', [json], patientBody), { waitMs: 20 }, end]),
    ).toEqual(['200', '1', ok]);
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(await once(create(), [answerText('200 OK', [json], patientBody)])).toEqual([
      '200',
      '1',
      ok,
    ]);
  });
});
