/** The strict check of `aud` and `resource`, and the other things that end a request at once. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  answerOf,
  authorizationRequest,
  createBrowser,
  exchange,
  fhirBaseUrl,
  pageOf,
  post,
  startAuthorization,
  type AuthorizationUnderTest,
  type Place,
} from '../../support/authorization-server.ts';

const gateway = 'https://gateway.example.org/fhir';
let server: AuthorizationUnderTest;
let tolerant: AuthorizationUnderTest;
beforeAll(async () => {
  const autoSignIn = { account: 'ana-souza', patient: 'zoe' };
  server = await startAuthorization({ autoSignIn });
  tolerant = await startAuthorization({ autoSignIn, audiences: [gateway] });
});
afterAll(async () => {
  await server.close();
  await tolerant.close();
});

type Parameters = Readonly<Record<string, string | undefined>>;

async function ask(parameters: Parameters, at = server): Promise<Place> {
  return createBrowser(at.issuer).open(authorizationRequest(at.issuer, parameters).url);
}

async function errorOf(parameters: Parameters): Promise<string> {
  const answer = answerOf(await ask(parameters));
  expect(answer.get('code')).toBeNull();
  expect(answer.get('state')).not.toBeNull();
  return `${answer.get('error') ?? ''}: ${answer.get('error_description') ?? ''}`;
}

describe('aud', () => {
  it('is accepted when it is the FHIR base, with and without a trailing slash', async () => {
    for (const aud of [fhirBaseUrl, `${fhirBaseUrl}/`]) {
      expect(answerOf(await ask({ aud })).get('code')).not.toBeNull();
    }
  });

  it.each([
    ['the gateway', gateway],
    ['another path', `${fhirBaseUrl}/x`],
    ['two slashes', `${fhirBaseUrl}//`],
    ['another case', fhirBaseUrl.toUpperCase()],
    ['a look-alike host', 'https://ehr.example.org.evil.example/fhir'],
    ['a user before the host', 'https://ehr.example.org@evil.example/fhir'],
    ['no URL', 'fhir'],
  ])('is refused when it is %s', async (_name, aud) => {
    expect(await errorOf({ aud })).toBe('invalid_request: Bad audience value');
  });

  it('is required as soon as FHIR data or a launch context is asked for', async () => {
    for (const scope of ['openid patient/*.rs', 'openid launch/patient', 'user/Patient.read']) {
      expect(await errorOf({ aud: undefined, scope })).toMatch(/^invalid_request: Bad audience/);
    }
  });

  it('is not needed to learn who the user is; such a token opens no FHIR data', async () => {
    const request = authorizationRequest(server.issuer, {
      aud: undefined,
      scope: 'openid fhirUser',
    });
    const answer = answerOf(await createBrowser(server.issuer).open(request.url));
    const { status, json } = await exchange(server, answer, request.verifier);
    expect(status).toBe(200);
    expect(json).toHaveProperty('id_token');
    expect(await server.check(json['access_token'] as string)).toBeUndefined();
  });

  it('may be one of the other audiences; the token is for the FHIR base all the same', async () => {
    const request = authorizationRequest(tolerant.issuer, { aud: gateway });
    const answer = answerOf(await createBrowser(tolerant.issuer).open(request.url));
    const { claims } = await exchange(tolerant, answer, request.verifier);
    expect(claims['aud']).toBe(fhirBaseUrl);
  });
});

describe('resource', () => {
  it('means the same as aud', async () => {
    const given = { aud: undefined, resource: `${fhirBaseUrl}/` };
    const request = authorizationRequest(server.issuer, given);
    const answer = answerOf(await createBrowser(server.issuer).open(request.url));
    const { json, claims } = await exchange(server, answer, request.verifier);
    expect(claims['aud']).toBe(fhirBaseUrl);
    expect(json['patient']).toBe('zoe');
    expect(await errorOf({ aud: undefined, resource: gateway })).toBe(
      'invalid_request: Bad audience value',
    );
  });

  it('and aud must both be ours', async () => {
    const bad = 'invalid_request: Bad audience value';
    expect(await errorOf({ aud: gateway, resource: fhirBaseUrl })).toBe(bad);
    expect(await errorOf({ aud: fhirBaseUrl, resource: gateway })).toBe(bad);
    expect(answerOf(await ask({ resource: fhirBaseUrl })).get('code')).not.toBeNull();
  });
});

describe('PKCE', () => {
  it('is required of public and confidential apps, and only as S256', async () => {
    const none = { code_challenge: undefined, code_challenge_method: undefined };
    for (const client_id of ['vitals', 'chart-review']) {
      expect(await errorOf({ ...none, client_id })).toMatch(/^invalid_request: .*PKCE/);
      expect(await errorOf({ code_challenge_method: 'plain', client_id })).toMatch(
        /^invalid_request/,
      );
    }
  });

  it('refuses a code with another verifier, and the code a second time', async () => {
    const request = authorizationRequest(server.issuer);
    const place = await createBrowser(server.issuer).open(request.url);
    const other = authorizationRequest(server.issuer).verifier;
    expect((await exchange(server, answerOf(place), other)).json['error']).toBe('invalid_grant');
    const good = await exchange(server, answerOf(place), request.verifier);
    expect(good.status).toBe(200);
    const token = good.json['access_token'] as string;
    expect(await server.check(token)).toBeDefined();
    const again = await exchange(server, answerOf(place), request.verifier);
    expect(again.json['error']).toBe('invalid_grant');
    // A code that comes twice was stolen: what it gave is taken back (RFC 6749 section 4.1.2).
    expect(await server.check(token)).toBeUndefined();
  });
});

describe('a request that cannot be answered to the app', () => {
  it.each([
    ['an unknown client', { client_id: 'nobody' }],
    ['a redirect URI that is not registered', { redirect_uri: 'https://evil.example/back' }],
  ])('ends on a page for %s', async (_name, parameters) => {
    const page = pageOf(await ask(parameters));
    expect(page.status).toBe(400);
    expect(page.text).toContain('This cannot go on');
    expect(page.headers.get('content-security-policy')).toContain(`default-src 'none'`);
    expect(page.text).not.toContain('evil.example');
  });

  it('asks for other things than a code, or for no scope that can be granted', async () => {
    expect(await errorOf({ response_type: 'token' })).toMatch(/^unsupported_response_type/);
    expect(await errorOf({ scope: 'patient/Patient.sr system/*.rs' })).toMatch(/^invalid_scope/);
  });
});

describe('the Host header', () => {
  it('changes no URL of the server', async () => {
    const forged = { host: 'evil.example', 'x-forwarded-host': 'evil.example' };
    const { default: http } = await import('node:http');
    const body = await new Promise<string>((resolve, reject) => {
      const url = `${server.issuer}/.well-known/openid-configuration`;
      http
        .get(url, { headers: forged }, (response) => {
          let text = '';
          response.on('data', (piece: Buffer) => (text += piece.toString()));
          response.on('end', () => {
            resolve(text);
          });
        })
        .on('error', reject);
    });
    expect(body).not.toContain('evil.example');
    expect(JSON.parse(body)).toMatchObject({ token_endpoint: `${server.issuer}/token` });
  });
});

describe('CORS', () => {
  it('lets pages of the registered origins use the token endpoint, and no others', async () => {
    const form = { grant_type: 'refresh_token', refresh_token: 'x', client_id: 'vitals' };
    const at = async (origin: string) => post(`${server.issuer}/token`, form, { origin });
    const own = await at('https://app.example.org');
    expect(own.headers.get('access-control-allow-origin')).toBe('https://app.example.org');
    expect(own.json['error']).toBe('invalid_grant');
    const foreign = await at('https://evil.example');
    expect(foreign.headers.get('access-control-allow-origin')).toBeNull();
    expect(foreign.json['error']).toBe('invalid_request');
  });

  it('opens discovery and keys to every origin', async () => {
    for (const path of ['/.well-known/openid-configuration', '/jwks']) {
      const headers = { origin: 'https://anywhere.example' };
      const response = await fetch(server.issuer + path, { headers });
      expect(response.headers.get('access-control-allow-origin')).toBe('https://anywhere.example');
    }
  });

  it('answers preflights of the token and revocation endpoints', async () => {
    for (const path of ['/token', '/revoke']) {
      const response = await fetch(server.issuer + path, {
        method: 'OPTIONS',
        headers: {
          origin: 'https://app.example.org',
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'authorization',
        },
      });
      expect(response.status).toBe(204);
      expect(response.headers.get('access-control-allow-headers')).toBe('authorization');
    }
  });
});
