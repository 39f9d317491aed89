/**
 * The library warns on the console, once a process, of each setting that is good for development only.
 * A file of its own: the first server of the process must start under the spies.
 */
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  answerOf,
  authorizationRequest,
  basic,
  createBrowser,
  post,
  redirectUri,
  startAuthorization,
} from '../../support/authorization-server.ts';

afterEach(() => vi.restoreAllMocks());

describe('the authorization server', () => {
  it('writes nothing to the console', async () => {
    const written = (['log', 'info', 'warn', 'error'] as const).map((name) =>
      vi.spyOn(console, name).mockImplementation(() => undefined),
    );
    const another = await startAuthorization({ autoSignIn: { account: 'ana-souza' } });
    const scope = 'openid offline_access user/*.rs';
    const { url, verifier } = authorizationRequest(another.issuer, { scope });
    const answer = answerOf(await createBrowser(another.issuer).open(url));
    const tokens = await post(`${another.issuer}/token`, {
      grant_type: 'authorization_code',
      client_id: 'vitals',
      redirect_uri: redirectUri,
      code: answer.get('code') ?? '',
      code_verifier: verifier,
    });
    const token = tokens.json['refresh_token'] as string;
    await post(`${another.issuer}/introspect`, { token }, basic('gateway', another.gatewaySecret));
    await post(`${another.issuer}/revoke`, { token, client_id: 'vitals' });
    await fetch(`${another.issuer}/no-such-place`);
    await another.close();
    for (const spy of written) expect(spy).not.toHaveBeenCalled();
  });
});
