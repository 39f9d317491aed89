/**
 * Which request bodies may pass, by media type: those that the record can be made from, and Binary,
 * which is opaque by nature. Part of receive, before anything is sent upstream.
 *
 * Spec: FHIR R4 http 3.1.0.1.8 (media types), 3.1.0.8 (patch), 3.1.0.9 (search).
 */
import { parseMediaType, type MediaType } from './media-type.ts';
import type { BodyKind, Method, Refused } from './types.ts';

/** What is known of a request whose body has arrived. */
export interface BodyFacts {
  readonly method: Method;
  /** Below the base, as in `Target.path`. */
  readonly path: string;
  /** The `Content-Type` value, if any. Untrusted. */
  readonly contentType: string | undefined;
  /** False when the request has no body, or an empty one. */
  readonly hasBody: boolean;
}

/** A body that may pass. */
export interface BodyMedia {
  readonly kind: 'ok';
  readonly body: BodyKind;
}

const unsupported: Refused = { kind: 'refused', reason: 'unsupported-media-type' };

const jsonTypes: ReadonlySet<string> = new Set([
  'application/fhir+json',
  'application/json',
  // DSTU2 clients still send it, and servers take it.
  'application/json+fhir',
]);

/**
 * Says what the body is, or refuses it with `unsupported-media-type`: XML, text in another charset
 * than UTF-8, a form that is not a search. Does NOT look at the bytes, nor at `Content-Encoding`.
 */
export function checkBodyMedia(facts: BodyFacts): BodyMedia | Refused {
  if (!facts.hasBody) return { kind: 'ok', body: 'none' };
  const media = parseMediaType(facts.contentType ?? '');
  const segments = facts.path.split('/').map(decodeSegment);
  const isBinary = segments[0] === 'Binary' && segments.length <= 2;
  if (isBinary && segments[1] !== '_search' && facts.method !== 'PATCH') {
    const isJson = media !== undefined && isUtf8(media) && jsonTypes.has(media.essence);
    return { kind: 'ok', body: isJson ? 'json' : 'opaque' };
  }
  if (media === undefined || !isUtf8(media)) return unsupported;
  if (facts.method === 'POST' && segments.at(-1) === '_search')
    return media.essence === 'application/x-www-form-urlencoded'
      ? { kind: 'ok', body: 'form' }
      : unsupported;
  if (jsonTypes.has(media.essence)) return { kind: 'ok', body: 'json' };
  if (facts.method === 'PATCH' && media.essence === 'application/json-patch+json')
    return { kind: 'ok', body: 'json-patch' };
  if (facts.method === 'PATCH' && media.essence === 'application/merge-patch+json')
    return { kind: 'ok', body: 'json' };
  return unsupported;
}

function isUtf8(media: MediaType): boolean {
  const charset = media.parameters.get('charset')?.toLowerCase();
  return (
    charset === undefined || charset === 'utf-8' || charset === 'utf8' || charset === 'us-ascii'
  );
}

/** `_searc%68` is `_search` to the upstream. */
function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
