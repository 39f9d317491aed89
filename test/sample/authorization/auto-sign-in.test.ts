/** The whole dance with nobody at the keyboard, and what the FHIR server learns of the token. */
import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  answerOf,
  authorizationRequest,
  createBrowser,
  fhirBaseUrl,
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

async function tokens(parameters: Readonly<Record<string, string | undefined>> = {}) {
  const { url, query, verifier } = authorizationRequest(server.issuer, parameters);
  const answer = answerOf(await createBrowser(server.issuer).open(url));
  expect(answer.get('state')).toBe(query.get('state'));
  expect(answer.get('iss')).toBe(server.smartConfiguration['issuer']);
  return post(server.smartConfiguration['token_endpoint'] as string, {
    grant_type: 'authorization_code',
    client_id: query.get('client_id') ?? '',
    redirect_uri: redirectUri,
    code: answer.get('code') ?? '',
    code_verifier: verifier,
  });
}

describe('a standalone launch that answers itself', () => {
  it('gives a token with patient, encounter and the granted scopes', async () => {
    const scope = 'openid fhirUser launch/patient launch/encounter patient/Observation.rs';
    const { status, json, headers } = await tokens({ scope });
    expect(status).toBe(200);
    expect(headers.get('cache-control')).toContain('no-store');
    expect(json).toMatchObject({
      token_type: 'Bearer',
      expires_in: 3600,
      scope,
      patient: 'zoe',
      encounter: 'enc-zoe-today',
      need_patient_banner: true,
    });
    expect(json).not.toHaveProperty('refresh_token');
  });

  it('signs an access token that says who, for which patient and in which session', async () => {
    const { json } = await tokens();
    const token = json['access_token'] as string;
    const keys = createRemoteJWKSet(new URL(server.smartConfiguration['jwks_uri'] as string));
    const { payload, protectedHeader } = await jwtVerify(token, keys, {
      issuer: server.issuer,
      audience: fhirBaseUrl,
      typ: 'at+jwt',
    });
    expect(protectedHeader.alg).toBe('RS256');
    expect(payload).toMatchObject({
      sub: 'ana-souza',
      client_id: 'vitals',
      name: 'Dr Ana Souza',
      fhirUser: `${fhirBaseUrl}/Practitioner/ana-souza`,
      patient: 'zoe',
      scope: 'openid fhirUser launch/patient patient/*.rs',
    });
    expect(payload.jti).toMatch(/^.{16,}$/);
    expect(payload['sid']).toMatch(/^.{16,}$/);
  });

  it('gives an id_token with the absolute fhirUser', async () => {
    const { json } = await tokens();
    const idToken = json['id_token'] as string;
    expect(decodeProtectedHeader(idToken).alg).toBe('RS256');
    expect(decodeJwt(idToken)).toMatchObject({
      iss: server.issuer,
      aud: 'vitals',
      sub: 'ana-souza',
      fhirUser: `${fhirBaseUrl}/Practitioner/ana-souza`,
    });
  });

  it('tells the FHIR server what the token allows', async () => {
    const { json } = await tokens();
    expect(await server.check(json['access_token'] as string)).toStrictEqual({
      clientId: 'vitals',
      scope: 'openid fhirUser launch/patient patient/*.rs',
      subject: 'ana-souza',
      fhirUser: 'Practitioner/ana-souza',
      patient: 'zoe',
    });
    expect(await server.check(`${json['access_token'] as string}x`)).toBeUndefined();
    expect(await server.check(json['id_token'] as string)).toBeUndefined();
    expect(await server.check('')).toBeUndefined();
  });
});
