/** Bearer token ▶ grant: how the FHIR server learns what a token allows. */
import type Provider from 'oidc-provider';
import type { AccessToken, ClientCredentials } from 'oidc-provider';
import type { CheckToken, Grant } from '../access.ts';
import type { ServerState } from './state.ts';

/** @returns The check; it asks the same store from which tokens are issued, introspected and revoked. */
export function createCheckToken(provider: Provider, state: ServerState): CheckToken {
  return async (token) => {
    const key = state.accessTokens === 'opaque' ? token : await state.ownJwts.storeKeyIn(token);
    if (key === undefined) return undefined;
    const found =
      (await provider.AccessToken.find(key)) ?? (await provider.ClientCredentials.find(key));
    if (found === undefined || found.aud !== state.fhirBaseUrl) return undefined;
    if ((found.exp ?? 0) * 1000 <= state.clock().getTime()) return undefined;
    return grantOf(state, found);
  };
}

function grantOf(state: ServerState, token: AccessToken | ClientCredentials): Grant | undefined {
  const granted = { clientId: token.clientId ?? '', scope: token.scope ?? '' };
  if (token.kind === 'ClientCredentials') return granted;
  const context = state.grants.get(token.grantId);
  if (context === undefined) return undefined;
  const { account, patient, encounter } = context;
  return {
    ...granted,
    subject: account.id,
    fhirUser: account.fhirUser,
    ...(patient === undefined ? {} : { patient }),
    ...(encounter === undefined ? {} : { encounter }),
  };
}
