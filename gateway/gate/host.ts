/**
 * `Host`: compared to an allow-list and used for nothing else. Part of receive.
 *
 * Spec: RFC 9110 section 7.2; RFC 9112 section 3.2.
 */
import type { Refused } from './types.ts';

/**
 * Tells whether a request may be addressed to this host.
 *
 * @param host The `Host` value; undefined when there is none, which is refused.
 * @param allowed Lower-case `host[:port]` values.
 */
export function checkHost(
  host: string | undefined,
  allowed: ReadonlySet<string>,
): { readonly kind: 'ok' } | Refused {
  if (host === undefined || !allowed.has(host.toLowerCase()))
    return { kind: 'refused', reason: 'host-unknown' };
  return { kind: 'ok' };
}
