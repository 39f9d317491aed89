/** Access tokens in the form of JWTs: which ones are ours, and under what name they are kept. */
import { randomBytes } from 'node:crypto';
import { compactVerify, type CryptoKey } from 'jose';

/** See `createOwnJwts`. */
export interface OwnJwts {
  /**
   * Name of the stored token. Not the `jti` itself: that is no secret (it stands in audit records),
   * and whatever names a stored token works like a token.
   */
  storeKeyOf(jti: string): string;
  /** The `jti` in a name that {@link OwnJwts.storeKeyOf} made; undefined for any other. */
  jtiOf(storeKey: string): string | undefined;
  /**
   * Checks the signature, and nothing else.
   *
   * @param token Untrusted.
   * @returns Name of the stored token; undefined when it is no JWT that we signed.
   */
  storeKeyIn(token: string): Promise<string | undefined>;
}

/** @param publicKey Belongs to the key that signs access tokens (RS256). */
export function createOwnJwts(publicKey: CryptoKey): OwnJwts {
  const secret = randomBytes(32).toString('base64url');
  const storeKeyOf = (jti: string): string => `${secret}.${jti}`;
  return {
    storeKeyOf,
    jtiOf: (key) => (key.startsWith(`${secret}.`) ? key.slice(secret.length + 1) : undefined),
    async storeKeyIn(token) {
      try {
        const { payload, protectedHeader } = await compactVerify(token, publicKey, {
          algorithms: ['RS256'],
        });
        // An id_token is signed with the same key.
        if (protectedHeader.typ !== 'at+jwt') return undefined;
        const claims: unknown = JSON.parse(new TextDecoder().decode(payload));
        const { jti } = claims as { readonly jti?: unknown };
        return typeof jti === 'string' ? storeKeyOf(jti) : undefined;
      } catch {
        return undefined;
      }
    },
  };
}

/** Whether `token` has the shape of a compact JWS. */
export function looksLikeJwt(token: string): boolean {
  return token.split('.').length === 3;
}
