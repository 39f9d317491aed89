/**
 * Which signature algorithms a public key may be used with. The key decides, never the token: that
 * is what makes `none`, and an RSA key used as an HMAC secret, impossible.
 *
 * Spec: RFC 7518 section 3.1, RFC 8037, RFC 8725 section 3.1 and 3.2.
 */
import type { JWK } from 'jose';
import { isJsonObject } from './untrusted-json.ts';

const rsa = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'];
const eddsa = ['EdDSA', 'Ed25519'];
const byCurve: ReadonlyMap<string, readonly string[]> = new Map([
  ['P-256', ['ES256']],
  ['P-384', ['ES384']],
  ['P-521', ['ES512']],
]);

/** Every algorithm that a token may name; `none` and the HMAC ones are not among them. */
export const acceptedAlgorithms: ReadonlySet<string> = new Set([
  ...rsa,
  ...eddsa,
  ...[...byCurve.values()].flat(),
]);

/** A public key of an issuer, reduced to what verification needs. */
export interface IssuerKey {
  readonly keyId?: string;
  readonly algorithms: readonly string[];
  readonly jwk: JWK;
}

/**
 * Reads one entry of a key set.
 *
 * `alg` and `use` may be absent (real servers leave them out); when present they must fit. Private
 * and symmetric members are never copied.
 *
 * @returns undefined for an entry that cannot be used to verify a signature.
 */
export function readIssuerKey(entry: unknown): IssuerKey | undefined {
  if (!isJsonObject(entry)) return undefined;
  if (entry['use'] !== undefined && entry['use'] !== 'sig') return undefined;
  const operations = entry['key_ops'];
  if (Array.isArray(operations) && !operations.includes('verify')) return undefined;
  const { kty, crv, x, y, n, e, kid, alg } = entry;
  const isText = (...values: readonly unknown[]) =>
    values.every((value) => typeof value === 'string');
  let fitting: readonly string[] = [];
  let jwk: unknown;
  if (kty === 'RSA' && isText(n, e)) {
    fitting = rsa;
    jwk = { kty, n, e };
  } else if (kty === 'EC' && typeof crv === 'string' && isText(x, y)) {
    fitting = byCurve.get(crv) ?? [];
    jwk = { kty, crv, x, y };
  } else if (kty === 'OKP' && crv === 'Ed25519' && isText(x)) {
    fitting = eddsa;
    jwk = { kty, crv, x };
  }
  const algorithms = alg === undefined ? fitting : fitting.filter((name) => isSame(name, alg));
  if (algorithms.length === 0) return undefined;
  // `jose` keeps the imported key of a frozen JWK instead of importing it again.
  return {
    ...(typeof kid === 'string' && { keyId: kid }),
    algorithms,
    jwk: Object.freeze(jwk as JWK),
  };
}

function isSame(fitting: string, stated: unknown): boolean {
  // RFC 9864 renamed EdDSA over this curve to Ed25519; both names are in use for the same thing.
  return fitting === stated || (eddsa.includes(fitting) && eddsa.some((name) => name === stated));
}
