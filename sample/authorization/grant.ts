/** Writes down what was allowed: scopes in `oidc-provider`'s grant, launch context beside it. */
import type Provider from 'oidc-provider';
import type { GrantContext, ServerState } from './state.ts';

/** What was decided. */
export interface Decision {
  readonly clientId: string;
  readonly context: GrantContext;
  /** Identifier of the FHIR server as requested; undefined when no FHIR data was asked for. */
  readonly resource: string | undefined;
  readonly granted: readonly string[];
  /** Requested and not granted. */
  readonly refused: readonly string[];
}

/** @returns Id of the new grant. */
export async function writeGrant(
  provider: Provider,
  state: ServerState,
  decision: Decision,
): Promise<string> {
  const { clientId, context, resource, granted, refused } = decision;
  const grant = new provider.Grant({ clientId, accountId: context.account.id });
  grant.addOIDCScope([...granted]);
  // What is neither granted nor refused would be asked for again, without end.
  if (refused.length > 0) grant.rejectOIDCScope([...refused]);
  if (resource !== undefined) {
    grant.addResourceScope(resource, [...granted]);
    if (refused.length > 0) grant.rejectResourceScope(resource, [...refused]);
  }
  const grantId = await grant.save();
  state.grants.set(grantId, context);
  return grantId;
}
