/** The request headers that go upstream. Part of forward. */
import type { Refused, RequestHeaders, UpstreamRequestHeaders } from './types.ts';

/** What `requestHeadersForUpstream` needs besides the headers. */
export interface UpstreamHeaderContext {
  /** The minted request id. */
  readonly requestId: string;
  /** Raw query of the target: `_format` counts as `Accept`. */
  readonly query: string;
  /** `Target.path`: a Binary may be asked for in any media type. */
  readonly path: string;
  /** `UrlMap.inwardHeader`. */
  readonly inwardHeader: (name: string, value: string) => string;
}

/** Picks the headers for the upstream; refuses with `not-acceptable` who takes no JSON. */
export function requestHeadersForUpstream(
  headers: RequestHeaders,
  context: UpstreamHeaderContext,
): UpstreamRequestHeaders | Refused {
  void context;
  return { kind: 'ok', fields: headers.fields };
}
