/**
 * The answer headers that go to the client: the upstream's, without what belongs to its connection,
 * its origin or its framing. Part of release.
 *
 * Spec: RFC 9110 sections 7.6.1 and 8.8; RFC 9530 (digests); RFC 7838 (Alt-Svc).
 */
import { isAllowedSetCookie } from './cookies.ts';
import { fieldValuePattern, hopByHop, nominatedBy, tokenPattern } from './field-names.ts';
import type { ClientAnswerHeaders, HeaderField, Refused } from './types.ts';

/** What `answerHeadersForClient` needs besides the headers. */
export interface AnswerHeaderContext {
  readonly cookieAllowList: ReadonlySet<string>;
  /** The body that is released is not byte for byte the upstream's: it was decoded and rewritten. */
  readonly bodyRewritten: boolean;
  /** `UrlMap.outwardHeader`. */
  readonly outwardHeader: (name: string, value: string) => string;
}

const dropped: ReadonlySet<string> = new Set([
  // The gateway sets its own.
  'content-length',
  'x-request-id',
  'x-correlation-id',
  // These speak for the upstream's origin, which the app must not be led to.
  'alt-svc',
  'clear-site-data',
  'refresh',
  'strict-transport-security',
  'http2-settings',
  // Ranges are not asked for.
  'accept-ranges',
]);

const droppedWhenRewritten: ReadonlySet<string> = new Set([
  'content-digest',
  'content-encoding',
  'content-md5',
  'digest',
  'repr-digest',
]);

/** Fields that may stand once; the same value twice counts as once. */
const singleInAnswer: ReadonlySet<string> = new Set([
  'age',
  'content-length',
  'content-location',
  'content-type',
  'date',
  'etag',
  'expires',
  'last-modified',
  'location',
  'retry-after',
  'server',
]);

/**
 * Picks the upstream's headers for the client.
 *
 * @param rawHeaders As Node gives them: name, value, name, value, ...
 * @returns `answer-framing` when the headers cannot be read in one way only, `answer-encoding` for
 *   more than one `Content-Encoding` field.
 */
export function answerHeadersForClient(
  rawHeaders: readonly string[],
  context: AnswerHeaderContext,
): ClientAnswerHeaders | Refused {
  const fields: HeaderField[] = [];
  const seen = new Map<string, string>();
  const nominated = nominatedBy(connectionValues(rawHeaders));
  if (nominated === undefined) return { kind: 'refused', reason: 'answer-framing' };
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] as string).toLowerCase();
    const value = (rawHeaders[i + 1] as string).trim();
    if (!tokenPattern.test(name) || !fieldValuePattern.test(value))
      return { kind: 'refused', reason: 'answer-framing' };
    const before = seen.get(name);
    if (before !== undefined && name === 'content-encoding')
      return { kind: 'refused', reason: 'answer-encoding' };
    if (before !== undefined && singleInAnswer.has(name)) {
      if (before !== value) return { kind: 'refused', reason: 'answer-framing' };
      continue;
    }
    seen.set(name, value);
    // What decides how the client reads the body cannot be taken away by a nomination.
    const isNominated = nominated.has(name) && !name.startsWith('content-');
    if (!isNominated && isKept(name, value, context))
      fields.push([name, released(name, value, context)]);
  }
  return { kind: 'ok', fields };
}

function connectionValues(rawHeaders: readonly string[]): readonly string[] {
  return rawHeaders.filter(
    (_, i) => i % 2 === 1 && rawHeaders[i - 1]?.toLowerCase() === 'connection',
  );
}

function isKept(name: string, value: string, context: AnswerHeaderContext): boolean {
  if (hopByHop.has(name) || dropped.has(name) || name.startsWith('access-control-')) return false;
  if (name === 'set-cookie') return isAllowedSetCookie(value, context.cookieAllowList);
  return !(context.bodyRewritten && droppedWhenRewritten.has(name));
}

function released(name: string, value: string, context: AnswerHeaderContext): string {
  // A strong validator promises equal bytes.
  if (name === 'etag' && context.bodyRewritten && value.startsWith('"')) return `W/${value}`;
  return context.outwardHeader(name, value);
}
