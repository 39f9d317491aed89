/**
 * What the gate knows of header fields by name: one table of sets, lower case. Used for requests and
 * answers.
 *
 * Spec: RFC 9110 (which fields are lists), section 7.6.1 (hop-by-hop); RFC 9112.
 */

/** About one connection only; never passed on, in either direction. */
export const hopByHop: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-authentication-info',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/**
 * Request fields that may stand once. `If-Match` and `If-None-Match` are lists in RFC 9110, but FHIR
 * knows one version in them, and Node joins several: refused, as nobody means it.
 */
export const singleInRequest: ReadonlySet<string> = new Set([
  'authorization',
  'access-control-request-method',
  'content-encoding',
  'content-length',
  'content-location',
  'content-type',
  'date',
  'expect',
  'from',
  'host',
  'if-match',
  'if-modified-since',
  'if-none-exist',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'max-forwards',
  'origin',
  'proxy-authorization',
  'range',
  'referer',
  'traceparent',
  'transfer-encoding',
  'user-agent',
  'x-provenance',
  'x-request-id',
]);

/**
 * Fields that decide what a request means: `Connection` must not be able to take them away between
 * us and the upstream, so nominating one is refused.
 */
export const neverNominated: ReadonlySet<string> = new Set([
  ...singleInRequest,
  'accept',
  'cookie',
  'prefer',
  'forwarded',
  'x-forwarded-for',
]);

/**
 * Fields by which a client could speak for a proxy or for the gateway, or change what the upstream
 * does without the record knowing. They never reach anybody.
 */
export function isSpoofable(name: string): boolean {
  return spoofableNames.has(name) || spoofablePrefixes.some((prefix) => name.startsWith(prefix));
}

const spoofablePrefixes = [
  'x-forwarded-',
  'x-original-',
  'x-authorization-',
  'x-consent-',
  'x-ms-azurefhir-audit-',
  'x-http-method',
  'sec-websocket-',
];

const spoofableNames: ReadonlySet<string> = new Set([
  'forwarded',
  'http2-settings',
  'true-client-ip',
  'via',
  'x-client-ip',
  'x-cluster-client-ip',
  'x-method-override',
  'x-real-ip',
  'x-remote-user',
  'x-rewrite-url',
]);

/** A token of RFC 9110 section 5.6.2. */
export const tokenPattern = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** A field value: no control characters but the tab. Bytes from 0x80 on are opaque. */
export const fieldValuePattern = /^[\t\u0020-\u007e\u0080-\u00ff]*$/;

/** The tokens of all `Connection` values, lower case; undefined when one is not a token. */
export function nominatedBy(values: readonly string[]): ReadonlySet<string> | undefined {
  const tokens = values
    .flatMap((value) => value.split(','))
    .map((token) => token.trim().toLowerCase())
    .filter((token) => token !== '');
  return tokens.every((token) => tokenPattern.test(token)) ? new Set(tokens) : undefined;
}
