/**
 * What the two halves of the sample EHR know of each other: the authorization server tells the
 * FHIR server what a token stands for.
 */

/** What an access token allows, and for whom. */
export interface Grant {
  readonly clientId: string;
  /** The granted scopes as one string, separated by spaces (RFC 6749 section 3.3). */
  readonly scope: string;
  /** Account of the user; undefined for a backend service. */
  readonly subject?: string;
  /** `Practitioner/<id>` or `Patient/<id>` of the user. */
  readonly fhirUser?: string;
  /** Logical id of the patient in the launch context. */
  readonly patient?: string;
  /** Logical id of the encounter in the launch context. */
  readonly encounter?: string;
}

/**
 * Looks a bearer token up.
 *
 * @param token Without the `Bearer ` prefix. Untrusted.
 * @returns Undefined when the token is not one of ours, has expired or was revoked.
 */
export type CheckToken = (token: string) => Promise<Grant | undefined>;

/** One FHIR request as the EHR saw it: the means to prove that none went around the gateway. */
export interface AccessLogEntry {
  readonly at: Date;
  readonly method: string;
  /** Request target as received. */
  readonly target: string;
  readonly status: number;
  /** `X-Request-Id` as received: the gateway sends the one that its record holds. */
  readonly requestId: string | undefined;
  readonly clientId: string | undefined;
  readonly subject: string | undefined;
}
