/**
 * A whole authorization through the gateway with a real authorization server that takes no audience
 * but the EHR's own (T18): oidc-provider with resource indicators, and a strict `aud`.
 */
import { createHash, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { detailOf } from '../support/face-under-test.ts';
import { jsonAnswer, startSmartFace, type SmartTestFace } from '../support/smart-face.ts';

/** As much of the library as is used here: its own types do not fit those that they build on. */
interface OidcProvider {
  readonly default: new (
    issuer: string,
    configuration: object,
  ) => { callback(): (request: IncomingMessage, response: ServerResponse) => void };
  readonly errors: { readonly InvalidTarget: new (text: string) => Error };
}

const redirectUri = 'https://app.example.org/callback';
const scope = 'openid patient/Patient.read';
let face: SmartTestFace;
let server: Server;
let issuer: string;

beforeAll(async () => {
  face = await startSmartFace();
  const base = face.upstream.base;
  server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  issuer = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  // A plain import would bring those types in.
  const oidc = createRequire(import.meta.url)('oidc-provider') as OidcProvider;
  const refuse = (): never => {
    throw new oidc.errors.InvalidTarget('Bad audience value');
  };
  // It warns of its development mode.
  for (const method of ['warn', 'info'] as const) {
    vi.spyOn(console, method).mockImplementation(() => undefined);
  }
  const provider = new oidc.default(issuer, {
    clients: [
      {
        client_id: 'vitals',
        redirect_uris: [redirectUri],
        token_endpoint_auth_method: 'none',
        grant_types: ['authorization_code'],
        response_types: ['code'],
      },
    ],
    scopes: scope.split(' '),
    extraParams: {
      aud: (_context: unknown, value: unknown) => (value === base ? undefined : refuse()),
    },
    features: {
      devInteractions: { enabled: true },
      resourceIndicators: {
        enabled: true,
        useGrantedResource: () => true,
        getResourceServerInfo: (_context: unknown, resource: string) =>
          resource === base
            ? { scope, audience: base, accessTokenFormat: 'jwt' as const }
            : refuse(),
      },
    },
  });
  server.on('request', provider.callback());
  face.serve({
    '.well-known/smart-configuration': jsonAnswer({
      issuer,
      authorization_endpoint: `${issuer}/auth`,
      token_endpoint: `${issuer}/token`,
      code_challenge_methods_supported: ['S256'],
    }),
  });
});

afterAll(async () => {
  vi.restoreAllMocks();
  await face.stop();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

/** A browser: keeps cookies, follows one redirect at a time. */
function createBrowser(): (url: string, form?: Record<string, string>) => Promise<Response> {
  const cookies = new Map<string, string>();
  return async (url, form) => {
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { Cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
      ...(form === undefined ? {} : { method: 'POST', body: new URLSearchParams(form) }),
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      cookies.set(name, value);
    }
    return response;
  };
}

/** From the authorization URL to where the app is called back, all pages filled in. */
async function signIn(authorizeUrl: string): Promise<URL> {
  const browse = createBrowser();
  let response = await browse(authorizeUrl);
  for (let steps = 0; steps < 12; steps++) {
    const location = response.headers.get('location');
    if (location === null) throw new Error(`a page with status ${String(response.status)}`);
    if (location.startsWith(redirectUri)) return new URL(location);
    const next = new URL(location, issuer).href;
    response = await browse(next);
    if (response.status !== 200) continue;
    const page = await response.text();
    const isLogin = page.includes('value="login"');
    response = await browse(
      next,
      isLogin ? { prompt: 'login', login: 'ana', password: 'x' } : { prompt: 'consent' },
    );
  }
  throw new Error('no end');
}

function parametersOf(challenge: string, audience: string): URLSearchParams {
  return new URLSearchParams({
    response_type: 'code',
    client_id: 'vitals',
    redirect_uri: redirectUri,
    scope,
    state: 'a+b &c',
    aud: audience,
    resource: audience,
    code_challenge: challenge,
    code_challenge_method: 'S256',
  });
}

describe('a strict authorization server', () => {
  it('refuses the base of the gateway when it is asked directly', async () => {
    const challenge = createHash('sha256').update('x').digest('base64url');
    const back = await signIn(`${issuer}/auth?${parametersOf(challenge, face.base).toString()}`);
    expect(back.searchParams.get('error')).toBe('invalid_target');
  });

  it('issues a token for the EHR when the same request comes by the gateway', async () => {
    const verifier = randomBytes(32).toString('base64url');
    const challenge = createHash('sha256').update(verifier).digest('base64url');
    const known = (await (
      await fetch(`${face.base}/.well-known/smart-configuration`)
    ).json()) as Record<string, string>;
    const asked = `${known['authorization_endpoint'] ?? ''}?${parametersOf(challenge, face.base).toString()}`;
    expect(asked).toContain(`${face.base}/auth/authorize?`);
    const back = await signIn(asked);
    expect(back.searchParams.get('error')).toBeNull();
    expect(back.searchParams.get('state')).toBe('a+b &c');
    // RFC 9207: what the app compares with the discovery that it was given.
    expect(back.searchParams.get('iss')).toBe(known['issuer']);
    const answer = await fetch(known['token_endpoint'] ?? '', {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        client_id: 'vitals',
        code: back.searchParams.get('code') ?? '',
        redirect_uri: redirectUri,
        code_verifier: verifier,
      }),
    });
    const token = (await answer.json()) as { access_token?: string };
    expect(answer.status).toBe(200);
    const [, payload = ''] = (token.access_token ?? '').split('.');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as unknown;
    expect(claims).toMatchObject({ aud: face.upstream.base, client_id: 'vitals' });
    const event = face.gateway.events().find((it) => detailOf(it, 'code-challenge') === challenge);
    expect(detailOf(event, 'audience-swapped')).toBe('2');
  });
});
