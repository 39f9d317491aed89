/**
 * A loopback issuer for the option `--token`: serves a JWKS and mints the bearer that every request
 * then carries, so that what verifying it costs is part of the measurement.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SignJWT, exportJWK, generateKeyPair } from 'jose';

/** A running issuer and one access token of it, good for an hour. */
export interface BenchIssuer {
  readonly issuer: string;
  readonly jwksUri: string;
  readonly token: string;
  close(): void;
}

/** Starts the issuer on a free port of 127.0.0.1. */
export async function startIssuer(audience: string): Promise<BenchIssuer> {
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  const jwk = { ...(await exportJWK(publicKey)), kid: 'bench-1', alg: 'ES256', use: 'sig' };
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ keys: [jwk] }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  server.unref();
  const issuer = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  const token = await new SignJWT({
    client_id: 'bench-app',
    scope: 'launch/patient patient/*.rs openid fhirUser',
    fhirUser: 'Practitioner/bench-doctor',
    patient: 'bench-0',
    sid: 'bench-session',
  })
    .setProtectedHeader({ alg: 'ES256', kid: 'bench-1', typ: 'at+jwt' })
    .setIssuer(issuer)
    .setAudience(audience)
    .setSubject('bench-doctor')
    .setJti('bench-token')
    .setIssuedAt()
    .setExpirationTime('1h')
    .sign(privateKey);
  return { issuer, jwksUri: `${issuer}/jwks`, token, close: () => server.close() };
}
