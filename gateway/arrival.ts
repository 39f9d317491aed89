/**
 * A request as it arrives: what can be said of it before it was checked, so that a refusal can
 * still be recorded. Start of stage 1 (receive).
 */
import type { IncomingMessage } from 'node:http';
import { withoutCredentials, type Peer, type RequestFacts } from '../audit/event/index.ts';
import type { Identification, Identifier } from '../smart/index.ts';

/** One request, not yet checked. */
export interface Arrival {
  /** Minted here; returned, sent upstream and recorded. */
  readonly requestId: string;
  readonly receivedAt: Date;
  readonly method: string;
  readonly rawTarget: string;
  readonly rawHeaders: readonly string[];
  readonly peer: Peer;
  readonly origin: string | undefined;
  /** An inbound `X-Request-Id`, if it is fit to be repeated. */
  readonly correlationId: string | undefined;
  readonly identification: Identification;
}

const repeatable = /^[\x21-\x7e]{1,200}$/;

/** Takes in a request. The identity starts to be resolved here, beside everything else. */
export function arrive(
  request: IncomingMessage,
  identifier: Identifier,
  requestId: string,
  receivedAt: Date,
): Arrival {
  const authorization: string[] = [];
  let origin: string | undefined;
  let inboundId: string | undefined;
  const raw = request.rawHeaders;
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] ?? '';
    // The length tells most names apart without a copy in lower case.
    if (name.length === 13 && name.toLowerCase() === 'authorization') {
      authorization.push(raw[i + 1] ?? '');
    } else if (name.length === 6 && name.toLowerCase() === 'origin') origin ??= raw[i + 1];
    else if (name.length === 12 && name.toLowerCase() === 'x-request-id') inboundId ??= raw[i + 1];
  }
  return {
    requestId,
    receivedAt,
    method: request.method ?? '',
    rawTarget: request.url ?? '',
    rawHeaders: raw,
    peer: { address: request.socket.remoteAddress ?? '' },
    origin,
    correlationId: inboundId !== undefined && repeatable.test(inboundId) ? inboundId : undefined,
    identification: identifier.identify(authorization),
  };
}

/** What is recorded of a request that was refused before it was understood. */
export function unreadFacts(arrival: Arrival): RequestFacts {
  return {
    method: arrival.method,
    target: withoutCredentials(arrival.rawTarget),
    path: undefined,
    query: '',
    headers: {},
    body: undefined,
  };
}
