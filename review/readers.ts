/**
 * Who is asking on the review face: a bearer token compared with those of the named readers.
 *
 * Spec: RFC 6750 section 2.1 (header only: a token in a query would end up in logs).
 */
import { hash, timingSafeEqual } from 'node:crypto';
import type { Reader } from './options.ts';

/** What the `Authorization` header amounts to. */
export type Credential =
  | { readonly kind: 'reader'; readonly reader: Reader }
  | { readonly kind: 'none' }
  /** Something was presented that is nobody's token. */
  | { readonly kind: 'unknown' };

/**
 * Digest by which a token is compared.
 *
 * @param token Content of a token file; white space at its ends does not count.
 */
export function digestToken(token: string): Uint8Array {
  return hash('sha256', token.trim(), 'buffer');
}

/**
 * Finds the reader of a token.
 *
 * @param authorization The header's value. Untrusted.
 */
export function identifyReader(
  authorization: string | undefined,
  readers: readonly Reader[],
): Credential {
  if (authorization === undefined) return { kind: 'none' };
  const token = bearerOf(authorization);
  if (token === undefined) return { kind: 'unknown' };
  const presented = digestToken(token);
  // Digests have one length, and every reader is compared, so timing tells nothing of a token.
  const found = readers.filter((reader) => timingSafeEqual(reader.tokenDigest, presented));
  const [reader] = found;
  return reader === undefined ? { kind: 'unknown' } : { kind: 'reader', reader };
}

/** The token of a `Bearer` credential; undefined for any other scheme. */
export function bearerOf(authorization: string): string | undefined {
  return /^bearer +(\S+) *$/iu.exec(authorization)?.[1];
}
