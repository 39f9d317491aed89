/**
 * One FHIR base URL, taken apart for matching: scheme and host compare without case, the path
 * exactly, the default port may be written or left out.
 *
 * Spec: RFC 3986 section 6.2.
 */

/** A base; all of it ASCII. */
export interface Base {
  /** Canonical spelling without trailing slash. */
  readonly href: string;
  /** Lower-case `scheme://host`, without port. */
  readonly head: Uint8Array;
  /** Host alone, lower case. */
  readonly hostname: string;
  /** The port that counts, in digits. */
  readonly port: Uint8Array;
  /** True when the port may be left out. */
  readonly portIsDefault: boolean;
  /** `/fhir`; empty at the root of the host. */
  readonly path: Uint8Array;
}

/**
 * Takes a base URL apart.
 *
 * @param text Absolute http or https URL without user, query and fragment.
 * @throws A plain Error for anything else: configuration has been checked before.
 */
export function parseBase(text: string): Base {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new Error('a FHIR base must be an absolute http(s) URL');
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '')
    throw new Error('a FHIR base has no user, query or fragment');
  const path = url.pathname.replace(/\/+$/, '');
  const defaultPort = url.protocol === 'https:' ? '443' : '80';
  const ascii = (part: string): Uint8Array => Buffer.from(part, 'latin1');
  return {
    href: `${url.protocol}//${url.host}${path}`,
    head: ascii(`${url.protocol}//${url.hostname}`),
    hostname: url.hostname,
    port: ascii(url.port === '' ? defaultPort : url.port),
    portIsDefault: url.port === '',
    path: ascii(path),
  };
}
