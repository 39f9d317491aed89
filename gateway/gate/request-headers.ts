/**
 * Reads the request headers: limits and syntax first, then what belongs to the connection is taken
 * away, and only then is anything believed. Part of receive.
 *
 * Spec: RFC 9110 sections 5, 7.6.1, 10.1.1; RFC 9112 sections 6.1 to 6.3.
 */
import { filterCookies } from './cookies.ts';
import {
  fieldValuePattern,
  hopByHop,
  isSpoofable,
  neverNominated,
  nominatedBy,
  singleInRequest,
  tokenPattern,
} from './field-names.ts';
import type { Framing, GateOptions, HeaderField, Refused, RequestHeaders } from './types.ts';

type HeaderLimits = Pick<GateOptions, 'headerCount' | 'headerBytes' | 'cookieAllowList'>;

/**
 * Reads the raw request headers, or refuses them.
 *
 * @param rawHeaders As Node gives them: name, value, name, value, ... Untrusted.
 * @returns `header-limit`, `malformed-request` (syntax, framing), `header-duplicate`,
 *   `header-refused` (a nomination that would change the request), `expectation-unknown` or
 *   `upgrade-refused` (WebSocket); other upgrades are ignored, as RFC 9110 section 7.8 allows.
 */
export function readHeaders(
  rawHeaders: readonly string[],
  options: HeaderLimits,
): RequestHeaders | Refused {
  const all = pairs(rawHeaders);
  if (all.length > options.headerCount || sizeOf(all) > options.headerBytes)
    return refuse('header-limit');
  if (!all.every(([name, value]) => tokenPattern.test(name) && fieldValuePattern.test(value)))
    return refuse('malformed-request');
  // `X_Forwarded_For` becomes `X-Forwarded-For` in CGI-like upstreams.
  const known = all.filter(([name]) => !name.includes('_'));
  if (hasDuplicate(known)) return refuse('header-duplicate');

  const nominated = nominatedBy(valuesOf(known, 'connection'));
  if (nominated === undefined) return refuse('malformed-request');
  if ([...nominated].some((name) => neverNominated.has(name))) return refuse('header-refused');
  const framing = framingOf(
    valuesOf(known, 'transfer-encoding'),
    valuesOf(known, 'content-length'),
  );
  if (framing === undefined) return refuse('malformed-request');
  const expectation = valuesOf(known, 'expect')[0]?.trim().toLowerCase();
  if (expectation !== undefined && expectation !== '100-continue')
    return refuse('expectation-unknown');
  if (valuesOf(known, 'upgrade').some((value) => /websocket/i.test(value)))
    return refuse('upgrade-refused');
  return {
    kind: 'ok',
    fields: keptFields(known, nominated, options.cookieAllowList),
    host: valuesOf(known, 'host')[0],
    framing,
    expectContinue: expectation !== undefined,
    xForwardedFor: valuesOf(known, 'x-forwarded-for'),
    forwarded: valuesOf(known, 'forwarded'),
  };
}

function refuse(reason: Refused['reason']): Refused {
  return { kind: 'refused', reason };
}

/** Raw headers as pairs with lower-case names and trimmed values. */
function pairs(rawHeaders: readonly string[]): readonly HeaderField[] {
  const result: HeaderField[] = [];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2)
    result.push([(rawHeaders[i] as string).toLowerCase(), (rawHeaders[i + 1] as string).trim()]);
  return result;
}

/** On the wire: name, colon, space, value, line end. */
function sizeOf(fields: readonly HeaderField[]): number {
  return fields.reduce((sum, [name, value]) => sum + name.length + value.length + 4, 0);
}

function valuesOf(fields: readonly HeaderField[], wanted: string): readonly string[] {
  return fields.filter(([name]) => name === wanted).map(([, value]) => value);
}

function hasDuplicate(fields: readonly HeaderField[]): boolean {
  const seen = new Set<string>();
  for (const [name] of fields) {
    if (!singleInRequest.has(name)) continue;
    if (seen.has(name)) return true;
    seen.add(name);
  }
  return false;
}

/** Undefined when the body's end could be seen in two ways. */
function framingOf(
  transferEncoding: readonly string[],
  contentLength: readonly string[],
): Framing | undefined {
  if (transferEncoding.length > 0) {
    const isChunked = transferEncoding[0]?.toLowerCase() === 'chunked';
    return isChunked && contentLength.length === 0 ? { kind: 'chunked' } : undefined;
  }
  const text = contentLength[0];
  if (text === undefined) return { kind: 'none' };
  const bytes = /^\d+$/.test(text) ? Number(text) : NaN;
  return Number.isSafeInteger(bytes) ? { kind: 'length', bytes } : undefined;
}

const readElsewhere: ReadonlySet<string> = new Set([
  'host',
  'content-length',
  'expect',
  // A part of a resource could not be inspected.
  'range',
  'if-range',
]);

function keptFields(
  fields: readonly HeaderField[],
  nominated: ReadonlySet<string>,
  cookieAllowList: ReadonlySet<string>,
): readonly HeaderField[] {
  return fields.flatMap(([name, value]): readonly HeaderField[] => {
    if (hopByHop.has(name) || nominated.has(name) || readElsewhere.has(name)) return [];
    if (isSpoofable(name)) return [];
    if (name !== 'cookie') return [[name, value]];
    const cookies = filterCookies(value, cookieAllowList);
    return cookies === '' ? [] : [[name, cookies]];
  });
}
