/**
 * How `oidc-provider` is set up: SMART's scopes, audience, clients and launch context are fitted into
 * its hooks; every default that is meant for development only is replaced.
 */
import { randomBytes } from 'node:crypto';
import {
  errors,
  interactionPolicy,
  type Configuration,
  type Grant,
  type KoaContextWithOIDC,
  type ResourceServer,
} from 'oidc-provider';
import type { JWK } from 'jose';
import { checkAudience, resourceOf } from './audience.ts';
import { clientMetadata } from './client-metadata.ts';
import type { MemoryStore } from './memory-adapter.ts';
import { grantableScopes } from './scopes.ts';
import type { ServerState } from './state.ts';
import { keepJwtToken, tokenClaims } from './token-claims.ts';
import { findAccount } from './find-account.ts';
import { errorPage } from './pages/error-page.ts';
import { pageHeaders } from './pages/layout.ts';

const backendTtlSeconds = 300;
const hour = 3600;
const days = (count: number): number => count * 24 * hour;

/** The whole configuration. @param signingKey Private RS256 key, with `kid`. */
export function configure(state: ServerState, store: MemoryStore, signingKey: JWK): Configuration {
  const { pathname } = new URL(state.issuer);
  return {
    adapter: store.adapter,
    jwks: { keys: [signingKey] },
    clients: [...state.clients.values()].map(clientMetadata),
    clientBasedCORS: (_ctx, origin, client) => originsOf(state, client.clientId).includes(origin),
    claims: { openid: ['sub'], fhirUser: ['fhirUser'], profile: ['name'] },
    scopes: ['openid', 'offline_access'],
    clockTolerance: 5,
    cookies: cookies(pathname),
    features: features(state),
    extraParams: extraParams(state),
    extraTokenClaims: (_ctx, token) => tokenClaims(state, token),
    formats: { customizers: { jwt: (_ctx, token, parts) => keepJwtToken(state, token, parts) } },
    findAccount: (ctx, id, token) => findAccount(state, ctx, id, token),
    loadExistingGrant,
    interactions: {
      policy: policy(state),
      url: (_ctx, interaction) => `${state.issuer}/interaction/${interaction.uid}`,
    },
    // A grant outlives the sign-in; `online_access` is looked after in find-account.ts.
    expiresWithSession: () => false,
    issueRefreshToken: (_ctx, client, source) =>
      client.grantTypeAllowed('refresh_token') &&
      (source.scopes.has('offline_access') || source.scopes.has('online_access')),
    rotateRefreshToken: true,
    pkce: { required: () => true },
    responseTypes: ['code'],
    clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'],
    enabledJWA: {
      clientAuthSigningAlgValues: ['RS384', 'ES384'],
      idTokenSigningAlgValues: ['RS256'],
    },
    assertJwtClientAuthClaimsAndHeader: checkAssertion,
    renderError: (ctx, out) => {
      ctx.set(pageHeaders([]));
      ctx.body = errorPage(out.error, out.error_description ?? '');
    },
    routes: {
      authorization: '/authorize',
      token: '/token',
      jwks: '/jwks',
      introspection: '/introspect',
      revocation: '/revoke',
    },
    ttl: {
      AccessToken: (_ctx, token) =>
        token.resourceServer?.accessTokenTTL ?? state.accessTokenTtlSeconds,
      AuthorizationCode: 60,
      ClientCredentials: backendTtlSeconds,
      Grant: days(14),
      IdToken: hour,
      Interaction: hour,
      RefreshToken: days(14),
      Session: 8 * hour,
    },
  };
}

function originsOf(state: ServerState, clientId: string): readonly string[] {
  const client = state.clients.get(clientId);
  return client?.kind === 'public' || client?.kind === 'confidential' ? client.origins : [];
}

/** Cookies do not tell the ports of a host apart: hence names and a path of our own. */
function cookies(path: string): NonNullable<Configuration['cookies']> {
  return {
    keys: [randomBytes(32).toString('base64url')],
    names: {
      session: 'sample_ehr_session',
      interaction: 'sample_ehr_interaction',
      resume: 'sample_ehr_resume',
    },
    long: { httpOnly: true, sameSite: 'lax', path: path === '' ? '/' : path },
    short: { httpOnly: true, sameSite: 'lax' },
  };
}

function features(state: ServerState): NonNullable<Configuration['features']> {
  return {
    devInteractions: { enabled: false },
    dPoP: { enabled: false },
    pushedAuthorizationRequests: { enabled: false },
    rpInitiatedLogout: { enabled: false },
    // Tokens are for the FHIR server; what an app may know of its user is in the id_token.
    userinfo: { enabled: false },
    clientCredentials: { enabled: true },
    revocation: {
      enabled: true,
      allowedPolicy: (_ctx, client, token) => client.clientId === token.clientId,
    },
    introspection: {
      enabled: true,
      allowedPolicy: (_ctx, client, token) => mayIntrospect(state, client.clientId, token.clientId),
    },
    resourceIndicators: {
      enabled: true,
      defaultResource: (ctx, _client, oneOf) => oneOf?.[0] ?? resourceOf(state, ctx),
      getResourceServerInfo: (ctx, indicator, client) =>
        resourceServer(state, ctx, indicator, client.clientId),
    },
  };
}

/** The gateway may ask about every token, an app with a secret about its own. */
function mayIntrospect(state: ServerState, asking: string, owner: string | undefined): boolean {
  const client = state.clients.get(asking);
  if (client === undefined) return false;
  switch (client.kind) {
    case 'resource-server':
      return true;
    case 'confidential':
    case 'backend':
      return asking === owner;
    case 'public':
      return false;
  }
}

/** Called for authorization requests, and again for each token that is issued from one. */
function resourceServer(
  state: ServerState,
  ctx: KoaContextWithOIDC,
  indicator: string,
  clientId: string,
): ResourceServer {
  checkAudience(state, indicator);
  const { params, entities } = ctx.oidc;
  const granted = entities.AuthorizationCode?.scope ?? entities.RefreshToken?.scope;
  const requested = typeof params?.['scope'] === 'string' ? params['scope'] : '';
  const client = state.clients.get(clientId);
  const hasUser = client?.kind !== 'backend';
  const scopes = grantableScopes({
    scope: granted ?? requested,
    levels: client === undefined || client.kind === 'resource-server' ? [] : client.levels,
    hasUser,
    launched: granted !== undefined || params?.['launch'] !== undefined,
    account: undefined,
  });
  if (scopes.length === 0) {
    throw new errors.InvalidScope('none of the requested scopes can be granted', requested);
  }
  return {
    scope: scopes.join(' '),
    audience: state.fhirBaseUrl,
    accessTokenTTL: hasUser ? state.accessTokenTtlSeconds : backendTtlSeconds,
    accessTokenFormat: state.accessTokens,
    jwt: { sign: { alg: 'RS256' } },
  };
}

function extraParams(state: ServerState): NonNullable<Configuration['extraParams']> {
  return {
    aud: (_ctx, value) => {
      checkAudience(state, value);
    },
    // The last check of a request: a handle is not used up by one that is refused anyway.
    launch: (_ctx, value) => {
      if (value !== undefined && !state.launches.use(value)) {
        throw new errors.InvalidRequest('launch is unknown, too old, or was used before');
      }
    },
  };
}

/** Each authorization is a grant of its own, with its own launch context: none is found again. */
async function loadExistingGrant(ctx: KoaContextWithOIDC): Promise<Grant | undefined> {
  const grantId = ctx.oidc.result?.consent?.grantId;
  return grantId === undefined ? undefined : await ctx.oidc.provider.Grant.find(grantId);
}

function policy(state: ServerState): interactionPolicy.DefaultPolicy {
  const prompts = interactionPolicy.base();
  prompts.get('login')?.checks.add(
    new interactionPolicy.Check(
      'launch_account',
      'the EHR started this for another user',
      (ctx) => {
        const handle = ctx.oidc.params?.['launch'];
        const context = typeof handle === 'string' ? state.launches.contextOf(handle) : undefined;
        return context !== undefined && context.account !== ctx.oidc.session?.accountId;
      },
    ),
  );
  return prompts;
}

/** @see https://hl7.org/fhir/smart-app-launch/STU2.2/client-confidential-asymmetric.html */
function checkAssertion(
  _ctx: KoaContextWithOIDC,
  claims: Readonly<Record<string, unknown>>,
  header: Readonly<Record<string, unknown>>,
): void {
  const expiresAt = Number(claims['exp']);
  if (!(expiresAt - Date.now() / 1000 <= backendTtlSeconds + 5)) {
    throw new errors.InvalidClientAuth('the assertion lives longer than five minutes');
  }
  if (typeof header['kid'] !== 'string') {
    throw new errors.InvalidClientAuth('the assertion names no key (kid)');
  }
}
