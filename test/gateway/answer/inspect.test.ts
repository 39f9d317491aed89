import { describe, expect, it } from 'vitest';
import { inspectBody } from '../../../gateway/answer/inspect.ts';

const answer = (
  contentType: string | undefined,
  bytes: string | Buffer,
  path = 'Patient/1',
  status = 200,
) => ({
  path,
  status,
  contentType,
  bytes: Buffer.from(bytes),
});
const json = '{"resourceType":"Patient"}';

describe('a body that can be understood', () => {
  it.each([
    'application/fhir+json',
    'application/json; charset=utf-8',
    'APPLICATION/FHIR+JSON',
    undefined,
  ])('is read as JSON (%s)', (contentType) => {
    expect(inspectBody(answer(contentType, json), false, undefined)).toEqual({
      kind: 'json',
      json: { resourceType: 'Patient' },
      urls: undefined,
    });
  });

  it('is nothing when it is empty', () => {
    expect(inspectBody(answer('application/fhir+json', ''), false, undefined)).toEqual({
      kind: 'none',
    });
  });
});

describe('a body that its place or media type explains', () => {
  it.each([
    ['a Binary', answer('application/octet-stream', 'x', 'Binary/1')],
    ['a document', answer('application/pdf', '%PDF')],
    ['an image', answer('image/png', 'x')],
    ['the page of a failing server', answer('text/html', '<h1>503</h1>', 'Patient/1', 503)],
  ])('passes with size and digest: %s', (_name, body) => {
    expect(inspectBody(body, false, undefined)).toMatchObject({
      kind: 'opaque',
      bytes: body.bytes.length,
    });
  });
});

describe('a body that cannot be understood', () => {
  const cases: readonly [string, ReturnType<typeof answer>][] = [
    ['XML', answer('application/fhir+xml', '<Patient/>')],
    ['HTML with 200', answer('text/html', '<p>Zoë</p>')],
    ['broken JSON', answer('application/fhir+json', '{"resourceType":')],
    ['invalid UTF-8', answer('application/fhir+json', Buffer.from([0x22, 0xff, 0xfe, 0x22]))],
    ['UTF-16', answer('application/fhir+json', Buffer.from(json, 'utf16le'))],
    ['NDJSON', answer('application/fhir+ndjson', `${json}\n${json}`)],
    ['an unknown type', answer('application/octet-stream', 'x')],
    ['no type at all', answer(undefined, 'x')],
  ];
  it.each(cases)('is refused: %s', (_name, body) => {
    expect(inspectBody(body, false, undefined)).toEqual({ kind: 'uninspectable' });
  });

  it.each(cases)('is flagged where the configuration says so: %s', (_name, body) => {
    expect(inspectBody(body, true, undefined)).toMatchObject({
      kind: 'opaque',
      bytes: body.bytes.length,
    });
  });
});
