/**
 * Takes credentials out of what is going to be recorded: promise 5. The header `Authorization` and
 * cookies never get near a record; this is about targets, forms and recorded headers, where RFC 6750
 * section 2.2 and 2.3 (and bad habits) put tokens. When in doubt it takes out too much.
 *
 * The gateway and the review face use it on what they hand in, the mapping once more on what it
 * writes: a caller that forgets must not be able to store a secret.
 */

import { isSmartTarget, smartQueryWithoutSecrets } from './smart-target.ts';

const names = [
  'access_?token',
  'refresh_?token',
  'id_token(?:_hint)?',
  'subject_token',
  'actor_token',
  'auth_?token',
  'client_secret',
  'client_assertion',
  'assertion',
  'saml_?response',
  'code_verifier',
  'launch',
  'password',
  'passwd',
  'api_?key',
  'subscription-key',
  'authorization',
  'bearer',
  'jwt',
].join('|');

/** A name that is, or has as one of its words, that of a credential. */
const secretName = new RegExp(`^\\s*token$|(?:^|[^a-z])(?:${names})(?:[^a-z_]|$)`, 'i');
/** Such a name and an equals sign inside a value: a URL in a parameter. */
const nested = new RegExp(`(?:^|[^a-z])(?:${names})\\s*=`, 'i');

const replacement = 'redacted';
/** A compact JWS or JWE, wherever it stands: its header always starts with `{"`. */
const compactToken = /eyJ[A-Za-z0-9_=-]{8,}(?:(?:\.|%2e)[A-Za-z0-9_=-]*){2,4}/gi;
const userinfo = /((?:^|[a-z][a-z0-9+.-]*:)\/\/)[^/?#@\s|]*@/gi;
/** Most texts have nothing of all this, and are not looked at any further. */
const hint = new RegExp(`token|${names}|eyJ|%|//`, 'i');

/**
 * A request target, a query, a form or a header value, without the values of credentials.
 *
 * Does NOT find a secret that stands where no secret belongs and does not look like a token.
 */
export function withoutCredentials(text: string): string {
  const smart = /authorize|launch|%/i.test(text) ? smartPath(text) : undefined;
  if (smart !== undefined) {
    return (
      cleaned(smart) +
      smartQueryWithoutSecrets(text.slice(smart.length), decoded).replace(compactToken, replacement)
    );
  }
  return cleaned(text);
}

/** The raw path of a target of the SMART routes, without query; undefined for any other text. */
function smartPath(text: string): string | undefined {
  const end = text.search(/[?;#]/);
  const path = end < 0 ? text : text.slice(0, end);
  return isSmartTarget(decoded(path)) ? path : undefined;
}

function cleaned(text: string): string {
  if (!hint.test(text)) return text;
  return text
    .split(/([?&;#])/)
    .map((piece) => withoutValue(piece))
    .join('')
    .replace(userinfo, '$1')
    .replace(compactToken, replacement);
}

/** One `name=value`, or any other text. */
function withoutValue(piece: string): string {
  const equals = piece.indexOf('=');
  if (equals < 0) return piece;
  const name = piece.slice(0, equals);
  if (secretName.test(decoded(name))) return `${name}=${replacement}`;
  const isNested = nested.test(decoded(piece.slice(equals + 1)));
  return isNested ? `${name}=${replacement}` : piece;
}

/** Percent-decoded three times over, what cannot be decoded left as it is. Only to be looked at. */
function decoded(text: string): string {
  let result = text.replaceAll('+', ' ');
  for (let round = 0; round < 3 && result.includes('%'); round++) {
    result = result.replace(/%([0-9a-f]{2})/gi, (_, hex: string) =>
      String.fromCharCode(parseInt(hex, 16)),
    );
  }
  return result;
}
