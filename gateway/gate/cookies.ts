/** Cookies are dropped both ways, except those that the configuration names. RFC 6265. */

/** The allowed cookies of a `Cookie` value; empty when none is left. */
export function filterCookies(value: string, allowed: ReadonlySet<string>): string {
  if (allowed.size === 0) return '';
  return value
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => allowed.has(cookieName(pair)))
    .join('; ');
}

/** True when a `Set-Cookie` value sets an allowed cookie. */
export function isAllowedSetCookie(value: string, allowed: ReadonlySet<string>): boolean {
  return allowed.has(cookieName(value));
}

function cookieName(pair: string): string {
  const [name = '', ...rest] = (pair.split(';', 1)[0] ?? '').split('=');
  return rest.length === 0 ? '' : name.trim();
}
