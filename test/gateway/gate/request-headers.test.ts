import { describe, expect, it } from 'vitest';
import { readHeaders, type RequestHeaders } from '../../../gateway/gate/index.ts';

const limits = { headerCount: 100, headerBytes: 16_384, cookieAllowList: new Set(['sticky']) };

function raw(...fields: readonly string[]): readonly string[] {
  return fields.flatMap((field) => {
    const colon = field.indexOf(':');
    return [field.slice(0, colon), field.slice(colon + 1).trim()];
  });
}

function readOk(...fields: readonly string[]): RequestHeaders {
  const result = readHeaders(raw(...fields), limits);
  if (result.kind === 'refused') throw new Error(result.reason);
  return result;
}

function reasonOf(...fields: readonly string[]): string {
  const result = readHeaders(raw(...fields), limits);
  return result.kind === 'refused' ? result.reason : 'ok';
}

describe('the limits on request headers', () => {
  it('are on their number', () => {
    const headers = (count: number): readonly string[] =>
      Array.from({ length: count }, (_, i) => `X-${String(i)}:`);
    expect(reasonOf(...headers(100))).toBe('ok');
    expect(reasonOf(...headers(101))).toBe('header-limit');
  });

  it('and on their size', () => {
    expect(reasonOf(`X: ${'a'.repeat(16_384 - 5)}`)).toBe('ok');
    expect(reasonOf(`X: ${'a'.repeat(16_384 - 4)}`)).toBe('header-limit');
  });
});

describe('the syntax of request headers', () => {
  it.each([
    ['X Y: 1'],
    [': 1'],
    ['X(: 1'],
    ['Ä: 1'],
    ['X: a\u0000b'],
    ['X: a\rb'],
    ['X: a\nb'],
    ['X: a\u007f'],
    ['X: \u0100'],
  ])('%j is malformed', (field) => {
    expect(reasonOf(field)).toBe('malformed-request');
  });

  it.each([["X!#$%&'*+-.^`|~9: 1"], ['X: a\tb "c" é'], ['X:']])('%j is well', (field) => {
    expect(reasonOf(field)).toBe('ok');
  });
});

describe('a header that may stand once', () => {
  it.each([
    ['Authorization: Bearer a'],
    ['Host: a'],
    ['Content-Type: application/json'],
    ['Content-Length: 1'],
    ['If-Match: W/"1"'],
    ['If-None-Match: W/"1"'],
    ['If-None-Exist: a=1'],
    ['If-Modified-Since: x'],
    ['Transfer-Encoding: chunked'],
    ['Origin: https://app.example'],
    ['X-Request-Id: 1'],
  ])('%s is refused twice, in any case, and passes once', (field) => {
    expect(reasonOf(field)).toBe('ok');
    expect(reasonOf(field, field)).toBe('header-duplicate');
    expect(reasonOf(field.toUpperCase(), field.toLowerCase())).toBe('header-duplicate');
  });

  it.each([
    ['Accept: a/b'],
    ['Accept-Language: de'],
    ['Prefer: respond-async'],
    ['X-Forwarded-For: 1.2.3.4'],
    ['X-Any: 1'],
  ])('%s may stand twice', (field) => {
    expect(reasonOf(field, field)).toBe('ok');
  });
});

describe('what belongs to the connection', () => {
  it('is taken away with everything that Connection nominates', () => {
    const { fields } = readOk(
      'Connection: keep-alive, X-Custom',
      'Connection: x-other',
      'Keep-Alive: 300',
      'Proxy-Connection: x',
      'Proxy-Authorization: Basic x',
      'TE: trailers',
      'Trailer: X',
      'X-Custom: 1',
      'X-Other: 1',
      'X-Stays: 1',
    );
    expect(fields).toEqual([['x-stays', '1']]);
  });

  it.each([
    ['Authorization'],
    ['authorization, close'],
    ['If-Match'],
    ['Host'],
    ['Content-Length'],
    ['Cookie'],
    ['X-Forwarded-For'],
  ])('a nomination of %s is refused', (nominated) => {
    expect(reasonOf(`Connection: ${nominated}`)).toBe('header-refused');
  });

  it('a harmless nomination passes, one that is no token does not', () => {
    expect(reasonOf('Connection: close, X-Y')).toBe('ok');
    expect(reasonOf('Connection: a b')).toBe('malformed-request');
  });
});

describe('framing', () => {
  it.each([
    [['Content-Length: 5'], { kind: 'length', bytes: 5 }],
    [['Content-Length: 0'], { kind: 'length', bytes: 0 }],
    [['Transfer-Encoding: chunked'], { kind: 'chunked' }],
    [['Transfer-Encoding: Chunked'], { kind: 'chunked' }],
    [[], { kind: 'none' }],
  ])('%j is read', (fields, framing) => {
    const headers = readOk(...fields);
    expect(headers.framing).toEqual(framing);
    expect(headers.fields).toEqual([]);
  });

  it.each([
    [['Content-Length: 5', 'Transfer-Encoding: chunked']],
    [['Transfer-Encoding: gzip, chunked']],
    [['Transfer-Encoding: identity']],
    [['Transfer-Encoding: xchunked']],
    [['Transfer-Encoding: chunked, chunked']],
    [['Transfer-Encoding:']],
    [['Content-Length: +2']],
    [['Content-Length: -1']],
    [['Content-Length: 1,1']],
    [['Content-Length: 0x1']],
    [['Content-Length:']],
    [['Content-Length: 99999999999999999999']],
  ])('%j is malformed', (fields) => {
    expect(reasonOf(...fields)).toBe('malformed-request');
  });
});

describe('headers that could speak for somebody else', () => {
  it.each([
    ['X-Forwarded-For'],
    ['X-Forwarded-Host'],
    ['X-Forwarded-Prefix'],
    ['Forwarded'],
    ['X-Authorization-User'],
    ['X-Consent-Scope'],
    ['X-MS-AZUREFHIR-AUDIT-USER'],
    ['HTTP2-Settings'],
    ['Sec-WebSocket-Key'],
    ['X-HTTP-Method-Override'],
    ['X-Original-URL'],
    ['X-Real-IP'],
    ['X_Forwarded_For'],
    ['Author_ization'],
    ['Range'],
    ['If-Range'],
    ['Upgrade'],
    ['Expect: 100-continue'],
    ['Host'],
  ])('%s does not pass', (name) => {
    const field = name.includes(':') ? name : `${name}: x`;
    expect(readOk(field, 'X-Stays: 1').fields).toEqual([['x-stays', '1']]);
  });

  it('are kept apart where the address of the client is read from', () => {
    const headers = readOk(
      'X-Forwarded-For: 1.1.1.1',
      'x-forwarded-for: 2.2.2.2',
      'Forwarded: for=3.3.3.3',
    );
    expect(headers.xForwardedFor).toEqual(['1.1.1.1', '2.2.2.2']);
    expect(headers.forwarded).toEqual(['for=3.3.3.3']);
  });

  it('are not made by a name with an underscore', () => {
    const headers = readOk(
      'X_Forwarded_For: 1.1.1.1',
      'Content_Length: 5',
      'Transfer_Encoding: chunked',
    );
    expect(headers.xForwardedFor).toEqual([]);
    expect(headers.framing).toEqual({ kind: 'none' });
  });
});

describe('cookies', () => {
  it('pass by the allow list only', () => {
    expect(readOk('Cookie: session=secret; sticky=1; sticky2=2').fields).toEqual([
      ['cookie', 'sticky=1'],
    ]);
    expect(readOk('Cookie: session=secret').fields).toEqual([]);
    expect(readOk('Cookie: sticky').fields).toEqual([]);
  });
});

describe('expectations and upgrades', () => {
  it('100-continue is a flag, anything else is refused', () => {
    expect(readOk('Expect: 100-Continue').expectContinue).toBe(true);
    expect(readOk().expectContinue).toBe(false);
    expect(reasonOf('Expect: 200-ok')).toBe('expectation-unknown');
    expect(reasonOf('Expect: 100-continue, x')).toBe('expectation-unknown');
  });

  it('a WebSocket is refused, another upgrade is ignored', () => {
    expect(reasonOf('Upgrade: websocket', 'Connection: Upgrade')).toBe('upgrade-refused');
    expect(
      readOk('Upgrade: h2c', 'Connection: Upgrade, HTTP2-Settings', 'HTTP2-Settings: x').fields,
    ).toEqual([]);
  });
});

describe('what is left', () => {
  it('has lower-case names, trimmed values, its order, and the credential for identify', () => {
    expect(readOk('Accept: a/b', 'AUTHORIZATION:  Bearer x ', 'Accept: c/d').fields).toEqual([
      ['accept', 'a/b'],
      ['authorization', 'Bearer x'],
      ['accept', 'c/d'],
    ]);
    expect(readOk('Host: gw.example:8080').host).toBe('gw.example:8080');
  });
});
