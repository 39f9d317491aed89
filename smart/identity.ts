/**
 * Who is asking, as far as the access token tells and as far as we believe it. Every case is a
 * case of this union, never an exception: identity never alters an answer on the app face.
 *
 * The kinds are the confidence labels of the record, one to one.
 */

/** A code with its system, as FHIR Coding. */
export interface Coding {
  readonly system?: string;
  readonly code?: string;
  readonly display?: string;
}

/** Exchanges that belong together, with the kind of evidence for it. Never an IP address. */
export interface Session {
  readonly kind: 'idp-session' | 'grant' | 'token' | 'exchange';
  readonly value: string;
}

/** What a token says, from an allow-list of claims. Nothing here is a credential. */
export interface TokenClaims {
  /** `iss`, exactly. */
  readonly issuer?: string;
  /** `sub`, exactly. With the issuer the persistent identifier of the user. */
  readonly subject?: string;
  /** Human-readable name, for display only. */
  readonly name?: string;
  /** `fhirUser`, relative (`Practitioner/1`) when it is under the upstream's base. */
  readonly fhirUser?: string;
  readonly clientId?: string;
  /** True when the subject is the client itself (backend services): no human. */
  readonly isClientOnly: boolean;
  /** `jti` or its like. */
  readonly tokenId?: string;
  /** Undefined when the token carries no session of its own: the digest of the token serves. */
  readonly session?: Session;
  /** Launch context: logical ids. */
  readonly patient?: string;
  readonly encounter?: string;
  /** Raw scope strings, in their order. */
  readonly scopes: readonly string[];
  readonly purposeOfUse: readonly Coding[];
  /** ISO 8601 UTC. */
  readonly issuedAt?: string;
  readonly expiresAt?: string;
}

/** How a signature was checked. */
export interface SignatureCheck {
  readonly issuer: string;
  readonly algorithm: string;
  readonly keyId?: string;
}

/** Why a bearer is not a verified identity. */
export type NotVerifiedReason =
  'no-issuer-configured' | 'issuer-unknown' | 'keys-unavailable' | 'keys-pending' | 'key-unknown';

/** Why a bearer was found to be wrong. */
export type InvalidReason =
  | 'several-authorization-headers'
  | 'malformed'
  | 'too-large'
  | 'algorithm-refused'
  | 'critical-header-unknown'
  | 'bad-signature'
  | 'expired'
  | 'not-yet-valid'
  | 'issued-in-future'
  | 'audience-mismatch'
  | 'not-an-access-token';

/** What we know of the one who asks. `tokenDigest` is `urn:` text, keyed, never the token. */
export type Identity =
  | {
      readonly kind: 'verified-signature';
      readonly claims: TokenClaims;
      readonly check: SignatureCheck;
      readonly tokenDigest: string;
    }
  /** Decoded, not checked. `-accepted` and `-rejected` tell what the upstream said of the token. */
  | {
      readonly kind: 'unverified-claims' | 'unverified-accepted' | 'unverified-rejected';
      readonly claims: TokenClaims;
      readonly reason: NotVerifiedReason;
      readonly tokenDigest: string;
    }
  /** Checked and found wrong, or not usable at all. Claims, if any, are claims and nothing more. */
  | {
      readonly kind: 'invalid';
      readonly reason: InvalidReason;
      readonly claims?: TokenClaims;
      readonly tokenDigest?: string;
    }
  | { readonly kind: 'opaque-unidentified'; readonly scheme: string; readonly tokenDigest: string }
  | { readonly kind: 'anonymous' };

/** The label of the record: `Identity['kind']`. */
export type IdentityConfidence = Identity['kind'];

/** What `identify` gives at once, and what it will have found when its work is done. */
export interface Identification {
  /** What can be said without waiting (`keys-pending` while a key is being fetched). */
  readonly provisional: Identity;
  /** The final word; the same value as `provisional` when nothing had to be fetched. */
  readonly resolved: Identity | Promise<Identity>;
}

/** Turns `Authorization` header values into an identity. Never throws, never rejects. */
export interface Identifier {
  /** @param authorization Every `Authorization` value of the request, as received. Untrusted. */
  identify(authorization: readonly string[]): Identification;
}
