/**
 * The SMART configuration of the FHIR server, to be served at `[base]/.well-known/smart-configuration`.
 *
 * Spec: SMART App Launch 2.2 "Conformance".
 */
import { userScopes } from './scopes.ts';

const capabilities = [
  'launch-ehr',
  'launch-standalone',
  'authorize-post',
  'client-public',
  'client-confidential-symmetric',
  'client-confidential-asymmetric',
  'sso-openid-connect',
  'context-banner',
  'context-ehr-patient',
  'context-ehr-encounter',
  'context-standalone-patient',
  'context-standalone-encounter',
  'permission-offline',
  'permission-online',
  'permission-patient',
  'permission-user',
  'permission-v1',
  'permission-v2',
];

const clinicalScopes = ['patient', 'user', 'system'].flatMap((level) => [
  `${level}/*.cruds`,
  `${level}/*.rs`,
  `${level}/*.read`,
  `${level}/*.write`,
]);

/** @param issuer URL of the authorization server. */
export function smartConfiguration(issuer: string): Readonly<Record<string, unknown>> {
  return {
    issuer,
    jwks_uri: `${issuer}/jwks`,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    introspection_endpoint: `${issuer}/introspect`,
    revocation_endpoint: `${issuer}/revoke`,
    grant_types_supported: ['authorization_code', 'refresh_token', 'client_credentials'],
    response_types_supported: ['code'],
    scopes_supported: [...userScopes, ...clinicalScopes],
    code_challenge_methods_supported: ['S256'],
    token_endpoint_auth_methods_supported: [
      'client_secret_basic',
      'client_secret_post',
      'private_key_jwt',
    ],
    token_endpoint_auth_signing_alg_values_supported: ['RS384', 'ES384'],
    capabilities,
  };
}
