/** Accounts as `oidc-provider` asks for them: what an id_token says about its user. */
import type { Account, Configuration, KoaContextWithOIDC } from 'oidc-provider';
import type { ServerState } from './state.ts';

type Token = Parameters<NonNullable<Configuration['findAccount']>>[2];

/**
 * @param token What the account is looked up for, when it is for a token.
 * @returns Undefined when there is no such account, or when a refresh token with `online_access`
 *   outlived the session of its user.
 */
export async function findAccount(
  state: ServerState,
  ctx: KoaContextWithOIDC,
  id: string,
  token: Token,
): Promise<Account | undefined> {
  const account = state.accounts.get(id);
  if (account === undefined || !(await isStillOnline(ctx, id, token))) return undefined;
  return {
    accountId: id,
    claims: () => ({
      sub: id,
      name: account.name,
      fhirUser: `${state.fhirBaseUrl}/${account.fhirUser}`,
    }),
  };
}

async function isStillOnline(ctx: KoaContextWithOIDC, id: string, token: Token): Promise<boolean> {
  if (token?.kind !== 'RefreshToken' || !token.scopes.has('online_access')) return true;
  if (token.scopes.has('offline_access')) return true;
  const session = await ctx.oidc.provider.Session.findByUid(token.sessionUid ?? '');
  return session?.accountId === id;
}
