/** Refresh, revocation, introspection and the FHIR server's check, for JWTs and opaque tokens alike. */
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  answerOf,
  authorizationRequest,
  basic,
  createBrowser,
  exchange,
  fhirBaseUrl,
  post,
  redirectUri,
  startAuthorization,
  type AuthorizationUnderTest,
  type Exchanged,
} from '../../support/authorization-server.ts';

const offline = 'openid fhirUser launch/patient offline_access patient/*.rs';

describe.each(['jwt', 'opaque'] as const)('with %s access tokens', (accessTokens) => {
  let server: AuthorizationUnderTest;
  let now = (): Date => new Date();
  beforeAll(async () => {
    const autoSignIn = { account: 'ana-souza', patient: 'zoe' };
    server = await startAuthorization({ accessTokens, autoSignIn, clock: () => now() });
  });
  afterAll(() => server.close());

  async function tokens(scope = offline): Promise<Exchanged> {
    const { url, verifier } = authorizationRequest(server.issuer, { scope });
    return exchange(server, answerOf(await createBrowser(server.issuer).open(url)), verifier);
  }
  const refresh = async (token: unknown, more: Readonly<Record<string, string>> = {}) =>
    post(`${server.issuer}/token`, {
      grant_type: 'refresh_token',
      refresh_token: token as string,
      client_id: 'vitals',
      ...more,
    });
  const revoke = async (token: unknown) =>
    post(`${server.issuer}/revoke`, { token: token as string, client_id: 'vitals' });
  const introspect = async (token: unknown, as = basic('gateway', server.gatewaySecret)) =>
    post(`${server.issuer}/introspect`, { token: token as string }, as);

  it('gives tokens of that kind', async () => {
    const { json } = await tokens();
    expect((json['access_token'] as string).split('.')).toHaveLength(
      accessTokens === 'jwt' ? 3 : 1,
    );
    expect(json['scope']).toBe(offline);
    expect(await server.check(json['access_token'] as string)).toMatchObject({ patient: 'zoe' });
  });

  it('rotates refresh tokens, keeps the context, and ends everything when an old one comes back', async () => {
    const { json: first } = await tokens();
    const { status, json: second } = await refresh(first['refresh_token']);
    expect(status).toBe(200);
    expect(second).toMatchObject({ patient: 'zoe', scope: offline });
    expect(second['refresh_token']).not.toBe(first['refresh_token']);
    const access = second['access_token'] as string;
    expect(await server.check(access)).toMatchObject({ patient: 'zoe' });
    const again = await refresh(first['refresh_token']);
    expect(again).toMatchObject({ status: 400, json: { error: 'invalid_grant' } });
    expect(await server.check(access)).toBeUndefined();
    expect((await refresh(second['refresh_token'])).json['error']).toBe('invalid_grant');
  });

  it('refreshes for a public app that does not say who it is, and for no app with a secret', async () => {
    const { json } = await tokens();
    const url = `${server.issuer}/token`;
    const form = { grant_type: 'refresh_token', refresh_token: json['refresh_token'] as string };
    expect((await post(url, form)).json['patient']).toBe('zoe');
    // The same token again is the sign of a thief, with client_id or without.
    expect((await post(url, form)).json['error']).toBe('invalid_grant');
    const parameters = { client_id: 'chart-review', scope: 'offline_access user/*.rs' };
    const request = authorizationRequest(server.issuer, parameters);
    const answer = answerOf(await createBrowser(server.issuer).open(request.url));
    const secret = basic('chart-review', server.chartReviewSecret);
    const exchanged = await post(
      url,
      {
        grant_type: 'authorization_code',
        redirect_uri: redirectUri,
        code: answer.get('code') ?? '',
        code_verifier: request.verifier,
      },
      secret,
    );
    const other = { ...form, refresh_token: exchanged.json['refresh_token'] as string };
    expect((await post(url, other)).json['error']).toBe('invalid_request');
    expect((await post(url, other, secret)).status).toBe(200);
  });

  it('answers a form that is too long with an OAuth error', async () => {
    const response = await fetch(`${server.issuer}/token`, {
      method: 'POST',
      body: new URLSearchParams({ grant_type: 'x'.repeat(70_000) }),
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toStrictEqual({ error: 'invalid_request' });
  });

  it('keeps the session over a refresh, with a new token id', async () => {
    const first = await tokens();
    const second = await refresh(first.json['refresh_token']);
    const [one, two] = await Promise.all(
      [first.json, second.json].map(async (json) => introspect(json['access_token'])),
    );
    expect(one?.json['sid']).toMatch(/^.{16,}$/);
    expect(two?.json['sid']).toBe(one?.json['sid']);
    expect(second.json['access_token']).not.toBe(first.json['access_token']);
  });

  it('refreshes to a narrower scope on request, and to no wider one', async () => {
    const { json } = await tokens();
    const narrow = await refresh(json['refresh_token'], { scope: 'patient/*.rs' });
    expect(narrow.json['scope']).toBe('patient/*.rs');
    const wide = await refresh(narrow.json['refresh_token'], { scope: 'patient/*.cruds' });
    expect(wide.json['error']).toBe('invalid_scope');
  });

  it('gives no refresh token that was not asked for, and one with online_access', async () => {
    expect((await tokens('openid patient/*.rs')).json).not.toHaveProperty('refresh_token');
    const { json } = await tokens('openid online_access patient/*.rs');
    expect((await refresh(json['refresh_token'])).status).toBe(200);
  });

  it('revokes an access token, and the refresh token with it', async () => {
    const { json } = await tokens();
    const other = await tokens();
    expect((await revoke(json['access_token'])).status).toBe(200);
    expect(await server.check(json['access_token'] as string)).toBeUndefined();
    expect((await introspect(json['access_token'])).json).toStrictEqual({ active: false });
    expect((await refresh(json['refresh_token'])).json['error']).toBe('invalid_grant');
    expect(await server.check(other.json['access_token'] as string)).toBeDefined();
  });

  it('revokes a refresh token, and the access token with it', async () => {
    const { json } = await tokens();
    expect((await revoke(json['refresh_token'])).status).toBe(200);
    expect(await server.check(json['access_token'] as string)).toBeUndefined();
  });

  it('revokes nothing for another client', async () => {
    const { json } = await tokens();
    const token = json['access_token'] as string;
    await post(`${server.issuer}/revoke`, { token, client_id: 'patient-portal' });
    expect(await server.check(token)).toBeDefined();
  });

  it('takes the revocation of what is no token', async () => {
    for (const token of ['nothing', 'a.b.c']) expect((await revoke(token)).status).toBe(200);
  });

  it('introspects for the gateway, with all that SMART asks for', async () => {
    const { json } = await tokens(`${offline} launch/encounter`);
    const { status, json: answer } = await introspect(json['access_token']);
    expect(status).toBe(200);
    expect(answer).toMatchObject({
      active: true,
      scope: `${offline} launch/encounter`,
      client_id: 'vitals',
      sub: 'ana-souza',
      iss: server.issuer,
      aud: fhirBaseUrl,
      patient: 'zoe',
      encounter: 'enc-zoe-today',
      fhirUser: `${fhirBaseUrl}/Practitioner/ana-souza`,
      name: 'Dr Ana Souza',
    });
    expect(Number(answer['exp'])).toBeGreaterThan(Date.now() / 1000);
  });

  it('introspects for nobody without a secret, and for apps their own tokens only', async () => {
    const token = (await tokens()).json['access_token'] as string;
    const url = `${server.issuer}/introspect`;
    expect((await post(url, { token })).status).toBe(400);
    const wrong = await introspect(token, basic('gateway', 'guess'));
    expect(wrong).toMatchObject({ status: 401, json: { error: 'invalid_client' } });
    const open = await post(url, { token, client_id: 'vitals' });
    expect(open.json).toStrictEqual({ active: false });
    const chartReview = basic('chart-review', server.chartReviewSecret);
    expect((await introspect(token, chartReview)).json).toStrictEqual({ active: false });
    const account = 'ana-souza';
    const own = await server.issueToken({ account, client: 'chart-review', scope: 'user/*.rs' });
    expect((await introspect(own, chartReview)).json['active']).toBe(true);
  });

  it('calls what is no token inactive', async () => {
    const { json } = await tokens();
    const forged = `${(json['access_token'] as string).slice(0, -6)}AAAAAA`;
    for (const token of ['nothing', 'a.b.c', forged, json['id_token']]) {
      expect((await introspect(token)).json).toStrictEqual({ active: false });
    }
  });

  it('knows a token no longer once it has expired', async () => {
    const request = { account: 'ana-souza', client: 'vitals', scope: 'patient/*.rs' };
    const token = await server.issueToken({ ...request, patient: 'zoe', ttlSeconds: 60 });
    expect(await server.check(token)).toBeDefined();
    now = () => new Date(Date.now() + 61_000);
    expect(await server.check(token)).toBeUndefined();
    now = () => new Date();
  });

  it('issues tokens without the dance that are like the others', async () => {
    const request = {
      account: 'aoife-byrne',
      client: 'vitals',
      scope: 'launch patient/*.rs made/up system/*.rs',
      patient: 'tomas',
      session: 'session-1',
    };
    const token = await server.issueToken(request);
    expect(await server.check(token)).toStrictEqual({
      clientId: 'vitals',
      scope: 'launch patient/*.rs',
      subject: 'aoife-byrne',
      fhirUser: 'Practitioner/aoife-byrne',
      patient: 'tomas',
      encounter: 'enc-tomas-today',
    });
    const { json } = await introspect(token);
    expect(json).toMatchObject({ active: true, sid: 'session-1', sub: 'aoife-byrne' });
    await revoke(token);
    expect(await server.check(token)).toBeUndefined();
    const bad = { account: 'nobody', client: 'vitals', scope: 'patient/*.rs' };
    await expect(server.issueToken(bad)).rejects.toThrow('No such account.');
    await expect(server.issueToken({ ...request, client: 'nobody' })).rejects.toThrow();
    await expect(server.issueToken({ ...request, scope: 'made/up' })).rejects.toThrow();
  });

  it('opens no FHIR data with a token that names no FHIR server', async () => {
    const parameters = { aud: undefined, scope: 'openid fhirUser' };
    const { url, verifier } = authorizationRequest(server.issuer, parameters);
    const answer = answerOf(await createBrowser(server.issuer).open(url));
    const { status, json } = await exchange(server, answer, verifier);
    expect(status).toBe(200);
    expect(await server.check(json['access_token'] as string)).toBeUndefined();
  });

  it('takes no token of another server', async () => {
    const other = await startAuthorization({ accessTokens });
    const request = { account: 'ana-souza', client: 'vitals', scope: 'patient/*.rs' };
    const token = await other.issueToken(request);
    expect(await other.check(token)).toBeDefined();
    expect(await server.check(token)).toBeUndefined();
    const service = await other.issueToken({ client: 'population-health', scope: 'system/*.rs' });
    expect(await other.check(service)).toBeDefined();
    await other.close();
    expect(await other.check(token)).toBeUndefined();
    expect(await other.check(service)).toBeUndefined();
  });

  if (accessTokens === 'jwt') {
    it('does not take the id of a token for the token', async () => {
      const token = (await tokens()).json['access_token'] as string;
      const jti = String(decodeJwt(token).jti);
      expect(await server.check(jti)).toBeUndefined();
      expect((await introspect(jti)).json).toStrictEqual({ active: false });
      expect((await introspect(token)).json).toMatchObject({ active: true, jti });
    });
  }
});
