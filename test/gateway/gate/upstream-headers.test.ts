import { describe, expect, it } from 'vitest';
import {
  requestHeadersForUpstream,
  type HeaderField,
  type RequestHeaders,
  type UpstreamRequestHeaders,
} from '../../../gateway/gate/index.ts';

function headersOf(fields: readonly HeaderField[]): RequestHeaders {
  return {
    kind: 'ok',
    fields,
    host: 'gw',
    framing: { kind: 'none' },
    expectContinue: false,
    xForwardedFor: [],
    forwarded: [],
  };
}

const context = {
  requestId: 'rid-1',
  path: 'Patient/1',
  query: '',
  inwardHeader: (name: string, value: string): string =>
    name === 'if-none-exist' ? `mapped(${value})` : value,
};

function ask(
  fields: readonly HeaderField[],
  more: Partial<typeof context & { form: string }> = {},
): UpstreamRequestHeaders | string {
  const result = requestHeadersForUpstream(headersOf(fields), { ...context, ...more });
  return result.kind === 'refused' ? result.reason : result;
}

function sent(
  name: string,
  fields: readonly HeaderField[],
  more: Partial<typeof context & { form: string }> = {},
): string | undefined {
  const result = ask(fields, more);
  if (typeof result === 'string') return result;
  return result.fields.find(([it]) => it === name)?.[1];
}

const accept = (value: string, more = {}): string | undefined =>
  sent('accept', [['accept', value]], more);

describe('the headers for the upstream', () => {
  it('are those that FHIR knows, and nothing else', () => {
    const passed: readonly HeaderField[] = [
      ['authorization', 'Bearer x'],
      ['content-type', 'application/fhir+json'],
      ['if-match', 'W/"1"'],
      ['prefer', 'return=minimal'],
      ['prefer', 'respond-async'],
      ['accept-language', 'de'],
      ['traceparent', '00-1-2-01'],
      ['user-agent', 'app'],
      ['x-api-key', 'k'],
    ];
    const kept: readonly HeaderField[] = [
      ['x-cascade', 'delete'],
      ['x-remote-user', 'root'],
      ['x-unknown', '1'],
      ['origin', 'https://app.example'],
      ['referer', 'https://app.example/?patient=1'],
      ['x-request-id', 'from-the-client'],
      ['content-md5', 'x'],
    ];
    expect(ask([...passed, ...kept])).toEqual({
      kind: 'ok',
      fields: [
        ...passed,
        ['accept', 'application/fhir+json'],
        ['accept-encoding', 'identity'],
        ['x-request-id', 'rid-1'],
      ],
    });
  });

  it('have their URLs mapped', () => {
    expect(sent('if-none-exist', [['if-none-exist', 'a=1']])).toBe('mapped(a=1)');
  });
});

describe('Accept for the upstream', () => {
  it.each([
    ['application/json', 'application/json'],
    ['application/fhir+json', 'application/fhir+json'],
    ['application/fhir+json; fhirVersion=4.0', 'application/fhir+json; fhirVersion=4.0'],
    ['*/*', 'application/fhir+json'],
    ['application/*;q=0.5', 'application/fhir+json;q=0.5'],
    ['application/fhir+xml, application/fhir+json;q=0.9', 'application/fhir+json;q=0.9'],
    [
      'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
      'application/fhir+json;q=0.8',
    ],
    ['application/fhir+json;q=0, */*', 'application/json'],
    ['APPLICATION/JSON', 'APPLICATION/JSON'],
    ['application/fhir+ndjson', 'application/fhir+ndjson'],
    ['', 'application/fhir+json'],
  ])('is narrowed to JSON: %s', (value, expected) => {
    expect(accept(value)).toBe(expected);
  });

  it('of several fields is one list', () => {
    expect(
      sent('accept', [
        ['accept', 'application/fhir+xml'],
        ['accept', 'application/json'],
      ]),
    ).toBe('application/json');
  });

  it.each([
    ['application/fhir+xml'],
    ['application/xml, text/xml'],
    ['text/html'],
    ['application/fhir+xml, application/json;q=0'],
    ['application/fhir+turtle'],
    ['application/json;q=0.000, text/html'],
    ['text/html;x="application/json,application/fhir+json"'],
  ])('that takes no JSON is refused: %s', (value) => {
    expect(accept(value)).toBe('not-acceptable');
  });
});

describe('_format', () => {
  it.each([
    ['_format=json'],
    ['_format=application/fhir%2Bjson'],
    ['_format=application/fhir+json'],
    ['_format=application%2Fjson%3Bcharset%3Dutf-8'],
    ['x=xml'],
    ['_format='],
  ])('%s is well', (query) => {
    expect(accept('*/*', { query })).toBe('application/fhir+json');
  });

  it.each([
    ['_format=xml'],
    ['a=1&_format=application/fhir%2Bxml'],
    ['_format=json&_format=xml'],
    ['%5Fformat=xml'],
    ['_form%61t=text/xml'],
    ['_format=html'],
    ['_format=ttl'],
  ])('%s is refused', (query) => {
    expect(accept('application/json', { query })).toBe('not-acceptable');
  });

  it('wins over Accept', () => {
    expect(accept('application/fhir+xml', { query: '_format=json' })).toBe('application/fhir+json');
  });

  it('is seen in the body of a search too', () => {
    expect(accept('*/*', { form: 'name=x&_format=xml' })).toBe('not-acceptable');
    expect(accept('*/*', { form: 'name=x&_format=json' })).toBe('application/fhir+json');
  });
});

describe('a Binary', () => {
  it('may be asked for in its own media type, or without any', () => {
    expect(accept('image/png', { path: 'Binary/1' })).toBe('image/png');
    expect(accept('*/*', { path: 'Binary/1' })).toBe('*/*');
    expect(sent('accept', [], { path: 'Binary/1' })).toBeUndefined();
    expect(accept('image/png', { path: 'Patient/1' })).toBe('not-acceptable');
    expect(accept('image/png', { path: 'Binary/_search' })).toBe('not-acceptable');
    expect(accept('image/png', { path: 'BinaryX/1' })).toBe('not-acceptable');
  });

  it('is not given as FHIR XML', () => {
    expect(accept('application/fhir+xml', { path: 'Binary/1' })).toBe('not-acceptable');
    expect(accept('application/fhir+xml, image/png', { path: 'Binary/1' })).toBe(
      'application/fhir+xml, image/png',
    );
  });
});

describe('Accept-Encoding for the upstream', () => {
  it.each([
    ['gzip', 'gzip'],
    ['br, GZIP;q=0.5, zstd', 'gzip'],
    ['x-gzip', 'gzip'],
    ['*', 'gzip'],
    ['gzip;q=0', 'identity'],
    ['gzip;q=0.000, *', 'identity'],
    ['br, zstd, dcb', 'identity'],
    ['identity', 'identity'],
    ['*;q=0', 'identity'],
    ['', 'identity'],
  ])('%j becomes %s', (value, expected) => {
    expect(sent('accept-encoding', [['accept-encoding', value]])).toBe(expected);
  });
});
