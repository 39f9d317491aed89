/** What apps read before they start. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  answerOf,
  authorizationRequest,
  basic,
  createBrowser,
  post,
  redirectUri,
  startAuthorization,
  type AuthorizationUnderTest,
} from '../../support/authorization-server.ts';

let server: AuthorizationUnderTest;
beforeAll(async () => {
  server = await startAuthorization({ autoSignIn: { account: 'ana-souza', patient: 'zoe' } });
});
afterAll(() => server.close());

describe('the SMART configuration', () => {
  it('has all that SMART requires, and PKCE by S256 only', () => {
    const { smartConfiguration } = server;
    for (const name of [
      'issuer',
      'jwks_uri',
      'authorization_endpoint',
      'token_endpoint',
      'introspection_endpoint',
      'revocation_endpoint',
    ]) {
      expect(String(smartConfiguration[name])).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/auth/);
    }
    expect(smartConfiguration['code_challenge_methods_supported']).toStrictEqual(['S256']);
    expect(smartConfiguration['grant_types_supported']).toContain('client_credentials');
    expect(smartConfiguration['token_endpoint_auth_signing_alg_values_supported']).toStrictEqual([
      'RS384',
      'ES384',
    ]);
    expect(smartConfiguration['capabilities']).toContain('launch-ehr');
    expect(smartConfiguration['capabilities']).toContain('launch-standalone');
  });

  it('names the same places as the OpenID configuration at the issuer', async () => {
    const response = await fetch(`${server.issuer}/.well-known/openid-configuration`);
    const found = (await response.json()) as Record<string, unknown>;
    for (const [name, value] of Object.entries(server.smartConfiguration)) {
      if (typeof value === 'string') expect(found[name]).toBe(value);
    }
  });

  it('publishes public keys only', async () => {
    const response = await fetch(server.smartConfiguration['jwks_uri'] as string);
    const { keys } = (await response.json()) as { readonly keys: readonly object[] };
    expect(keys).toHaveLength(1);
    for (const name of ['d', 'p', 'q', 'dp', 'dq', 'qi']) expect(keys[0]).not.toHaveProperty(name);
  });
});

describe('an app with a secret', () => {
  it('gets its tokens with the secret, and none without', async () => {
    const parameters = { client_id: 'chart-review', scope: 'openid user/*.cruds' };
    for (const [headers, status] of [
      [basic('chart-review', server.chartReviewSecret), 200],
      [basic('chart-review', 'guess'), 401],
      [{}, 401],
    ] as const) {
      const { url, verifier } = authorizationRequest(server.issuer, parameters);
      const answer = answerOf(await createBrowser(server.issuer).open(url));
      const form = {
        grant_type: 'authorization_code',
        client_id: 'chart-review',
        redirect_uri: redirectUri,
        code: answer.get('code') ?? '',
        code_verifier: verifier,
      };
      const got = await post(`${server.issuer}/token`, form, headers);
      expect(got.status).toBe(status);
      if (status === 200) expect(got.json).not.toHaveProperty('patient');
    }
  });
});

describe('the cookies', () => {
  it('are not for scripts, not for other sites and not for other paths', async () => {
    const { url } = authorizationRequest(server.issuer);
    const response = await fetch(url, { redirect: 'manual' });
    const cookies = response.headers.getSetCookie();
    expect(cookies.length).toBeGreaterThan(0);
    for (const cookie of cookies) {
      expect(cookie).toMatch(/^sample_ehr_/);
      expect(cookie).toContain('httponly');
      expect(cookie).toContain('samesite=lax');
      expect(cookie).toContain('path=/auth');
    }
  });
});
