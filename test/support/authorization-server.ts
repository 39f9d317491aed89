/**
 * The sample's authorization server on a real socket, and a small browser (cookies, redirects, forms)
 * that walks through its pages as a person would.
 */
import { createHash, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { decodeJwt } from 'jose';
import {
  createAuthorization,
  createSampleClients,
  sampleAccounts,
  type Authorization,
  type AuthorizationOptions,
  type PickerPatient,
  type SampleClients,
} from '../../sample/authorization/index.ts';

/** FHIR base of the tests; nobody listens there. */
export const fhirBaseUrl = 'https://ehr.example.org/fhir';
/** Where the app of the tests is sent back to; nobody listens there. */
export const redirectUri = 'https://app.example.org/back';

export const patients: readonly PickerPatient[] = [
  patient('zoe', 'Zoë Nuñez', '1984-03-09', 'S-1001'),
  patient('tomas', 'Tomáš Novák', '1961-11-30', 'S-1002'),
  { id: 'odd', name: '<b>"Odd" & Co</b>', birthDate: '1970-01-01', mrn: 'S-1999' },
];

function patient(id: string, name: string, birthDate: string, mrn: string): PickerPatient {
  return { id, name, birthDate, mrn, encounter: `enc-${id}-today` };
}

/** A running server. */
export interface AuthorizationUnderTest extends Authorization, SampleClients {
  readonly issuer: string;
}

/** Starts a server on loopback with the cast of the sample. @param appUri Redirect URI of its apps. */
export async function startAuthorization(
  options: Partial<AuthorizationOptions> = {},
  appUri: string = redirectUri,
): Promise<AuthorizationUnderTest> {
  const app = express();
  const server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/auth`;
  const place = { redirectUris: [appUri] };
  const sample = await createSampleClients({
    vitals: place,
    chartReview: place,
    patientPortal: place,
  });
  const authorization = await createAuthorization({
    issuer,
    fhirBaseUrl,
    accounts: sampleAccounts,
    patients,
    clients: sample.clients,
    accessTokens: 'jwt',
    ...options,
  });
  app.use('/auth', authorization.handler);
  return {
    ...sample,
    ...authorization,
    issuer,
    async close() {
      await authorization.close();
      await new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      });
    },
  };
}

/** One page, or the way out: an address outside the server. */
export type Place =
  | {
      readonly kind: 'page';
      readonly url: string;
      readonly status: number;
      readonly text: string;
      readonly headers: Headers;
    }
  | { readonly kind: 'left'; readonly url: URL };

/** See `createBrowser`. */
export interface Browser {
  open(url: string): Promise<Place>;
  submit(url: string, form: Readonly<Record<string, string>>): Promise<Place>;
}

/** A browser with a cookie jar of its own. It follows redirects as long as they stay at the issuer. */
export function createBrowser(issuer: string): Browser {
  const jar = new Map<string, { readonly value: string; readonly path: string }>();
  const remember = (headers: Headers): void => {
    for (const line of headers.getSetCookie()) {
      const [pair = '', ...attributes] = line.split('; ');
      const [name = '', value = ''] = pair.split(/=(.*)/s);
      const path = attributes.find((text) => text.startsWith('path='))?.slice(5) ?? '/';
      if (value === '' || line.includes('expires=Thu, 01 Jan 1970')) jar.delete(`${name} ${path}`);
      else jar.set(`${name} ${path}`, { value, path });
    }
  };
  const cookiesFor = (url: string): string =>
    [...jar]
      .filter(([, { path }]) => new URL(url).pathname.startsWith(path))
      .map(([key, { value }]) => `${key.split(' ')[0] ?? ''}=${value}`)
      .join('; ');
  const go = async (
    url: string,
    init: { readonly method?: string; readonly body?: URLSearchParams } = {},
  ): Promise<Place> => {
    const headers = { cookie: cookiesFor(url) };
    const response = await fetch(url, { ...init, headers, redirect: 'manual' });
    remember(response.headers);
    const location = response.headers.get('location');
    if (location === null) {
      const text = await response.text();
      return { kind: 'page', url, status: response.status, text, headers: response.headers };
    }
    const next = new URL(location, url);
    return next.href.startsWith(issuer) ? go(next.href) : { kind: 'left', url: next };
  };
  return {
    open: (url) => go(url),
    submit: (url, form) => go(url, { method: 'POST', body: new URLSearchParams(form) }),
  };
}

/** A page that has to be there. @throws Error when the browser has left. */
export function pageOf(place: Place): Extract<Place, { kind: 'page' }> {
  if (place.kind === 'left') throw new Error(`left to ${place.url.href}`);
  return place;
}

/** Parameters with which the browser came back to the app. @throws Error when it is still here. */
export function answerOf(place: Place): URLSearchParams {
  if (place.kind === 'page') throw new Error(`still at ${place.url}: ${place.text.slice(-600)}`);
  const { hash, searchParams } = place.url;
  return hash === '' ? searchParams : new URLSearchParams(hash.slice(1));
}

/** An authorization request of Vitals, and the verifier that belongs to it. */
export function authorizationRequest(
  issuer: string,
  parameters: Readonly<Record<string, string | undefined>> = {},
): { readonly url: string; readonly query: URLSearchParams; readonly verifier: string } {
  const verifier = randomBytes(32).toString('base64url');
  const all: Record<string, string | undefined> = {
    response_type: 'code',
    client_id: 'vitals',
    redirect_uri: redirectUri,
    scope: 'openid fhirUser launch/patient patient/*.rs',
    state: randomBytes(16).toString('base64url'),
    aud: fhirBaseUrl,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    ...parameters,
  };
  const given = Object.entries(all).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  const query = new URLSearchParams(given);
  return { url: `${issuer}/authorize?${query.toString()}`, query, verifier };
}

/** A form sent to an endpoint of the server. */
export async function post(
  url: string,
  form: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<{
  readonly status: number;
  readonly json: Record<string, unknown>;
  readonly headers: Headers;
}> {
  const response = await fetch(url, { method: 'POST', body: new URLSearchParams(form), headers });
  const text = await response.text();
  const json = (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>;
  return { status: response.status, json, headers: response.headers };
}

/** The code of an authorization, exchanged for tokens by a public client. */
export async function exchange(
  server: AuthorizationUnderTest,
  answer: URLSearchParams,
  verifier: string,
  clientId = 'vitals',
  appUri: string = redirectUri,
): Promise<Exchanged> {
  const { status, json } = await post(`${server.issuer}/token`, {
    grant_type: 'authorization_code',
    client_id: clientId,
    redirect_uri: appUri,
    code: answer.get('code') ?? '',
    code_verifier: verifier,
  });
  const token = json['access_token'];
  const isJwt = typeof token === 'string' && token.includes('.');
  return { status, json, claims: isJwt ? decodeJwt(token) : {} };
}

/** An answer of the token endpoint, with the claims of the access token when it is a JWT. */
export interface Exchanged {
  readonly status: number;
  readonly json: Record<string, unknown>;
  readonly claims: Readonly<Record<string, unknown>>;
}

/** `Authorization` of a client with a secret. */
export function basic(id: string, secret: string): Readonly<Record<string, string>> {
  return { authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` };
}
