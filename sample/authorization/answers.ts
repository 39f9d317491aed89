/**
 * What SMART adds to the answers of the token and introspection endpoints.
 *
 * Spec: SMART App Launch 2.2 "Scopes and Launch Context" and "Token Introspection".
 */
import type { KoaContextWithOIDC } from 'oidc-provider';
import type Provider from 'oidc-provider';
import type { ServerState } from './state.ts';

/** Adds the launch context to what the provider answers. */
export function addLaunchContext(provider: Provider, state: ServerState): void {
  provider.use(async (ctx, next) => {
    await next();
    const { oidc } = ctx as Partial<KoaContextWithOIDC>;
    if (ctx.status !== 200 || oidc === undefined) return;
    const body = ctx.body as Record<string, unknown>;
    const { AccessToken, ClientCredentials } = oidc.entities;
    if (oidc.route === 'token' && AccessToken !== undefined) {
      Object.assign(body, launchContext(state, AccessToken.grantId));
    }
    if (oidc.route === 'introspection' && body['active'] === true) {
      const sid = AccessToken?.extra?.['sid'];
      if (sid !== undefined) body['sid'] = sid;
      const jti = state.ownJwts.jtiOf((AccessToken ?? ClientCredentials)?.jti ?? '');
      if (jti !== undefined) body['jti'] = jti;
      if (ClientCredentials !== undefined) body['sub'] = ClientCredentials.clientId;
    }
  });
}

function launchContext(state: ServerState, grantId: string): Record<string, unknown> {
  const context = state.grants.get(grantId);
  if (context === undefined) return {};
  const { patient, encounter, launched } = context;
  return {
    ...(patient === undefined ? {} : { patient }),
    ...(encounter === undefined ? {} : { encounter }),
    need_patient_banner: !launched,
  };
}
