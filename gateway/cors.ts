/**
 * CORS from the configuration, on every answer of the app face, the gateway's own errors included:
 * without these headers a browser shows an app an opaque network failure instead of the reason.
 * Preflights are answered here and never forwarded.
 *
 * Spec: Fetch standard, "HTTP extensions" (https://fetch.spec.whatwg.org/#http-extensions).
 */
import type { HeaderList } from './release.ts';

const exposed =
  'Location, Content-Location, ETag, Last-Modified, Link, X-Request-Id, X-Correlation-Id, Retry-After, X-Progress';

/** What a request says about its origin. */
export interface CorsRequest {
  readonly origin: string | undefined;
  /** `Access-Control-Request-Method`. */
  readonly requestedMethod: string | undefined;
  /** `Access-Control-Request-Headers`. */
  readonly requestedHeaders: string | undefined;
}

/** The policy of one gateway. */
export interface Cors {
  /** Headers for any answer to a request from this origin. */
  headers(origin: string | undefined): HeaderList;
  /** Headers of the answer to a preflight; undefined when the origin is not allowed. */
  preflight(request: CorsRequest): HeaderList | undefined;
}

const tokens = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+(?:\s*,\s*[A-Za-z0-9!#$%&'*+.^_`|~-]+)*$/;

/** @param allowedOrigins Origins (`https://app.example.org`), or `*` for any. */
export function createCors(allowedOrigins: readonly string[]): Cors {
  const any = allowedOrigins.includes('*');
  const allowed = new Set(allowedOrigins);
  const allow = (origin: string | undefined): string | undefined => {
    if (origin === undefined) return undefined;
    if (any) return '*';
    return allowed.has(origin) ? origin : undefined;
  };
  const varies: HeaderList = any || allowed.size === 0 ? [] : ['Vary', 'Origin'];
  return {
    headers(origin) {
      const allowOrigin = allow(origin);
      if (allowOrigin === undefined) return varies;
      return [
        ...varies,
        'Access-Control-Allow-Origin',
        allowOrigin,
        'Access-Control-Expose-Headers',
        exposed,
      ];
    },
    preflight(request) {
      const allowOrigin = allow(request.origin);
      if (allowOrigin === undefined) return undefined;
      const asked = request.requestedHeaders;
      const headers = asked !== undefined && tokens.test(asked) ? asked : 'Authorization';
      return [
        ...varies,
        'Access-Control-Allow-Origin',
        allowOrigin,
        'Access-Control-Allow-Methods',
        'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS',
        'Access-Control-Allow-Headers',
        headers,
        'Access-Control-Max-Age',
        '600',
      ];
    },
  };
}

/** For documents that are public by specification: any origin, never with credentials. */
export const openCors: Cors = createCors(['*']);

/** Whether a request is a preflight. */
export function isPreflight(method: string, request: CorsRequest): boolean {
  return (
    method === 'OPTIONS' && request.origin !== undefined && request.requestedMethod !== undefined
  );
}
