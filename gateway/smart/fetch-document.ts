/**
 * Fetches a discovery document of the upstream for the gateway itself, over the same connections as
 * everything else, and says where the documents are when an app asks for one.
 */
import type { Forwarder, ForwardRequest } from '../forward/forward.ts';
import type { FetchDocument, FetchedDocument } from './authorization-endpoint.ts';

/** Where the documents are. */
export interface DocumentPlaces {
  /** Sends to the FHIR base. */
  readonly upstream: Forwarder;
  /** Path of the upstream's base, without trailing slash, and its `host[:port]`. */
  readonly upstreamPath: string;
  readonly upstreamHost: string;
  /** Another place of smart-configuration, if it has one. */
  readonly elsewhere: Elsewhere | undefined;
  readonly maxBytes: number;
}

/** A place outside of the FHIR base; credentials of an app are never sent there. */
export interface Elsewhere {
  readonly forwarder: Forwarder;
  readonly url: URL;
}

/** The request for smart-configuration at another place: nothing in it comes from the app. */
export function requestElsewhere(
  { url }: Elsewhere,
  method: string,
  requestId: string,
): ForwardRequest {
  return {
    method,
    target: `${url.pathname}${url.search}`,
    headers: {
      host: url.host,
      accept: 'application/json',
      'accept-encoding': 'identity',
      'x-request-id': requestId,
    },
    body: undefined,
  };
}

/** Makes the fetching. */
export function createFetchDocument(places: DocumentPlaces): FetchDocument {
  const { upstreamPath, upstreamHost, elsewhere } = places;
  return (what, requestId) => {
    if (what === 'configuration' && elsewhere !== undefined) {
      const request = requestElsewhere(elsewhere, 'GET', requestId);
      return fetchJson(elsewhere.forwarder, request, places.maxBytes);
    }
    const path = what === 'configuration' ? '.well-known/smart-configuration' : 'metadata';
    const request: ForwardRequest = {
      method: 'GET',
      target: `${upstreamPath}/${path}`,
      headers: {
        host: upstreamHost,
        accept: what === 'configuration' ? 'application/json' : 'application/fhir+json',
        'accept-encoding': 'identity',
        'x-request-id': requestId,
      },
      body: undefined,
    };
    return fetchJson(places.upstream, request, places.maxBytes);
  };
}

async function fetchJson(
  forwarder: Forwarder,
  request: ForwardRequest,
  maxBytes: number,
): Promise<FetchedDocument> {
  // Nobody gives it up: others may wait for the same document.
  const forwarded = await forwarder.forward(request, new AbortController().signal, maxBytes);
  if (forwarded.kind !== 'answered') return { kind: 'failed' };
  const chunks: Uint8Array[] = [];
  for await (const chunk of forwarded.chunks) chunks.push(chunk);
  const { status, rawHeaders } = forwarded.head;
  if (forwarded.verdict() !== 'complete' || status >= 500 || status === 429) {
    return { kind: 'failed' };
  }
  if (status !== 200) return { kind: 'absent' };
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
    return { kind: 'document', json: JSON.parse(text) as unknown, maxAgeMs: maxAgeMs(rawHeaders) };
  } catch {
    return { kind: 'absent' };
  }
}

/** How long the upstream lets its document be kept; undefined when it does not say. */
function maxAgeMs(rawHeaders: readonly string[]): number | undefined {
  const value = rawHeaders
    .filter((_, i) => i % 2 === 1 && rawHeaders[i - 1]?.toLowerCase() === 'cache-control')
    .join(',');
  if (/(?:^|[\s,])no-(?:store|cache)(?:$|[\s,])/i.test(value)) return 0;
  const seconds = /(?:^|[\s,])max-age="?(\d{1,10})/i.exec(value)?.[1];
  return seconds === undefined ? undefined : Number(seconds) * 1000;
}
