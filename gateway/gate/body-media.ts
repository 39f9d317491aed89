/** Which request bodies may pass, by media type. Part of receive. */
import type { BodyKind, Method, Refused } from './types.ts';

/** What is known of a request whose body has arrived or is announced. */
export interface BodyFacts {
  readonly method: Method;
  /** Below the base, as in `Target.path`. */
  readonly path: string;
  /** The `Content-Type` value, if any. */
  readonly contentType: string | undefined;
  /** False when the request has no body, or an empty one. */
  readonly hasBody: boolean;
}

/** Says what the body is, or refuses it. */
export function checkBodyMedia(
  facts: BodyFacts,
): { readonly kind: 'ok'; readonly body: BodyKind } | Refused {
  return { kind: 'ok', body: facts.hasBody ? 'json' : 'none' };
}
