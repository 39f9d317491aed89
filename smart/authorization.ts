/**
 * Reads the `Authorization` values of one request, first step of identification. Pure; everything
 * here is untrusted, and what is not provably a scheme name is treated as a secret.
 *
 * Spec: RFC 9110 section 11.4, RFC 6750 section 2.1.
 */

/** What the `Authorization` values hold. `credentials` is a secret: digest it, never keep it. */
export type Authorization =
  | { readonly kind: 'none' }
  | { readonly kind: 'several' }
  | { readonly kind: 'too-large'; readonly credentials: string }
  | { readonly kind: 'malformed'; readonly credentials: string }
  | { readonly kind: 'bearer'; readonly credentials: string }
  | { readonly kind: 'other-scheme'; readonly scheme: string; readonly credentials: string };

/** Longest `Authorization` value that is looked into, in characters (one byte each). */
export const maxAuthorizationBytes = 16 * 1024;

// Only these names are ever repeated. A client that forgets the scheme sends its secret first, so
// an unknown first word must not reach the record.
const knownSchemes: ReadonlyMap<string, string> = new Map(
  [
    ...['Basic', 'Digest', 'DPoP', 'GNAP', 'HOBA', 'Mutual', 'Negotiate', 'NTLM', 'OAuth'],
    ...['PrivateToken', 'SCRAM-SHA-1', 'SCRAM-SHA-256', 'vapid'],
    ...['AWS4-HMAC-SHA256', 'AWS4-ECDSA-P256-SHA256'],
  ].map((scheme) => [scheme.toLowerCase(), scheme]),
);

/**
 * Parses every `Authorization` value of a request.
 *
 * @param values As received, in order. Untrusted.
 * @returns `other-scheme` names a scheme of a closed list, or `other`: never text of the client.
 */
export function parseAuthorization(values: readonly string[]): Authorization {
  const [value] = values;
  if (value === undefined) return { kind: 'none' };
  if (values.length > 1) return { kind: 'several' };
  if (value.length > maxAuthorizationBytes) return { kind: 'too-large', credentials: value };
  const parts = /^[ \t]*(?<scheme>[!#$%&'*+.^_`|~0-9A-Za-z-]+) +(?<rest>.*?)[ \t]*$/.exec(value);
  const scheme = parts?.groups?.['scheme'];
  const credentials = parts?.groups?.['rest'];
  if (scheme === undefined || credentials === undefined || credentials === '') {
    return { kind: 'malformed', credentials: value };
  }
  if (scheme.toLowerCase() !== 'bearer') {
    return {
      kind: 'other-scheme',
      scheme: knownSchemes.get(scheme.toLowerCase()) ?? 'other',
      credentials,
    };
  }
  // Wider than the token68 of RFC 6750: opaque tokens of real servers use other visible characters.
  return /^[\x21-\x7e]+$/.test(credentials)
    ? { kind: 'bearer', credentials }
    : { kind: 'malformed', credentials: value };
}
