/** Backend services: `client_credentials` with a signed assertion. */
import { randomUUID } from 'node:crypto';
import { decodeJwt, generateKeyPair, importJWK, SignJWT, type CryptoKey } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  basic,
  fhirBaseUrl,
  post,
  startAuthorization,
  type AuthorizationUnderTest,
} from '../../support/authorization-server.ts';

let server: AuthorizationUnderTest;
beforeAll(async () => {
  server = await startAuthorization();
});
afterAll(() => server.close());

interface Assertion {
  readonly alg?: 'RS384' | 'ES384' | 'ES256';
  readonly audience?: string;
  readonly jti?: string;
  readonly livesSeconds?: number;
  readonly kid?: string | undefined;
  readonly key?: CryptoKey;
}

async function sign(options: Assertion): Promise<string> {
  const alg = options.alg ?? 'ES384';
  const { privateJwk } = server.populationHealthKeys[alg === 'RS384' ? 'RS384' : 'ES384'];
  const key = options.key ?? (await importJWK(privateJwk, alg));
  const kid = 'kid' in options ? options.kid : privateJwk.kid;
  return new SignJWT({ jti: options.jti ?? randomUUID() })
    .setProtectedHeader({ alg, typ: 'JWT', ...(kid === undefined ? {} : { kid }) })
    .setIssuer('population-health')
    .setSubject('population-health')
    .setAudience(options.audience ?? `${server.issuer}/token`)
    .setExpirationTime(Math.floor(Date.now() / 1000) + (options.livesSeconds ?? 240))
    .sign(key);
}

async function ask(options: Assertion = {}, scope = 'system/*.rs', assertion?: string) {
  return post(`${server.issuer}/token`, {
    grant_type: 'client_credentials',
    scope,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: assertion ?? (await sign(options)),
  });
}

describe('a backend service', () => {
  it.each(['ES384', 'RS384'] as const)('gets a token of 300 seconds with %s', async (alg) => {
    const { status, json } = await ask({ alg });
    expect(status).toBe(200);
    expect(json).toMatchObject({ expires_in: 300, scope: 'system/*.rs', token_type: 'Bearer' });
    expect(json).not.toHaveProperty('refresh_token');
    expect(json).not.toHaveProperty('patient');
    const claims = decodeJwt(json['access_token'] as string);
    expect(claims).toMatchObject({
      sub: 'population-health',
      client_id: 'population-health',
      aud: fhirBaseUrl,
    });
    expect(Number(claims.exp) - Number(claims.iat)).toBe(300);
    for (const name of ['fhirUser', 'sid', 'name']) expect(claims).not.toHaveProperty(name);
    expect(await server.check(json['access_token'] as string)).toStrictEqual({
      clientId: 'population-health',
      scope: 'system/*.rs',
    });
  });

  it('is refused when the assertion was made for another server', async () => {
    const gateway = await ask({ audience: 'https://gateway.example.org/auth/token' });
    expect(gateway).toMatchObject({ status: 401, json: { error: 'invalid_client' } });
    expect((await ask({ audience: fhirBaseUrl })).status).toBe(401);
    expect((await ask({ audience: server.issuer })).status).toBe(200);
  });

  it('cannot use an assertion twice', async () => {
    const assertion = await sign({});
    expect((await ask({}, 'system/*.rs', assertion)).status).toBe(200);
    expect((await ask({}, 'system/*.rs', assertion)).json['error']).toBe('invalid_client');
  });

  it('is refused with another key or algorithm, without kid, or for longer than five minutes', async () => {
    const stranger = await generateKeyPair('ES384');
    const p256 = await generateKeyPair('ES256');
    for (const options of [
      { key: stranger.privateKey },
      { alg: 'ES256' as const, key: p256.privateKey },
      { kid: undefined },
      { livesSeconds: 400 },
      { livesSeconds: -60 },
    ]) {
      expect(await ask(options)).toMatchObject({ status: 401, json: { error: 'invalid_client' } });
    }
  });

  it('is granted system scopes only', async () => {
    const mixed = await ask({}, 'openid launch/patient patient/*.rs user/*.rs system/Group.r');
    expect(mixed.json['scope']).toBe('system/Group.r');
    expect((await ask({}, 'user/*.rs')).json['error']).toBe('invalid_scope');
  });

  it('is issued tokens without the dance too', async () => {
    const scope = 'system/*.rs';
    const token = await server.issueToken({ client: 'population-health', scope });
    expect(await server.check(token)).toStrictEqual({ clientId: 'population-health', scope });
    const user = { account: 'ana-souza', client: 'population-health', scope };
    await expect(server.issueToken(user)).rejects.toThrow();
  });

  it('is introspected as itself, without a user', async () => {
    const { json } = await ask();
    const form = { token: json['access_token'] as string };
    const answer = await post(
      `${server.issuer}/introspect`,
      form,
      basic('gateway', server.gatewaySecret),
    );
    expect(answer.json).toMatchObject({
      active: true,
      sub: 'population-health',
      scope: 'system/*.rs',
    });
    expect(answer.json).not.toHaveProperty('fhirUser');
  });

  it('has no authorization endpoint to go through, nor has an app this grant', async () => {
    const form = { grant_type: 'client_credentials', scope: 'system/*.rs', client_id: 'vitals' };
    expect((await post(`${server.issuer}/token`, form)).status).toBe(400);
  });
});
