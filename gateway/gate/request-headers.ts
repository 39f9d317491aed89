/** Reads the request headers. Part of receive. */
import type { GateOptions, Refused, RequestHeaders } from './types.ts';

/** Reads the raw request headers, or refuses them. */
export function readHeaders(
  rawHeaders: readonly string[],
  options: Pick<GateOptions, 'headerCount' | 'headerBytes' | 'cookieAllowList'>,
): RequestHeaders | Refused {
  void rawHeaders;
  void options;
  return { kind: 'refused', reason: 'header-refused' };
}
