/** TLS on both listeners and towards the upstream, on the shipped command. */
import https from 'node:https';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GatewayNotReady, startGateway, type GatewayProcess } from '../support/gateway-process.ts';

const folder = join(import.meta.dirname, '..', 'support', 'tls');
const certificateFile = join(folder, 'certificate.pem');
const keyFile = join(folder, 'key.pem');
const certificate = readFileSync(certificateFile);
const tls = (): Record<string, string> => ({ certificateFile, keyFile });

const patient = '{"resourceType":"Patient","id":"1"}';
let upstream: https.Server;
let upstreamBase = '';

beforeAll(async () => {
  upstream = https.createServer(
    { cert: certificate, key: readFileSync(keyFile) },
    (_request, response) => {
      response.writeHead(200, { 'Content-Type': 'application/fhir+json' });
      response.end(patient);
    },
  );
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  upstreamBase = `https://localhost:${String((upstream.address() as AddressInfo).port)}/fhir`;
});
afterAll(() => {
  upstream.closeAllConnections();
  upstream.close();
});

function get(url: string, token?: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    https
      .get(url, { ca: certificate, headers }, (answer) => {
        let body = '';
        answer.on('data', (chunk: Buffer) => (body += chunk.toString()));
        answer.on('end', () => {
          resolve({ status: answer.statusCode ?? 0, body });
        });
      })
      .on('error', reject);
  });
}

describe('with TLS on both listeners and a private authority upstream', () => {
  let gateway: GatewayProcess;
  beforeAll(async () => {
    gateway = await startGateway({
      upstream: upstreamBase,
      config: {
        gateway: { tls: tls() },
        review: { tls: tls() },
        upstream: { caFile: certificateFile },
      },
    });
  });
  afterAll(() => gateway.stop());

  it('both faces are https, and answers come from the upstream', async () => {
    expect(gateway.appUrl).toMatch(/^https:/);
    expect(gateway.reviewUrl).toMatch(/^https:/);
    expect(await get(`${gateway.appUrl}/Patient/1`)).toEqual({ status: 200, body: patient });
    const found = await get(
      `${gateway.reviewUrl}/AuditEvent?patient=Patient/1`,
      gateway.readerToken,
    );
    expect(found.status).toBe(200);
    expect(found.body).toContain('"AuditEvent"');
  });

  it('plain http gets no answer of the upstream', async () => {
    await expect(fetch(gateway.appUrl.replace('https:', 'http:'))).rejects.toThrow();
  });
});

describe('without the authority of the upstream', () => {
  it('the upstream is not believed: 502, and recorded', async () => {
    const gateway = await startGateway({ upstream: upstreamBase });
    try {
      const answer = await fetch(`${gateway.appUrl}/Patient/1`);
      expect(answer.status).toBe(502);
      expect(await answer.text()).not.toContain('"Patient"');
    } finally {
      await gateway.stop();
    }
  });
});

describe('a listener that others can reach', () => {
  it('is refused without TLS, in one sentence that names the ways out', async () => {
    const starting = startGateway({
      upstream: upstreamBase,
      config: { gateway: { listen: '0.0.0.0:0' } },
    });
    const refused: unknown = await starting.catch((error: unknown) => error);
    if (!(refused instanceof GatewayNotReady)) throw new Error('it started');
    expect(refused.exit?.code).toBe(2);
    expect(refused.stderr).toMatch(/gateway\.listen.*tls.*behindTlsProxy/is);
  });

  it('is accepted with TLS', async () => {
    const gateway = await startGateway({
      upstream: upstreamBase,
      config: {
        gateway: { listen: '0.0.0.0:0', publicBaseUrl: 'https://localhost/fhir', tls: tls() },
        upstream: { caFile: certificateFile },
      },
    });
    expect(gateway.appUrl).toBe('https://localhost/fhir');
    await gateway.stop();
  });
});
