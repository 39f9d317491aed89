import { describe, expect, it } from 'vitest';
import {
  admit,
  trustedProxies,
  type GateOptions,
  type RequestHead,
} from '../../../gateway/gate/index.ts';

const options: GateOptions = {
  basePath: '/fhir',
  allowedHosts: new Set(['gw.example']),
  headerCount: 100,
  headerBytes: 16_384,
  cookieAllowList: new Set(),
  trustedProxies: trustedProxies(['10.0.0.0/8']),
};

const read: RequestHead = {
  method: 'GET',
  target: '/fhir/Patient/1?x=1',
  rawHeaders: ['Host', 'GW.example', 'Authorization', 'Bearer x'],
  httpVersion: '1.1',
  peerAddress: '::ffff:192.0.2.1',
};

function reasonOf(head: Partial<RequestHead>): string {
  const result = admit({ ...read, ...head }, options);
  return result.kind === 'refused' ? result.reason : 'ok';
}

function withHeaders(...more: readonly string[]): readonly string[] {
  return ['Host', 'gw.example', ...more];
}

describe('a request that may go on', () => {
  it('is given with all that later stages need', () => {
    expect(admit(read, options)).toEqual({
      kind: 'admitted',
      method: 'GET',
      target: {
        kind: 'ok',
        path: 'Patient/1',
        query: 'x=1',
        pathSuffix: '/Patient/1',
        hasQuery: true,
      },
      headers: {
        kind: 'ok',
        fields: [['authorization', 'Bearer x']],
        host: 'GW.example',
        framing: { kind: 'none' },
        expectContinue: false,
        xForwardedFor: [],
        forwarded: [],
      },
      client: { address: '192.0.2.1' },
    });
  });

  it.each([['GET'], ['HEAD'], ['POST'], ['PUT'], ['PATCH'], ['DELETE'], ['OPTIONS']])(
    'may be a %s',
    (method) => {
      expect(reasonOf({ method })).toBe('ok');
    },
  );
});

describe('a request that may not go on', () => {
  it.each([['CONNECT'], ['TRACE'], ['get'], ['PROPFIND'], ['']])('has the method %s', (method) => {
    expect(reasonOf({ method })).toBe('method-unknown');
  });

  it.each([['0.9'], ['2.0'], ['1.2']])('speaks HTTP/%s', (httpVersion) => {
    expect(reasonOf({ httpVersion })).toBe('http-version');
  });

  it('is for another host, or for none', () => {
    expect(reasonOf({ rawHeaders: ['Host', 'evil.example'] })).toBe('host-unknown');
    expect(reasonOf({ rawHeaders: ['Host', 'gw.example:81'] })).toBe('host-unknown');
    expect(reasonOf({ rawHeaders: [], httpVersion: '1.0' })).toBe('host-unknown');
    expect(reasonOf({ rawHeaders: ['Host', 'gw.example'], httpVersion: '1.0' })).toBe('ok');
  });

  it('has a target outside the base, or none at all', () => {
    expect(reasonOf({ target: '/admin' })).toBe('not-found');
    expect(reasonOf({ target: '/fhir/../admin' })).toBe('target-refused');
    expect(reasonOf({ target: '*', method: 'OPTIONS' })).toBe('target-refused');
  });

  it.each([['GET'], ['HEAD'], ['DELETE'], ['OPTIONS']])('is a %s with a body', (method) => {
    expect(reasonOf({ method, rawHeaders: withHeaders('Content-Length', '1') })).toBe(
      'body-not-allowed',
    );
    expect(reasonOf({ method, rawHeaders: withHeaders('Transfer-Encoding', 'chunked') })).toBe(
      'body-not-allowed',
    );
    expect(reasonOf({ method, rawHeaders: withHeaders('Content-Length', '0') })).toBe('ok');
    expect(reasonOf({ method: 'POST', rawHeaders: withHeaders('Content-Length', '1') })).toBe('ok');
  });

  it('is chunked in HTTP/1.0', () => {
    const rawHeaders = withHeaders('Transfer-Encoding', 'chunked');
    expect(reasonOf({ method: 'POST', rawHeaders, httpVersion: '1.0' })).toBe('malformed-request');
    expect(reasonOf({ method: 'POST', rawHeaders })).toBe('ok');
  });

  it('has headers that are refused', () => {
    expect(reasonOf({ rawHeaders: withHeaders('Connection', 'Authorization') })).toBe(
      'header-refused',
    );
  });
});

describe('the expectation of a 100 Continue', () => {
  it('counts for a body in HTTP/1.1 only', () => {
    const expects = (head: Partial<RequestHead>): boolean | undefined => {
      const result = admit({ ...read, method: 'POST', ...head }, options);
      return result.kind === 'admitted' ? result.headers.expectContinue : undefined;
    };
    const rawHeaders = withHeaders('Expect', '100-continue', 'Content-Length', '1');
    expect(expects({ rawHeaders })).toBe(true);
    expect(expects({ rawHeaders, httpVersion: '1.0' })).toBe(false);
    expect(expects({ rawHeaders: withHeaders('Expect', '100-continue') })).toBe(false);
  });
});
