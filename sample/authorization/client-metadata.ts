/** A registered client in the words of RFC 7591, as `oidc-provider` takes it. */
import type { ClientMetadata } from 'oidc-provider';
import type { SampleClient } from './clients.ts';

/** @returns The metadata; holds the client's secret when it has one. */
export function clientMetadata(client: SampleClient): ClientMetadata {
  const named = { client_id: client.id, client_name: client.name };
  switch (client.kind) {
    case 'public':
      return { ...named, ...withUsers(client.redirectUris), token_endpoint_auth_method: 'none' };
    case 'confidential':
      return {
        ...named,
        ...withUsers(client.redirectUris),
        token_endpoint_auth_method: 'client_secret_basic',
        client_secret: client.secret,
      };
    case 'backend':
      return {
        ...named,
        ...withoutUsers(['client_credentials']),
        token_endpoint_auth_method: 'private_key_jwt',
        jwks: { keys: client.publicKeys },
      };
    case 'resource-server':
      return {
        ...named,
        ...withoutUsers([]),
        token_endpoint_auth_method: 'client_secret_basic',
        client_secret: client.secret,
      };
  }
}

function withUsers(redirectUris: readonly string[]): Partial<ClientMetadata> {
  return {
    redirect_uris: redirectUris,
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
  };
}

function withoutUsers(grantTypes: readonly string[]): Partial<ClientMetadata> {
  return { redirect_uris: [], grant_types: grantTypes, response_types: [] };
}
