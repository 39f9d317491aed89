/**
 * Access tokens without the dance: for demonstrations and tests that need many sessions at once. They
 * are issued by the real provider, so that check, introspection and revocation know them.
 */
import { randomUUID } from 'node:crypto';
import type Provider from 'oidc-provider';
import type { ResourceServerInstance } from 'oidc-provider';
import { writeGrant } from './grant.ts';
import { grantableScopes } from './scopes.ts';
import { encounterOf, type ServerState } from './state.ts';

/** What a token is to be for. */
export interface TokenRequest {
  /** Left out: a backend service. */
  readonly account?: string;
  /** `client_id` */
  readonly client: string;
  /** Separated by spaces. What cannot be granted is left out, as in the real dance. */
  readonly scope: string;
  /** Logical id. */
  readonly patient?: string;
  /** Logical id; left out: the encounter in progress of the patient. */
  readonly encounter?: string;
  readonly ttlSeconds?: number;
  /** Id of the sign-in session; left out: a new one. */
  readonly session?: string;
}

/** @throws Error when the account or client is unknown, or nothing can be granted. */
export async function issueToken(
  provider: Provider,
  state: ServerState,
  request: TokenRequest,
): Promise<string> {
  const registered = state.clients.get(request.client);
  const client = await provider.Client.find(request.client);
  if (client === undefined || registered === undefined || registered.kind === 'resource-server') {
    throw new Error('No such client.');
  }
  const account = state.accounts.get(request.account ?? '');
  if (request.account !== undefined && account === undefined) throw new Error('No such account.');
  const granted = grantableScopes({
    scope: request.scope,
    levels: registered.levels,
    hasUser: account !== undefined,
    launched: request.patient !== undefined,
    account,
  });
  if (granted.length === 0) throw new Error('None of the scopes can be granted.');
  const scope = granted.join(' ');
  const expiresIn =
    request.ttlSeconds ?? (account === undefined ? 300 : state.accessTokenTtlSeconds);
  const resourceServer = fhirServer(provider, state, scope);
  if (account === undefined) {
    return new provider.ClientCredentials({ client, scope, resourceServer, expiresIn }).save();
  }
  const context = {
    account,
    patient: request.patient,
    encounter: request.encounter ?? encounterOf(state, request.patient),
    sessionId: request.session ?? randomUUID(),
    launched: granted.includes('launch'),
  };
  const grantId = await writeGrant(provider, state, {
    clientId: request.client,
    context,
    resource: state.fhirBaseUrl,
    granted,
    refused: [],
  });
  const gty = 'authorization_code';
  const accountId = account.id;
  const token = { client, accountId, grantId, gty, scope, resourceServer, expiresIn };
  return new provider.AccessToken(token).save();
}

function fhirServer(provider: Provider, state: ServerState, scope: string): ResourceServerInstance {
  return new provider.ResourceServer(state.fhirBaseUrl, {
    scope,
    audience: state.fhirBaseUrl,
    accessTokenFormat: state.accessTokens,
    jwt: { sign: { alg: 'RS256' } },
  });
}
