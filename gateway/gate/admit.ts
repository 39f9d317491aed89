/**
 * The gate as one function: every check of a request's head, in the order that is safe. First part
 * of receive; pure.
 */
import { checkHost } from './host.ts';
import { clientAddress } from './client-address.ts';
import { readHeaders } from './request-headers.ts';
import { checkTarget } from './target.ts';
import type { Admitted, GateOptions, Method, Refused, RequestHead } from './types.ts';

/** Checks the head of a request. Does NOT look at media types: see `checkBodyMedia`. */
export function admit(head: RequestHead, options: GateOptions): Admitted | Refused {
  const headers = readHeaders(head.rawHeaders, options);
  if (headers.kind === 'refused') return headers;
  const host = checkHost(headers.host, options.allowedHosts);
  if (host.kind === 'refused') return host;
  const target = checkTarget(head.target, options.basePath);
  if (target.kind === 'refused') return target;
  return {
    kind: 'admitted',
    method: head.method as Method,
    target,
    headers,
    client: clientAddress(head.peerAddress, headers, options.trustedProxies),
  };
}
