/** Signing in by hand: where it must stop, and what it may not tell then. */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createBrowser } from '../../../sample/traffic/browser.ts';
import { signInWithCode } from '../../../sample/traffic/code-flow.ts';

const redirectUri = 'https://app.example.org/callback';

interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}
type Answer = (url: URL, request: http.IncomingMessage, body: string) => Reply;

let answer: Answer = () => ({});
let base = '';
const server = http.createServer((request, response) => {
  let body = '';
  request.on('data', (chunk: Buffer) => (body += chunk.toString()));
  request.on('end', () => {
    const url = new URL(String(request.url), base);
    const endpoints = {
      authorization_endpoint: `${base}/authorize`,
      token_endpoint: `${base}/token`,
    };
    const reply = url.pathname.endsWith('/smart-configuration')
      ? { body: JSON.stringify(endpoints) }
      : answer(url, request, body);
    response.writeHead(reply.status ?? 200, reply.headers);
    response.end(reply.body);
  });
});
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  answer = () => ({});
});

const to = (location: string): Reply => ({ status: 302, headers: { location } });
const back = (url: URL, query: string): Reply =>
  to(`${redirectUri}?${query}&state=${url.searchParams.get('state') ?? ''}`);
const signIn = (): Promise<unknown> =>
  signInWithCode({
    baseUrl: base,
    clientId: 'vitals',
    redirectUri,
    scope: 'openid',
    answers: { account: 'ana-souza', password: 'secret-password', patient: 'zoe' },
  });

describe('a sign-in by hand', () => {
  it('fills in forms, follows the patient, and exchanges the code with its verifier', async () => {
    const posted: string[] = [];
    answer = (url, _request, body) => {
      if (url.pathname === '/token') {
        posted.push(body);
        return { body: '{"access_token":"t"}' };
      }
      if (url.pathname === '/authorize') {
        const state = url.searchParams.get('state') ?? '';
        return {
          body: `<form method="post" action="/in"><input type="hidden" name="state" value="${state}">
            <input type="radio" name="account" value="ana-souza"><input name="password">
            <button>Sign in</button></form>`,
        };
      }
      posted.push(body);
      if (url.pathname === '/in') {
        const state = new URLSearchParams(body).get('state') ?? '';
        return {
          body: `<a href="/pick?state=${state}&amp;patient=zoe">no</a><a href="/s/${state}?patient=zoe">Zoë</a>`,
        };
      }
      return to(`${redirectUri}?code=c&state=${url.pathname.split('/')[2] ?? ''}`);
    };
    expect(await signIn()).toEqual({ access_token: 't' });
    expect(posted[0]).toMatch(/^state=[\w-]{22}&account=ana-souza&password=secret-password$/);
    expect(posted.at(-1)).toMatch(
      /grant_type=authorization_code&code=c&.*code_verifier=[\w-]{64}$/,
    );
  });

  it.each<[string, Answer, string]>([
    ['another state', () => to(`${redirectUri}?code=c&state=other`), 'refused: no code'],
    ['an error', (url) => back(url, 'error=access_denied'), 'refused: access_denied'],
    ['no form', () => ({ status: 400, body: '<p>no</p>' }), 'stopped at'],
    ['a form without end', () => ({ body: '<form method="post"></form>' }), 'more than 8 pages'],
    ['a circle', () => to('/authorize'), 'goes round in circles'],
    [
      'a refused code',
      (url) => (url.pathname === '/token' ? { status: 400 } : back(url, 'code=c')),
      'token request of vitals got 400',
    ],
  ])('stops at %s', async (_, reply, sentence) => {
    answer = reply;
    const message = await signIn().then(
      () => 'signed in',
      (error: unknown) => String(error),
    );
    expect(message).toContain(sentence);
    expect(message).not.toMatch(/secret|state|code=/);
  });
});

describe('the browser of a sign-in', () => {
  it('sends cookies back to the origin that set them, until they are taken away', async () => {
    const seen: (string | undefined)[] = [];
    answer = (url, request) => {
      seen.push(request.headers.cookie);
      const isEnd = url.pathname === '/end';
      return { headers: { 'set-cookie': isEnd ? 'a=; Max-Age=0' : 'a=1; HttpOnly' } };
    };
    const elsewhere: (string | undefined)[] = [];
    const other = http.createServer((request, response) => {
      elsewhere.push(request.headers.cookie);
      response.end();
    });
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const browser = createBrowser();
    for (const path of ['/one', '/end', '/two']) await browser.open(`${base}${path}`, redirectUri);
    await browser.open(`${base}/one`, redirectUri);
    const { port } = other.address() as AddressInfo;
    await browser.open(`http://127.0.0.1:${String(port)}/`, redirectUri);
    other.closeAllConnections();
    other.close();
    expect(seen).toEqual([undefined, 'a=1', undefined, 'a=1']);
    expect(elsewhere).toEqual([undefined]);
  });
});
