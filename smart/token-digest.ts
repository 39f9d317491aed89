/**
 * The keyed digests that stand for a token, a launch handle or a state in the record: they tie the
 * events of one of them together and give nothing to someone who holds the record but not the key.
 *
 * Spec: RFC 2104 (HMAC) with SHA-256. Deviates on purpose from BALP's "last 32 characters".
 */
import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';

/** Gives `urn:fhir-chaperone:token-hmac-sha256:<keyId>:<base64url>` for credentials. */
export type TokenDigest = (credentials: string) => string;

/**
 * Makes the digest function of one key.
 *
 * @param key At least 32 bytes. Whoever has it can test guesses of tokens against the record.
 * @param keyId Written into each digest, so that a change of key is visible.
 * @throws RangeError When the key is short or the id would not fit in a URN.
 */
export function createTokenDigest(key: Uint8Array, keyId: string): TokenDigest {
  const secret = secretOf(key, keyId);
  const prefix = `urn:fhir-chaperone:token-hmac-sha256:${keyId}:`;
  // `at|` separates access tokens from the refresh tokens and codes that the same key will cover.
  return (credentials) =>
    prefix + createHmac('sha256', secret).update(`at|${credentials}`).digest('base64url');
}

/** What besides a token is tied together by a digest. */
export type HandleKind = 'launch' | 'state';

/** Gives `urn:fhir-chaperone:<kind>-hmac-sha256:<keyId>:<base64url>` for a handle. */
export type HandleDigest = (kind: HandleKind, value: string) => string;

/**
 * Makes the digest function for handles of the authorization flow: the same key as for tokens, and
 * digests that can never be mistaken for those of tokens or of each other.
 *
 * @throws RangeError As {@link createTokenDigest}.
 */
export function createHandleDigest(key: Uint8Array, keyId: string): HandleDigest {
  const secret = secretOf(key, keyId);
  return (kind, value) =>
    `urn:fhir-chaperone:${kind}-hmac-sha256:${keyId}:` +
    createHmac('sha256', secret).update(`${kind}|${value}`).digest('base64url');
}

function secretOf(key: Uint8Array, keyId: string): KeyObject {
  if (key.length < 32) throw new RangeError('the token digest key needs at least 32 bytes');
  if (!/^[A-Za-z0-9._-]{1,64}$/.test(keyId)) {
    throw new RangeError('the id of the token digest key may hold letters, digits, ".", "_", "-"');
  }
  return createSecretKey(key);
}
