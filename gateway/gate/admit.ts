/**
 * The gate as one function: every check of a request's head, in an order in which no check relies on
 * what a later one would refuse. First part of receive; pure.
 *
 * Spec: RFC 9112; RFC 9110 section 9.3 (bodies).
 */
import { checkHost } from './host.ts';
import { clientAddress } from './client-address.ts';
import { readHeaders } from './request-headers.ts';
import { checkTarget } from './target.ts';
import type { Admitted, GateOptions, Method, Refused, RequestHead } from './types.ts';

const methods: readonly string[] = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
] satisfies readonly Method[];

const withBody: ReadonlySet<Method> = new Set<Method>(['POST', 'PUT', 'PATCH']);

/**
 * Checks the head of a request.
 *
 * Does NOT look at media types (see `checkBodyMedia` and `requestHeadersForUpstream`), at the size
 * of the body, or at CORS.
 *
 * @param head Exactly what Node's parser gave. Untrusted.
 */
export function admit(head: RequestHead, options: GateOptions): Admitted | Refused {
  if (head.httpVersion !== '1.1' && head.httpVersion !== '1.0') return refuse('http-version');
  if (!isMethod(head.method)) return refuse('method-unknown');
  const headers = readHeaders(head.rawHeaders, options);
  if (headers.kind === 'refused') return headers;
  // RFC 9112 section 6.1: nobody may chunk in HTTP/1.0.
  if (head.httpVersion === '1.0' && headers.framing.kind === 'chunked')
    return refuse('malformed-request');
  const host = checkHost(headers.host, options.allowedHosts);
  if (host.kind === 'refused') return host;
  const target = checkTarget(head.target, options.basePath);
  if (target.kind === 'refused') return target;
  const { framing } = headers;
  const hasBody = framing.kind === 'chunked' || (framing.kind === 'length' && framing.bytes > 0);
  if (hasBody && !withBody.has(head.method)) return refuse('body-not-allowed');
  return {
    kind: 'admitted',
    method: head.method,
    target,
    // RFC 9110 section 10.1.1: in HTTP/1.0 the expectation is ignored.
    headers: {
      ...headers,
      expectContinue: headers.expectContinue && head.httpVersion === '1.1' && hasBody,
    },
    client: clientAddress(head.peerAddress, headers, options.trustedProxies),
  };
}

function isMethod(method: string): method is Method {
  return methods.includes(method);
}

function refuse(reason: Refused['reason']): Refused {
  return { kind: 'refused', reason };
}
