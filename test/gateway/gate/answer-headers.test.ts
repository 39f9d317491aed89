import { describe, expect, it } from 'vitest';
import { answerHeadersForClient, type HeaderField } from '../../../gateway/gate/index.ts';

const context = {
  cookieAllowList: new Set(['sticky']),
  bodyRewritten: false,
  outwardHeader: (name: string, value: string): string =>
    name === 'location' ? `mapped(${value})` : value,
};

function pick(
  raw: readonly string[],
  more: Partial<typeof context> = {},
): readonly HeaderField[] | string {
  const result = answerHeadersForClient(raw, { ...context, ...more });
  return result.kind === 'refused' ? result.reason : result.fields;
}

describe('the answer headers for the client', () => {
  it('are the upstream’s, in their order', () => {
    expect(
      pick([
        'ETag',
        'W/"1"',
        'Last-Modified',
        'x',
        'X-Any',
        '1',
        'Link',
        '<a>',
        'Link',
        '<b>',
        'WWW-Authenticate',
        'Bearer',
      ]),
    ).toEqual([
      ['etag', 'W/"1"'],
      ['last-modified', 'x'],
      ['x-any', '1'],
      ['link', '<a>'],
      ['link', '<b>'],
      ['www-authenticate', 'Bearer'],
    ]);
  });

  it('have their URLs mapped', () => {
    expect(pick(['Location', 'x'])).toEqual([['location', 'mapped(x)']]);
  });

  it.each([
    ['Connection'],
    ['Keep-Alive'],
    ['Transfer-Encoding'],
    ['Trailer'],
    ['Upgrade'],
    ['Proxy-Authenticate'],
    ['Content-Length'],
    ['Access-Control-Allow-Origin'],
    ['Access-Control-Expose-Headers'],
    ['Alt-Svc'],
    ['Strict-Transport-Security'],
    ['X-Request-Id'],
    ['Accept-Ranges'],
  ])('have no %s', (name) => {
    expect(pick([name, 'x', 'ETag', 'W/"1"'])).toEqual([['etag', 'W/"1"']]);
  });

  it('have nothing that Connection nominates, except what says how to read the body', () => {
    expect(
      pick(['Connection', 'X-Internal, Content-Type', 'X-Internal', '1', 'Content-Type', 'a/b']),
    ).toEqual([['content-type', 'a/b']]);
    expect(pick(['Connection', 'a b'])).toBe('answer-framing');
  });

  it('have allowed cookies only', () => {
    expect(
      pick(['Set-Cookie', 'session=secret; Path=/', 'Set-Cookie', 'sticky=1; Path=/']),
    ).toEqual([['set-cookie', 'sticky=1; Path=/']]);
  });
});

describe('an answer header that stands twice', () => {
  it('counts once when it says the same', () => {
    expect(pick(['Content-Type', 'a/b', 'content-type', 'a/b'])).toEqual([['content-type', 'a/b']]);
  });

  it.each([['Content-Type'], ['Location'], ['ETag'], ['Content-Length']])(
    '%s is refused when it says two things',
    (name) => {
      expect(pick([name, '1', name.toLowerCase(), '2'])).toBe('answer-framing');
    },
  );

  it('is refused when it is a coding', () => {
    expect(pick(['Content-Encoding', 'gzip', 'Content-Encoding', 'gzip'])).toBe('answer-encoding');
    expect(pick(['Content-Encoding', 'gzip'])).toEqual([['content-encoding', 'gzip']]);
  });
});

describe('an answer header that cannot be written again', () => {
  it('is refused', () => {
    expect(pick(['X', 'a\r\nSet-Cookie: x'])).toBe('answer-framing');
    expect(pick(['X Y', 'a'])).toBe('answer-framing');
    expect(pick(['X', 'a\tb'])).toEqual([['x', 'a\tb']]);
  });
});

describe('a rewritten body', () => {
  const raw = [
    'Content-MD5',
    'x',
    'Digest',
    'x',
    'Content-Digest',
    'x',
    'Repr-Digest',
    'x',
    'Content-Encoding',
    'gzip',
    'ETag',
    '"abc"',
  ];

  it('loses its digests, its coding and the strength of its validator', () => {
    expect(pick(raw, { bodyRewritten: true })).toEqual([['etag', 'W/"abc"']]);
    expect(pick(['ETag', 'W/"1"'], { bodyRewritten: true })).toEqual([['etag', 'W/"1"']]);
  });

  it('and an unchanged one keeps them', () => {
    expect(pick(raw)).toHaveLength(6);
    expect(pick(raw)).toContainEqual(['etag', '"abc"']);
  });
});
