/**
 * The room that turns a bearer into an identity: token formats, issuers' keys, claims, scopes.
 * Imports nothing of ours; everything other rooms may use is exported here.
 */
export type * from './identity.ts';
export { createIdentifier } from './identifier.ts';
export type { IdentifierOptions, IssuerPreset, TrustedIssuer } from './identifier.ts';
export { parseScopes } from './scopes.ts';
export type { ParsedScope, ScopePermissions } from './scopes.ts';
export { createHandleDigest } from './token-digest.ts';
export type { HandleDigest, HandleKind } from './token-digest.ts';
