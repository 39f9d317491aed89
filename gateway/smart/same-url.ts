/**
 * Says whether two spellings are the same base URL. On this the swap of `aud` and the relay of a
 * launch depend, so it is strict: what is not certainly the same is another server.
 *
 * Spec: RFC 3986 section 6.2.2 and 6.2.3, without dot segments.
 */

/** Scheme, host with optional port, path: no userinfo, no query, no fragment, no backslash. */
const baseUrl =
  /^(?<scheme>https?):\/\/(?<host>\[[0-9a-f:.]+\]|[a-z0-9._~-]+)(?::(?<port>\d{1,5}))?(?<path>\/[^?#\\]*)?$/i;

/**
 * The normal form of a base URL: scheme and host in lower case, no default port, no slash at the
 * end, unreserved characters not percent-encoded. Nothing else is changed.
 *
 * @param text Untrusted, percent-decoded once already when it came out of a query.
 * @returns Undefined for what is not an http(s) base URL.
 */
export function normaliseBase(text: string): string | undefined {
  const groups = baseUrl.exec(withoutNeedlessEscapes(text))?.groups;
  if (groups === undefined) return undefined;
  const scheme = (groups['scheme'] ?? '').toLowerCase();
  const host = (groups['host'] ?? '').toLowerCase();
  const port = groups['port'];
  const defaultPort = scheme === 'https' ? '443' : '80';
  const portText = port === undefined || port === defaultPort ? '' : `:${port}`;
  return `${scheme}://${host}${portText}${(groups['path'] ?? '').replace(/\/$/, '')}`;
}

/** `%7E` and `~` are the same in every URL. */
function withoutNeedlessEscapes(text: string): string {
  return text.replace(/%([0-9a-f]{2})/gi, (escape, hex: string) => {
    const character = String.fromCharCode(parseInt(hex, 16));
    return /[A-Za-z0-9._~-]/.test(character) ? character : escape;
  });
}

/** Makes the test for one of several bases. */
export function sameBaseAs(bases: readonly string[]): (text: string) => boolean {
  const wanted = new Set(bases.map(normaliseBase));
  return (text) => {
    const normal = normaliseBase(text);
    return normal !== undefined && wanted.has(normal);
  };
}
