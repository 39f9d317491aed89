/**
 * Finds the real authorization endpoint of the upstream: configured, or read by the gateway itself
 * from smart-configuration, or else from the CapabilityStatement. Never from the request: that
 * would make the gateway an open redirect.
 *
 * Spec: SMART App Launch 2.2 "Conformance".
 */
import { oauthUris } from './discovery-documents.ts';

/** What is known of the endpoint. */
export type EndpointFound =
  | { readonly kind: 'found'; readonly url: string }
  /** The upstream answered, and names none that can be used. */
  | { readonly kind: 'none' }
  /** The upstream could not be asked. */
  | { readonly kind: 'unavailable' };

/** A document fetched from the upstream. */
export type FetchedDocument =
  | { readonly kind: 'document'; readonly json: unknown; readonly maxAgeMs: number | undefined }
  /** It says that it has no such document (4xx), or the document is not JSON. */
  | { readonly kind: 'absent' }
  | { readonly kind: 'failed' };

/** Fetches a document of the upstream. Never rejects. */
export type FetchDocument = (
  what: 'configuration' | 'capabilities',
  requestId: string,
) => Promise<FetchedDocument>;

/** See `createAuthorizationEndpoint`. */
export interface AuthorizationEndpoint {
  /** @param requestId The id of the exchange that asks: the upstream sees it. */
  find(requestId: string): Promise<EndpointFound>;
}

/** What finding needs. */
export interface EndpointOptions {
  /** `smart.discovery.authorizationEndpoint`: nothing is fetched then. */
  readonly configured: string | undefined;
  readonly fetchDocument: FetchDocument;
  /** Relative URLs are relative to it; without trailing slash. */
  readonly upstreamBase: string;
  /** The gateway's own: an upstream that names it would send browsers in circles. */
  readonly authorizeUrl: string;
  readonly clock: () => Date;
}

const longestMs = 300_000;
/** While the upstream fails, what was found before still serves. */
const staleMs = 3_600_000;
/** A failure is not asked about again at once. */
const pauseMs = 2000;

/** Makes the finder of one gateway: one request to the upstream at a time, whoever asks. */
export function createAuthorizationEndpoint(options: EndpointOptions): AuthorizationEndpoint {
  if (options.configured !== undefined) {
    const found = Promise.resolve({ kind: 'found', url: options.configured } as const);
    return { find: () => found };
  }
  let known: EndpointFound | undefined;
  let knownAtMs = 0;
  let freshUntilMs = 0;
  let asking: Promise<EndpointFound> | undefined;

  const ask = async (requestId: string): Promise<EndpointFound> => {
    const { found, maxAgeMs } = await look(options, requestId);
    const nowMs = options.clock().getTime();
    const serves = known?.kind === 'found' && nowMs - knownAtMs <= staleMs;
    if (found.kind === 'unavailable') {
      freshUntilMs = nowMs + pauseMs;
      if (!serves) known = found;
    } else {
      known = found;
      knownAtMs = nowMs;
      freshUntilMs =
        nowMs + (found.kind === 'found' ? Math.min(maxAgeMs ?? longestMs, longestMs) : pauseMs);
    }
    return known ?? found;
  };
  return {
    find(requestId) {
      if (known !== undefined && options.clock().getTime() < freshUntilMs) {
        return Promise.resolve(known);
      }
      asking ??= ask(requestId).finally(() => {
        asking = undefined;
      });
      return asking;
    },
  };
}

interface Looked {
  readonly found: EndpointFound;
  readonly maxAgeMs: number | undefined;
}

async function look(options: EndpointOptions, requestId: string): Promise<Looked> {
  const configuration = await options.fetchDocument('configuration', requestId);
  const named = configuration.kind === 'document' ? endpointOf(configuration.json) : undefined;
  const url = usable(named, options);
  if (url !== undefined && configuration.kind === 'document') {
    return { found: { kind: 'found', url }, maxAgeMs: configuration.maxAgeMs };
  }
  const capabilities = await options.fetchDocument('capabilities', requestId);
  if (capabilities.kind === 'document') {
    const candidates = oauthUris(capabilities.json).filter(([name]) => name === 'authorize');
    for (const [, text] of candidates) {
      const fallback = usable(text, options);
      if (fallback !== undefined) {
        return { found: { kind: 'found', url: fallback }, maxAgeMs: capabilities.maxAgeMs };
      }
    }
  }
  const isUnavailable = configuration.kind === 'failed' || capabilities.kind === 'failed';
  return { found: { kind: isUnavailable ? 'unavailable' : 'none' }, maxAgeMs: undefined };
}

function endpointOf(json: unknown): string | undefined {
  if (typeof json !== 'object' || json === null) return undefined;
  const value: unknown = Reflect.get(json, 'authorization_endpoint');
  return typeof value === 'string' ? value : undefined;
}

/** An http(s) URL without fragment (RFC 6749 section 3.1), as it may stand in `Location`. */
function usable(
  text: string | undefined,
  { upstreamBase, authorizeUrl }: EndpointOptions,
): string | undefined {
  if (text === undefined || text === '' || /\s/.test(text)) return undefined;
  const url = URL.parse(text, `${upstreamBase}/`);
  if (url === null || !/^https?:$/.test(url.protocol) || url.hash !== '') return undefined;
  if (url.username !== '' || url.password !== '') return undefined;
  const own = URL.parse(authorizeUrl);
  if (own !== null && own.origin === url.origin && own.pathname === url.pathname) return undefined;
  return url.href;
}
