/**
 * What an access token says beyond RFC 9068: session, user and launch context. The same members
 * answer an introspection.
 */
import type { AccessToken, ClientCredentials } from 'oidc-provider';
import type { ServerState } from './state.ts';

/** Claims of a token of either format; undefined for a backend service. */
export function tokenClaims(
  state: ServerState,
  token: AccessToken | ClientCredentials,
): Record<string, unknown> | undefined {
  if (token.kind === 'ClientCredentials') return undefined;
  const context = state.grants.get(token.grantId);
  if (context === undefined) return undefined;
  const { account, patient, encounter, sessionId } = context;
  return {
    sid: sessionId,
    name: account.name,
    fhirUser: `${state.fhirBaseUrl}/${account.fhirUser}`,
    ...(patient === undefined ? {} : { patient }),
    ...(encounter === undefined ? {} : { encounter }),
  };
}

/**
 * Keeps a JWT access token just before it is signed. `oidc-provider` stores opaque ones only; without
 * this no JWT could be revoked or introspected.
 */
export async function keepJwtToken(
  state: ServerState,
  token: AccessToken | ClientCredentials,
  parts: { readonly payload: Readonly<Record<string, unknown>> },
): Promise<void> {
  const { iat, exp, jti } = parts.payload;
  const payload = {
    kind: token.kind,
    jti: state.ownJwts.storeKeyOf(String(jti)),
    iat: Number(iat),
    exp: Number(exp),
    clientId: token.clientId,
    aud: token.aud,
    scope: token.scope,
    extra: token.extra,
    ...(token.kind === 'AccessToken'
      ? {
          accountId: token.accountId,
          grantId: token.grantId,
          gty: token.gty,
          sessionUid: token.sessionUid,
        }
      : {}),
  };
  await token.adapter.upsert(payload.jti, payload, payload.exp - payload.iat);
}
