/**
 * Verifies a decoded JWT against the keys of its issuer: algorithm, signature, times, audience.
 * Second half of identification; may wait for keys.
 *
 * Spec: RFC 7519 section 7.2, RFC 9068 section 4, RFC 8725.
 */
import { errors, jwtVerify } from 'jose';
import { pickClaims } from './claims.ts';
import type { DecodedJwt } from './compact-jwt.ts';
import type { Identity, InvalidReason, NotVerifiedReason } from './identity.ts';
import type { IssuerKeys } from './issuer-keys.ts';
import { acceptedAlgorithms } from './jws-algorithms.ts';
import type { IssuerKey } from './jws-algorithms.ts';
import { boundedText, member } from './untrusted-json.ts';
import type { JsonObject } from './untrusted-json.ts';

/** Difference between the issuer's clock and ours that is forgiven, in seconds. */
export const clockSkewSeconds = 60;

/** A configured issuer with its keys. */
export interface IssuerTrust {
  readonly issuer: string;
  /** undefined: the audience is not checked. */
  readonly audience: readonly string[] | undefined;
  readonly keys: IssuerKeys;
}

/** What came of a verification; the caller knows the claims as decoded. */
export type Verification =
  | { readonly kind: 'verified'; readonly identity: Identity; readonly expiresAtMs?: number }
  | { readonly kind: 'invalid'; readonly reason: InvalidReason }
  | { readonly kind: 'unverified'; readonly reason: NotVerifiedReason };

/** Everything that one verification needs. `token` is a secret and stays in here. */
export interface VerificationRequest {
  readonly token: string;
  readonly decoded: DecodedJwt;
  readonly tokenDigest: string;
  readonly trust: IssuerTrust;
  readonly upstreamBases: readonly string[];
  readonly now: Date;
}

/**
 * What is wrong with a JWT whatever its issuer, before any key is looked at.
 *
 * @returns undefined when nothing is.
 */
export function findStructuralFault(decoded: DecodedJwt): InvalidReason | undefined {
  // RFC 7515 section 4.1.11: we understand no extension, so each critical one is unknown.
  if (member(decoded.header, 'crit') !== undefined) return 'critical-header-unknown';
  return isAccessToken(decoded) ? undefined : 'not-an-access-token';
}

function isAccessToken({ header, payload }: DecodedJwt): boolean {
  const typ = boundedText(member(header, 'typ'))?.toLowerCase().replace('application/', '');
  // RFC 8725 section 3.11: an explicit type that is not `at+jwt` is a token for another purpose.
  if (typ?.endsWith('+jwt') === true && typ !== 'at+jwt') return false;
  // Keycloak, Epic and Cognito say in the payload which of their tokens it is.
  for (const name of ['typ', 'epic.tokentype', 'token_use']) {
    const stated = boundedText(member(payload, name))?.toLowerCase();
    if (stated !== undefined && /^(?:id|refresh|offline|launch|logout)/.test(stated)) return false;
  }
  // OpenID Connect Core 1.0 section 3.3.2.11: only an id_token has these.
  return !['at_hash', 'c_hash', 's_hash'].some((name) => Object.hasOwn(payload, name));
}

/** Verifies one token. Never rejects for anything in the token or at the issuer. */
export async function verifyJwt(request: VerificationRequest): Promise<Verification> {
  const { header } = request.decoded;
  const algorithm = String(member(header, 'alg'));
  if (!acceptedAlgorithms.has(algorithm)) return { kind: 'invalid', reason: 'algorithm-refused' };
  const kid = member(header, 'kid');
  const keyId = typeof kid === 'string' ? kid : undefined;

  const attempt = async (): Promise<Verification> => {
    const lookup = await request.trust.keys.lookup(algorithm, keyId);
    switch (lookup.kind) {
      case 'found':
        return verifyWithKeys(request, algorithm, lookup.keys);
      case 'unfit':
        return { kind: 'invalid', reason: 'algorithm-refused' };
      case 'key-unknown':
      case 'keys-unavailable':
        return { kind: 'unverified', reason: lookup.kind };
    }
  };
  const first = await attempt();
  // Without a kid a rotation shows only as a signature that no key fits.
  const mayBeRotation =
    keyId === undefined && first.kind === 'invalid' && first.reason === 'bad-signature';
  return mayBeRotation && (await request.trust.keys.refetch()) ? attempt() : first;
}

async function verifyWithKeys(
  request: VerificationRequest,
  algorithm: string,
  keys: readonly IssuerKey[],
): Promise<Verification> {
  for (const key of keys) {
    const verification = await verifyWithKey(request, algorithm, key);
    if (verification !== 'next-key') return verification;
  }
  return { kind: 'invalid', reason: 'bad-signature' };
}

async function verifyWithKey(
  { token, tokenDigest, trust, upstreamBases, now }: VerificationRequest,
  algorithm: string,
  key: IssuerKey,
): Promise<Verification | 'next-key'> {
  let payload: JsonObject;
  try {
    const verified = await jwtVerify(token, key.jwk, {
      algorithms: [algorithm],
      issuer: trust.issuer,
      ...(trust.audience !== undefined && { audience: [...trust.audience] }),
      clockTolerance: clockSkewSeconds,
      currentDate: now,
    });
    payload = verified.payload;
  } catch (error) {
    return invalidReason(error);
  }
  const nowSeconds = now.getTime() / 1000;
  const issuedAt = member(payload, 'iat');
  if (typeof issuedAt === 'number' && issuedAt > nowSeconds + clockSkewSeconds) {
    return { kind: 'invalid', reason: 'issued-in-future' };
  }
  const expires = member(payload, 'exp');
  const identity: Identity = {
    kind: 'verified-signature',
    claims: pickClaims(payload, upstreamBases),
    check: {
      issuer: trust.issuer,
      algorithm,
      ...(key.keyId !== undefined && { keyId: key.keyId }),
    },
    tokenDigest,
  };
  return {
    kind: 'verified',
    identity,
    ...(typeof expires === 'number' && { expiresAtMs: expires * 1000 }),
  };
}

function invalidReason(error: unknown): Verification | 'next-key' {
  if (error instanceof errors.JWTExpired) return { kind: 'invalid', reason: 'expired' };
  if (error instanceof errors.JWTClaimValidationFailed) {
    return { kind: 'invalid', reason: claimReason(error) };
  }
  if (error instanceof errors.JWTInvalid || error instanceof errors.JWSInvalid) {
    return { kind: 'invalid', reason: 'malformed' };
  }
  // A wrong signature, or a key that cannot be imported: another key may still fit.
  return 'next-key';
}

function claimReason(error: errors.JWTClaimValidationFailed): InvalidReason {
  if (error.claim === 'aud') return 'audience-mismatch';
  if (error.claim === 'nbf' && error.reason === 'check_failed') return 'not-yet-valid';
  return 'malformed';
}
