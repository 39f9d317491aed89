/** Bases and arbitraries for the tests of URL rewriting. */
import fc from 'fast-check';
import { createUrlMap, type UrlMap } from '../../../gateway/urls/index.ts';

export const up = 'http://upstream.example:8090/fhir';
export const gw = 'https://gw.example/api/fhir';

export function urlMap(upstreamAliases: readonly string[] = []): UrlMap {
  return createUrlMap({ gatewayBase: gw, upstreamBase: up, upstreamAliases });
}

export function text(value: string): Buffer {
  return Buffer.from(value, 'utf8');
}

export function json(value: unknown): Buffer {
  return text(JSON.stringify(value));
}

export function read(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8');
}

/** A JSON value, and the one that is expected after the outward rewriting. */
export interface Planted {
  readonly before: string;
  readonly after: string;
}

const space = fc.constantFrom('', '', ' ', '\r\n', '\n  ', '\t');

/** One string token in one of the two styles that can be inverted. */
function stringToken(value: string, isEscaped: boolean): string {
  const token = JSON.stringify(value);
  return isEscaped ? token.replaceAll('/', '\\/') : token;
}

const tail = fc.constantFrom(
  '',
  '/',
  '/Patient/1',
  '/Binary/é',
  '?_getpages=1&_count=2',
  '#x',
  `?subject=${encodeURIComponent('§/Patient/1')}&b=§/Patient/2,§/Patient/3`,
  `?subject=${encodeURIComponent('§').toLowerCase()}`,
);

/** A URL under the base, written with `§` for the base. */
const followedUrl = fc
  .tuple(tail, fc.boolean())
  .map(([it, isEscaped]) => ({ url: `§${it}`, isEscaped }));

/** Texts that look like a base and are none, or stand where none is followed. */
export const traps: readonly string[] = [
  `${up}2/Patient/1`,
  `${up}%2FPatient`,
  'http://upstream.example.evil:8090/fhir/Patient/1',
  'http://upstream.example:80901/fhir/Patient/1',
  'http://user:pw@upstream.example:8090/fhir/Patient/1',
  'http://upstream.example:8090@evil.example/fhir/Patient/1',
  'http://upstream.example/fhir/Patient/1',
  'https://upstream.example:8090/fhir/Patient/1',
  `http://other.example/?next=${up}/Patient/1`,
  `x${up}/Patient/1`,
  ` ${up}/Patient/1`,
  'Patient/1',
  'urn:uuid:1',
  '',
  '\\',
  'ü"\u2028\\/',
  `${'long '.repeat(20)}"fullUrl":"${up}/x"\\`,
  `${'\\'.repeat(70)}","fullUrl":"${up}/x`,
  `x${'\\'.repeat(71)}"`,
];

function fill(planted: string, base: string): string {
  const encoded = encodeURIComponent('§');
  return planted
    .replaceAll(
      encoded.toLowerCase(),
      encodeURIComponent(base).replace(/%[0-9A-F]{2}/g, (it) => it.toLowerCase()),
    )
    .replaceAll(encoded, encodeURIComponent(base))
    .replaceAll('§', base);
}

function member(key: string, value: Planted, gap: string): Planted {
  const put = (it: string): string => `${gap}${JSON.stringify(key)}${gap}:${gap}${it}${gap}`;
  return { before: put(value.before), after: put(value.after) };
}

function join(open: string, parts: readonly Planted[], close: string): Planted {
  return {
    before: `${open}${parts.map((it) => it.before).join(',')}${close}`,
    after: `${open}${parts.map((it) => it.after).join(',')}${close}`,
  };
}

const followed: fc.Arbitrary<Planted> = fc.oneof(
  followedUrl.map(({ url, isEscaped }) => ({
    before: stringToken(fill(url, up), isEscaped),
    after: stringToken(fill(url, gw), isEscaped),
  })),
  fc
    .constantFrom(...traps)
    .map((it) => ({ before: JSON.stringify(it), after: JSON.stringify(it) })),
);

const same = (token: fc.Arbitrary<string>): fc.Arbitrary<Planted> =>
  token.map((it) => ({ before: it, after: it }));

const inert: fc.Arbitrary<Planted> = same(
  fc.oneof(
    fc.constantFrom('1.50', '-0', '12345678901234567890', '1e2', 'true', 'null', '{}', '[]'),
    fc
      .constantFrom(...traps, `${up}/Patient/1`, up, `"fullUrl":"${up}/x"`)
      .map((it) => JSON.stringify(it)),
    fc.string({ unit: 'binary' }).map((it) => JSON.stringify(it)),
    fc.constant(`"${up.replaceAll('/', '\\/')}"`),
  ),
);

/** Members whose string is never touched, the bases planted in them. */
const deafMember = fc
  .tuple(
    fc.constantFrom(
      'div',
      'data',
      'system',
      'valueUri',
      'instantiatesCanonical',
      'url',
      'é',
      'link2',
    ),
    inert,
    space,
  )
  .map(([key, value, gap]) => member(key, value, gap));

const followedMember = fc
  .tuple(fc.constantFrom('reference', 'fullUrl', 'valueUrl'), followed, space)
  .map(([key, value, gap]) => member(key, value, gap));

const urlObject = fc
  .tuple(
    fc.constantFrom('link', 'photo', 'valueAttachment', 'output', 'implementation', 'content'),
    followed,
    fc.boolean(),
    space,
  )
  .map(([key, value, isList, gap]) => {
    const inner = join('{', [member('url', value, gap)], '}');
    return member(key, isList ? join('[', [inner], ']') : inner, gap);
  });

/** Whole bodies. Keys are unique within one object by construction of the numbered wrappers. */
export const plantedBody: fc.Arbitrary<Planted> = fc.letrec<{ object: Planted; member: Planted }>(
  (tie) => ({
    member: fc.oneof(
      { maxDepth: 4 },
      deafMember,
      followedMember,
      urlObject,
      fc
        .tuple(fc.nat(9), tie('object'), fc.boolean(), space)
        .map(([number, value, isList, gap]) =>
          member(`nested${String(number)}`, isList ? join('[', [value], ']') : value, gap),
        ),
    ),
    object: fc.array(tie('member'), { maxLength: 4 }).map((members) => join('{', members, '}')),
  }),
).object;
