/**
 * `Authorization` values ▶ identity. Stage 2 of the flow, beside the upstream call: says at once
 * what can be said without waiting, and later what a check of the signature found.
 *
 * Spec: RFC 6750, RFC 9068; the labels are those of {@link Identity}.
 */
import { parseAuthorization } from './authorization.ts';
import { pickClaims } from './claims.ts';
import { decodeCompactJwt } from './compact-jwt.ts';
import type {
  Identification,
  Identifier,
  Identity,
  NotVerifiedReason,
  TokenClaims,
} from './identity.ts';
import { createIssuerKeys } from './issuer-keys.ts';
import { createVerifications } from './pending-verifications.ts';
import { createTokenDigest } from './token-digest.ts';
import { member } from './untrusted-json.ts';
import { findStructuralFault, verifyJwt } from './verify-jwt.ts';
import type { IssuerTrust, Verification } from './verify-jwt.ts';

/** Presets of claim names that exist. */
export const issuerPresets = ['generic'] as const;

/** Which claim names an issuer uses. */
export type IssuerPreset = (typeof issuerPresets)[number];

/** An issuer whose signatures count. */
export interface TrustedIssuer {
  /** Compared with `iss` character by character. */
  readonly issuer: string;
  /** https, or http on loopback. Left out: from the issuer's OIDC discovery document. */
  readonly jwksUri?: string | undefined;
  /** Accepted `aud` values. Left out or empty: the audience is not checked. */
  readonly audience?: readonly string[] | undefined;
  readonly preset?: IssuerPreset | undefined;
}

/** What an identifier needs. */
export interface IdentifierOptions {
  readonly issuers: readonly TrustedIssuer[];
  /** FHIR bases of the upstream: a `fhirUser` below one of them becomes relative. */
  readonly upstreamBases: readonly string[];
  /** At least 32 bytes. */
  readonly tokenDigestKey: Uint8Array;
  readonly tokenDigestKeyId: string;
  readonly clock: () => Date;
  /** Told, in one sentence without anything of a token, when an issuer's keys cannot be had. */
  readonly onWarning?: ((text: string) => void) | undefined;
}

/**
 * Makes the identifier of a gateway. Fetches nothing until a token of a configured issuer comes.
 *
 * A verified identity is remembered by the token's digest until the token expires. Does NOT check
 * scopes, and never alters an answer.
 *
 * @throws RangeError When the digest key or its id is unusable.
 */
export function createIdentifier(options: IdentifierOptions): Identifier {
  const { upstreamBases, clock } = options;
  const onWarning = options.onWarning ?? (() => undefined);
  const digest = createTokenDigest(options.tokenDigestKey, options.tokenDigestKeyId);
  const verifications = createVerifications(clock, onWarning);
  const trusted = new Map(
    options.issuers.map((each) => [each.issuer, toTrust(each, clock, onWarning)]),
  );

  const identifyBearer = (token: string): Identification => {
    const tokenDigest = digest(token);
    const recalled = verifications.recall(tokenDigest);
    if (recalled !== undefined) return settled(recalled);
    const decoded = decodeCompactJwt(token);
    if (decoded === undefined) {
      return settled({ kind: 'opaque-unidentified', scheme: 'Bearer', tokenDigest });
    }
    const claims = pickClaims(decoded.payload, upstreamBases);
    const fault = findStructuralFault(decoded);
    if (fault !== undefined) {
      return settled({ kind: 'invalid', reason: fault, claims, tokenDigest });
    }
    if (trusted.size === 0) return settled(unverified('no-issuer-configured', claims, tokenDigest));
    // The exact string (RFC 7519 section 4.1.1): not trimmed, not normalised, not cut.
    const issuer = member(decoded.payload, 'iss');
    const trust = typeof issuer === 'string' ? trusted.get(issuer) : undefined;
    if (trust === undefined) return settled(unverified('issuer-unknown', claims, tokenDigest));
    return verifications.run({
      tokenDigest,
      verify: () => verifyJwt({ token, decoded, tokenDigest, trust, upstreamBases, now: clock() }),
      toIdentity: (verification) => toIdentity(verification, claims, tokenDigest),
    });
  };

  return {
    identify: (values) => {
      const authorization = parseAuthorization(values);
      switch (authorization.kind) {
        case 'none':
          return settled({ kind: 'anonymous' });
        case 'several':
          return settled({ kind: 'invalid', reason: 'several-authorization-headers' });
        case 'too-large':
        case 'malformed': {
          const tokenDigest = digest(authorization.credentials);
          return settled({ kind: 'invalid', reason: authorization.kind, tokenDigest });
        }
        case 'other-scheme': {
          const tokenDigest = digest(authorization.credentials);
          const { scheme } = authorization;
          return settled({ kind: 'opaque-unidentified', scheme, tokenDigest });
        }
        case 'bearer':
          return identifyBearer(authorization.credentials);
      }
    },
  };
}

function settled(identity: Identity): Identification {
  return { provisional: identity, resolved: identity };
}

function unverified(reason: NotVerifiedReason, claims: TokenClaims, tokenDigest: string): Identity {
  return { kind: 'unverified-claims', reason, claims, tokenDigest };
}

function toIdentity(
  verification: Verification,
  claims: TokenClaims,
  tokenDigest: string,
): Identity {
  switch (verification.kind) {
    case 'verified':
      return verification.identity;
    case 'invalid':
      return { kind: 'invalid', reason: verification.reason, claims, tokenDigest };
    case 'unverified':
      return unverified(verification.reason, claims, tokenDigest);
  }
}

function toTrust(
  { issuer, jwksUri, audience }: TrustedIssuer,
  clock: () => Date,
  onWarning: (text: string) => void,
): IssuerTrust {
  return {
    issuer,
    audience: audience === undefined || audience.length === 0 ? undefined : audience,
    keys: createIssuerKeys({ issuer, jwksUri, clock, onWarning }),
  };
}
