/**
 * Picks what the record may know from the payload of a token: an allow-list, by the order in which
 * OIDC, SMART and the common authorization servers name these things. Pure.
 *
 * Spec: RFC 9068, RFC 7519, SMART App Launch 2.2, IHE IUA. Vendors' own names come by presets.
 */
import { logicalId, normaliseFhirUser } from './fhir-user.ts';
import type { Session, TokenClaims } from './identity.ts';
import { pickPurposeOfUse } from './purpose-of-use.ts';
import { splitScopes } from './scopes.ts';
import { boundedText, firstText, member, objectMember } from './untrusted-json.ts';
import type { JsonObject } from './untrusted-json.ts';

/**
 * The claims of a payload, checked or not.
 *
 * Does NOT tell whether they are true. No text of the payload outside the allow-list is kept, and
 * each string is cut at 1024 characters.
 */
export function pickClaims(payload: JsonObject, upstreamBases: readonly string[]): TokenClaims {
  const subject = firstText(payload, ['sub']);
  const clientId = firstText(payload, ['azp', 'client_id', 'cid', 'appid']);
  return {
    ...defined({
      issuer: firstText(payload, ['iss']),
      subject,
      name: pickName(payload),
      fhirUser: pickFhirUser(payload, upstreamBases),
      clientId,
      tokenId: firstText(payload, ['jti', 'uti']),
      session: pickSession(payload),
      patient: pickContext(payload, 'patient', 'Patient'),
      encounter: pickContext(payload, 'encounter', 'Encounter'),
      issuedAt: instant(member(payload, 'iat')),
      expiresAt: instant(member(payload, 'exp')),
    }),
    isClientOnly: subject !== undefined && subject === clientId,
    scopes: pickScopes(payload),
    purposeOfUse: pickPurposeOfUse(payload),
  };
}

function pickName(payload: JsonObject): string | undefined {
  const extensions = objectMember(payload, 'extensions');
  return (
    firstText(payload, ['name', 'preferred_username', 'email']) ??
    firstText(objectMember(extensions, 'ihe_iua'), ['subject_name']) ??
    firstText(objectMember(extensions, 'hl7-b2b'), ['subject_name'])
  );
}

function pickFhirUser(payload: JsonObject, upstreamBases: readonly string[]): string | undefined {
  // OIDC's `profile` is a web page as a rule; only one that is a reference counts.
  for (const name of ['fhirUser', 'extension_fhirUser', 'profile']) {
    const user = normaliseFhirUser(boundedText(member(payload, name)), upstreamBases);
    if (user !== undefined) return user;
  }
  return undefined;
}

function pickSession(payload: JsonObject): Session | undefined {
  const value = firstText(payload, ['sid', 'session_state', 'login_id']);
  return value === undefined ? undefined : { kind: 'idp-session', value };
}

function pickContext(payload: JsonObject, name: string, type: string): string | undefined {
  const bppc = objectMember(objectMember(payload, 'extensions'), 'ihe_bppc');
  const stated = [
    member(payload, name),
    member(objectMember(payload, 'context'), name),
    member(payload, `launch_response_${name}`),
    member(payload, `${name}_id`),
    member(bppc, `${name}_id`),
  ];
  for (const value of stated) {
    const id = logicalId(boundedText(value), type);
    if (id !== undefined) return id;
  }
  return undefined;
}

function pickScopes(payload: JsonObject): readonly string[] {
  for (const name of ['scope', 'scp', 'raw_scope']) {
    const scopes = splitScopes(member(payload, name));
    if (scopes.length > 0) return scopes;
  }
  return [];
}

/** A NumericDate as ISO 8601 UTC, when it is one that `Date` can hold. */
function instant(value: unknown): string | undefined {
  if (typeof value !== 'number') return undefined;
  const date = new Date(value * 1000);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

type Defined<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> };

function defined<T extends object>(values: T): Defined<T> {
  const present = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(present) as Defined<T>;
}
