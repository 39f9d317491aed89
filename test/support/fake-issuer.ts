/**
 * A real authorization server's key side on loopback: serves a key set and a discovery document,
 * signs tokens, counts what is asked of it, and can be down, slow, redirecting or oversized.
 */
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import type { CryptoKey, JWK, JWTPayload } from 'jose';

/** A key pair that the issuer signs with. */
export interface SigningKey {
  readonly algorithm: string;
  readonly keyId: string | undefined;
  readonly privateKey: CryptoKey;
  readonly publicJwk: JWK;
}

/** How the issuer answers now. Change the fields between requests. */
export interface IssuerBehaviour {
  /** Entries of the served key set. */
  keys: unknown[];
  /** `down` cuts the connection; `stall` never answers. */
  mode: 'up' | 'down' | 'stall' | 'redirect' | 'oversized' | 'not-json' | 'error';
  /** Where `redirect` leads. */
  redirectTo: string;
  cacheControl: string | undefined;
  /** How long it waits before it answers, in ms. */
  delayMs: number;
  /** Members that replace those of the discovery document. */
  discovery: Record<string, unknown>;
}

/** A running fake issuer. */
export interface FakeIssuer {
  readonly issuer: string;
  readonly jwksUri: string;
  readonly behaviour: IssuerBehaviour;
  /** Paths asked for, in order. */
  readonly hits: string[];
  close(): Promise<void>;
}

/** Generates a key pair; the public JWK carries `alg`, `use` and `kid` unless told otherwise. */
export async function makeSigningKey(
  algorithm: string,
  keyId: string | undefined,
  options: { readonly bare?: boolean } = {},
): Promise<SigningKey> {
  const { publicKey, privateKey } = await generateKeyPair(algorithm, { extractable: true });
  const jwk = await exportJWK(publicKey);
  const publicJwk: JWK = {
    ...jwk,
    ...(keyId !== undefined && { kid: keyId }),
    ...(options.bare !== true && { alg: algorithm, use: 'sig' }),
  };
  return { algorithm, keyId, privateKey, publicJwk };
}

/** Signs a token with a key; `header` is added to (or replaces) `alg` and `kid`. */
export async function signToken(
  key: SigningKey,
  payload: JWTPayload,
  header: Record<string, unknown> = {},
): Promise<string> {
  return new SignJWT(payload)
    .setProtectedHeader({
      alg: key.algorithm,
      ...(key.keyId !== undefined && { kid: key.keyId }),
      ...header,
    })
    .sign(key.privateKey);
}

/** Starts an issuer on loopback. */
export async function startFakeIssuer(keys: readonly SigningKey[]): Promise<FakeIssuer> {
  const hits: string[] = [];
  const behaviour: IssuerBehaviour = {
    keys: keys.map((key) => key.publicJwk),
    mode: 'up',
    redirectTo: '',
    cacheControl: undefined,
    delayMs: 0,
    discovery: {},
  };
  const server = createServer((request, response) => {
    hits.push(request.url ?? '');
    setTimeout(() => {
      answer(request, response, behaviour, issuer);
    }, behaviour.delayMs);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  return {
    issuer,
    jwksUri: `${issuer}/jwks`,
    behaviour,
    hits,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  behaviour: IssuerBehaviour,
  issuer: string,
): void {
  const headers = {
    'content-type': 'application/json',
    ...(behaviour.cacheControl !== undefined && { 'cache-control': behaviour.cacheControl }),
  };
  const send = (value: unknown) => response.writeHead(200, headers).end(JSON.stringify(value));
  switch (behaviour.mode) {
    case 'down':
      request.socket.destroy();
      return;
    case 'stall':
      return;
    case 'redirect':
      response.writeHead(302, { location: behaviour.redirectTo }).end();
      return;
    case 'oversized':
      send({ keys: behaviour.keys, padding: 'x'.repeat(1024 * 1024) });
      return;
    case 'not-json':
      response.writeHead(200, headers).end('<html>');
      return;
    case 'error':
      response.writeHead(500, headers).end(JSON.stringify({ keys: behaviour.keys }));
      return;
    case 'up':
      if (request.url === '/jwks') send({ keys: behaviour.keys });
      else if (request.url === '/.well-known/openid-configuration') {
        send({ issuer, jwks_uri: `${issuer}/jwks`, ...behaviour.discovery });
      } else response.writeHead(404).end();
  }
}
