/**
 * Takes credentials out of what is going to be recorded: promise 5. The header `Authorization` and
 * cookies never get near a record; this is about query strings and form bodies, where RFC 6750
 * section 2.2 and 2.3 (and bad habits) put tokens.
 */

const names: ReadonlySet<string> = new Set([
  'access_token',
  'id_token',
  'id_token_hint',
  'refresh_token',
  'client_secret',
  'client_assertion',
  'assertion',
  'saml_response',
  'password',
  'api_key',
  'apikey',
  'authorization',
]);

const replacement = 'redacted';
/** A compact JWS or JWE, wherever it stands: its header always starts with `{"`. */
const compactToken = /eyJ[A-Za-z0-9_=-]{8,}(?:\.[A-Za-z0-9_=-]*){2,4}/g;
const userinfo = /^([a-z][a-z0-9+.-]*:\/\/)[^/?#@]*@/i;

/** A request target or a query, without the values of credentials. */
export function withoutCredentials(text: string): string {
  const mark = text.indexOf('?');
  const cleaned =
    mark < 0 ? text : text.slice(0, mark + 1) + withoutCredentialPairs(text.slice(mark + 1));
  return cleaned.replace(userinfo, '$1').replace(compactToken, replacement);
}

/** `name=value` pairs joined by `&` (a query or a form), without the values of credentials. */
export function withoutCredentialPairs(pairs: string): string {
  if (!pairs.includes('=')) return pairs;
  const kept = pairs.split('&').map((pair) => {
    const equals = pair.indexOf('=');
    const name = decode(equals < 0 ? pair : pair.slice(0, equals)).toLowerCase();
    return names.has(name) ? `${pair.slice(0, equals)}=${replacement}` : pair;
  });
  return kept.join('&').replace(compactToken, replacement);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}
