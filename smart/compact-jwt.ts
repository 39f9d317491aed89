/**
 * Takes a bearer apart when it is a signed JWT in compact form. Decodes only; nothing is checked.
 *
 * Spec: RFC 7515 section 3.1, RFC 7519 section 3. Five parts (JWE) are opaque to us.
 */
import { parseJsonObject } from './untrusted-json.ts';
import type { JsonObject } from './untrusted-json.ts';

/** Header and payload of a compact JWT. Unchecked. */
export interface DecodedJwt {
  readonly header: JsonObject;
  readonly payload: JsonObject;
}

/**
 * Decodes a compact JWT.
 *
 * Does NOT check the signature, times or anything else.
 *
 * @param token Untrusted, at most 16 KiB (the caller's limit).
 * @returns undefined when the token is not a JWT: then it is opaque.
 */
export function decodeCompactJwt(token: string): DecodedJwt | undefined {
  const parts = /^([\w-]+)\.([\w-]+)\.[\w-]*$/.exec(token);
  const header = decodePart(parts?.[1]);
  const payload = decodePart(parts?.[2]);
  if (header === undefined || payload === undefined) return undefined;
  return typeof header['alg'] === 'string' ? { header, payload } : undefined;
}

function decodePart(part: string | undefined): JsonObject | undefined {
  return part === undefined
    ? undefined
    : parseJsonObject(Buffer.from(part, 'base64url').toString('utf8'));
}
