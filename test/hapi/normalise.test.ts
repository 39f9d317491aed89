/**
 * The comparison of the HAPI suite is only as good as its rules: each must hide the one thing that
 * may differ, and nothing beside it.
 */
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { Response } from './http.ts';
import { firstDifference, normaliseResponse, normaliseText } from './normalise.ts';
import type { RunNames } from './normalise.ts';

const names: RunNames = {
  base: 'http://127.0.0.1:9/fhir',
  serverBases: ['http://server/fhir'],
  ids: new Map([
    ['1000', 'created-1'],
    ['ab-12', 'bundle-1'],
  ]),
  requestIds: new Set(['r-1', '01M88T1CZBEH1GAZ0123456789']),
  tag: 'run-x',
};

describe('the text of an answer', () => {
  it.each([
    ['"url": "http://127.0.0.1:9/fhir/Patient/7"', '"url": "{base}/Patient/7"'],
    ['"url": "http://127.0.0.1:9/fhir"', '"url": "{base}"'],
    ['http://127.0.0.1:9/fhir?_getpages=ab-12&x=1', '{base}?_getpages={bundle-1}&x=1'],
    [
      'subject=http%3A%2F%2F127.0.0.1%3A9%2Ffhir%2FPatient%2F1000',
      'subject={base}%2FPatient%2F{created-1}',
    ],
    ['"id": "1000"', '"id": "{created-1}"'],
    ['"reference": "Patient/1000"', '"reference": "Patient/{created-1}"'],
    ['"location": "Patient/1000/_history/2"', '"location": "Patient/{created-1}/_history/2"'],
    ['"code": "run-x"', '"code": "{tag}"'],
    ['"source": "#r-1"', '"source": "#{request-id}"'],
    ['"source": "#01M88T1CZBEH1GAZ"', '"source": "#{request-id}"'],
    [
      '"definition": "http://server/fhir/OperationDefinition/x"',
      '"definition": "{base}/OperationDefinition/x"',
    ],
    ['"lastUpdated": "2026-01-02T03:04:05.678+00:00"', '"lastUpdated": "{instant}"'],
    [
      'Resource was deleted at 2026-01-02T03:04:05.678+00:00"',
      'Resource was deleted at {instant}"',
    ],
    [
      'Successfully created resource \\"Patient/7\\". Took 12ms.',
      'Successfully created resource \\"Patient/7\\". Took {n}ms.',
    ],
    [
      '{"resourceType": "CapabilityStatement", "date": "2026-01-02T03:04:05Z"}',
      '{"resourceType": "CapabilityStatement", "date": "{instant}"}',
    ],
  ])('reads %j as %j', (text, expected) => {
    expect(normaliseText(text, names)).toBe(expected);
  });

  it.each([
    ['a base that only looks alike', '"url": "http://127.0.0.1:9/fhir2/Patient/7"'],
    ['the base of another face', '"url": "http://127.0.0.1:8/fhir/Patient/7"'],
    ['the base of the server elsewhere', '"url": "http://server/fhir/OperationDefinition/x"'],
    ['an id that this run was not given', '"reference": "Patient/1001"'],
    ['a longer id that begins alike', '"reference": "Patient/10001"'],
    ['a number that equals an id', '"value": 1000'],
    ['a request id that this run was not given', '"source": "#r-2"'],
    ['an instant in a place that is not listed', '"birthDate": "2026-01-02T03:04:05Z"'],
    ['a date of another resource', '{"resourceType": "Basic", "date": "2026-01-02T03:04:05Z"}'],
    ['a duration outside the sentence', 'Took 12ms'],
    ['white space', '{ "a" :1 }'],
  ])('leaves %s', (_, text) => {
    expect(normaliseText(text, names)).toBe(text);
  });
});

describe('a whole answer', () => {
  const answer: Response = {
    status: 200,
    headers: [
      ['date', 'Wed, 25 Nov 2026 07:18:51 GMT'],
      ['x-request-id', 'r-1'],
      ['etag', 'W/"1"'],
      ['location', 'http://127.0.0.1:9/fhir/Patient/1000/_history/1'],
      ['content-length', '2'],
    ],
    body: Buffer.from('{}'),
  };
  const normalised = normaliseResponse(answer, names);

  it('keeps status, headers and body, less the framing', () => {
    expect(normalised).toEqual({
      status: 200,
      headers: [
        'date: {http-date}',
        'etag: W/"1"',
        'location: {base}/Patient/{created-1}/_history/1',
        'x-request-id: {request-id}',
      ],
      body: '{}',
    });
  });

  it.each<[string, Partial<Response>]>([
    ['another status', { status: 201 }],
    ['a header more', { headers: [...answer.headers, ['via', '1.1 x']] }],
    ['a header less', { headers: answer.headers.slice(1) }],
    ['a header twice', { headers: [...answer.headers, ['etag', 'W/"1"']] }],
    ['a date of another form', { headers: [['date', 'today'], ...answer.headers.slice(1)] }],
    ['another body', { body: Buffer.from('{ }') }],
  ])('shows %s', (_, change) => {
    expect(normaliseResponse({ ...answer, ...change }, names)).not.toEqual(normalised);
  });

  it('compares what is inside a compressed body', () => {
    const headers = [['content-encoding', 'gzip']] as const;
    const zipped: Response = { status: 200, headers, body: gzipSync('"id": "1000"') };
    expect(normaliseResponse(zipped, names).body).toBe('"id": "{created-1}"');
  });
});

describe('the first difference', () => {
  it('is none between equal texts', () => {
    expect(firstDifference('a\nb', 'a\nb')).toBeUndefined();
  });

  it('is the line in which they part', () => {
    expect(firstDifference('a\nb', 'a\nc')).toContain('line 2');
    expect(firstDifference('a', 'a\nb')).toContain('line 2');
  });
});
