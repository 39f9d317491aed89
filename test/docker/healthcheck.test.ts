/** The health check of the image, against listeners that live, fail, hang up and are not there. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';

const project = path.resolve(import.meta.dirname, '..', '..');
const script = path.join(project, 'docker', 'healthcheck.mjs');

async function check(url: string): Promise<number | null> {
  const child = spawn(process.execPath, [script], {
    env: { CHAPERONE_HEALTH_URL: url },
    stdio: 'ignore',
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  return code;
}

async function listening(server: http.Server | https.Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
}

const answering =
  (status: number): http.RequestListener =>
  (_, response) => {
    response.writeHead(status).end('{}');
  };

describe('the health check', () => {
  it('is well when the process says that it lives', async () => {
    const port = await listening(http.createServer(answering(200)));
    expect(await check(`http://127.0.0.1:${String(port)}/livez`)).toBe(0);
  });

  it.each([503, 404, 302])('is not well with %i', async (status) => {
    const port = await listening(http.createServer(answering(status)));
    expect(await check(`http://127.0.0.1:${String(port)}/livez`)).toBe(1);
  });

  it('is not well when nobody listens, or hangs up', async () => {
    const server = http.createServer((request) => request.socket.destroy());
    const port = await listening(server);
    expect(await check(`http://127.0.0.1:${String(port)}/livez`)).toBe(1);
    // Port 1 is nobody's.
    expect(await check('http://127.0.0.1:1/livez')).toBe(1);
  });

  it('asks a listener with TLS, whatever name its certificate has', async () => {
    const tls = (name: string): string =>
      readFileSync(path.join(project, 'test', 'support', 'tls', name), 'utf8');
    const server = https.createServer(
      { cert: tls('certificate.pem'), key: tls('key.pem') },
      answering(200),
    );
    const port = await listening(server);
    expect(await check(`https://127.0.0.1:${String(port)}/livez`)).toBe(0);
  });
});
