/**
 * A whole authorization through the gateway with a real authorization server that takes no audience
 * but the EHR's own (T18): that of the sample EHR, oidc-provider with a strict `aud`.
 */
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  answerOf,
  authorizationRequest,
  createBrowser,
  exchange,
  startAuthorization,
  type AuthorizationUnderTest,
} from '../support/authorization-server.ts';
import { detailOf } from '../support/face-under-test.ts';
import { jsonAnswer, startSmartFace, type SmartTestFace } from '../support/smart-face.ts';

let face: SmartTestFace;
let server: AuthorizationUnderTest;

beforeAll(async () => {
  face = await startSmartFace();
  server = await startAuthorization({
    fhirBaseUrl: face.upstream.base,
    autoSignIn: { account: 'ana-souza', patient: 'zoe' },
  });
  face.serve({ '.well-known/smart-configuration': jsonAnswer(server.smartConfiguration) });
});

afterAll(async () => {
  await face.stop();
  await server.close();
});

/** The app knows the gateway's base alone. */
const asksForGateway = (): Parameters<typeof authorizationRequest>[1] => ({
  aud: face.base,
  resource: face.base,
  state: 'a+b &c',
});

describe('a strict authorization server', () => {
  it('refuses the base of the gateway when it is asked directly', async () => {
    const { url } = authorizationRequest(server.issuer, asksForGateway());
    const back = answerOf(await createBrowser(server.issuer).open(url));
    expect(back.get('code')).toBeNull();
    expect(back.get('error')).toBe('invalid_request');
    expect(back.get('error_description')).toBe('Bad audience value');
  });

  it('issues a token for the EHR when the same request comes by the gateway', async () => {
    const known = (await (
      await fetch(`${face.base}/.well-known/smart-configuration`)
    ).json()) as Record<string, string>;
    const { query, verifier } = authorizationRequest(server.issuer, asksForGateway());
    const asked = `${known['authorization_endpoint'] ?? ''}?${query.toString()}`;
    expect(asked).toContain(`${face.base}/auth/authorize?`);
    const redirect = await fetch(asked, { redirect: 'manual' });
    expect(redirect.status).toBe(302);
    const back = answerOf(
      await createBrowser(server.issuer).open(redirect.headers.get('location') ?? ''),
    );
    expect(back.get('error')).toBeNull();
    expect(back.get('state')).toBe('a+b &c');
    // RFC 9207: what the app compares with the discovery that it was given.
    expect(back.get('iss')).toBe(known['issuer']);
    const { status, json } = await exchange(server, back, verifier);
    expect(status).toBe(200);
    expect(decodeJwt(String(json['access_token']))).toMatchObject({
      aud: face.upstream.base,
      client_id: 'vitals',
    });
    const event = face.gateway
      .events()
      .find((it) => detailOf(it, 'code-challenge') === query.get('code_challenge'));
    expect(detailOf(event, 'audience-swapped')).toBe('2');
  });
});
