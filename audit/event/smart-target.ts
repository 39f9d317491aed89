/**
 * The request targets of the SMART routes, as they may be recorded. Their queries are made of
 * secrets (launch handles, state, nonce, signed requests), so here only what is listed stays.
 *
 * Spec: SMART App Launch 2.2 "App Launch"; OpenID Connect Core 1.0 section 3.1.2.1.
 */

const route = /\/(?:auth\/authorize|launch\/[^/]*)\/?$/i;

/** Values that say what was asked for and open nothing. */
const kept: ReadonlySet<string> = new Set([
  'client_id',
  'code_challenge_method',
  'display',
  'max_age',
  'prompt',
  'response_mode',
  'response_type',
  'scope',
]);

/** Values that are recorded when they are a URL and nothing more. */
const keptUrls: ReadonlySet<string> = new Set(['aud', 'audience', 'iss', 'resource']);

const plainUrl = /^https?:\/\/[A-Za-z0-9.:[\]-]+(?:\/[A-Za-z0-9._~/-]*)?$/;
const maxUrlLength = 300;
const replacement = 'redacted';

/** True when a target, checked or not, is one of an authorization request or a launch. */
export function isSmartTarget(decodedPath: string): boolean {
  return route.test(decodedPath);
}

/**
 * The query of such a target, with its separators and the names of its parameters.
 *
 * @param query What follows the path, raw.
 * @param decode Undoes percent-encoding, to look at a piece.
 */
export function smartQueryWithoutSecrets(query: string, decode: (text: string) => string): string {
  return query
    .split(/([?&;#])/)
    .map((piece) => {
      if (piece === '' || /^[?&;#]$/.test(piece)) return piece;
      const equals = piece.indexOf('=');
      if (equals < 0) return replacement;
      const name = piece.slice(0, equals);
      const value = piece.slice(equals + 1);
      const known = decode(name);
      if (kept.has(known)) return piece;
      if (keptUrls.has(known) && isPlainUrl(decode(value))) return piece;
      return `${/^[A-Za-z0-9._~%-]{1,64}$/.test(name) ? name : replacement}=${replacement}`;
    })
    .join('');
}

function isPlainUrl(text: string): boolean {
  return text.length <= maxUrlLength && plainUrl.test(text);
}

/**
 * A URL that came with an authorization request, fit for the record: without userinfo, query and
 * fragment, and cut. Undefined for what is not an absolute URL.
 */
export function recordableUrl(text: string): string | undefined {
  const groups =
    /^(?<scheme>[a-z][a-z0-9+.-]*):(?<slashes>\/{0,2})(?:(?<user>[^/?#]*)@)?(?<rest>[^?#]*)/i.exec(
      text,
    )?.groups;
  if (groups === undefined) return undefined;
  const user = groups['user'] === undefined ? '' : `${replacement}@`;
  const whole = `${groups['scheme'] ?? ''}:${groups['slashes'] ?? ''}${user}${groups['rest'] ?? ''}`;
  return whole.slice(0, maxUrlLength);
}
