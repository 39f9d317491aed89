/** The server of the sample app: fixed files, a policy for the browser, nothing else. */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSampleApp, type SampleApp } from '../../../sample/index.ts';

const settings = {
  fhirBaseUrl: 'http://localhost:8080/fhir',
  allowedIssuers: ['http://localhost:8080/fhir'],
  connectOrigins: ['http://127.0.0.1:8070'],
  clientId: 'vitals',
};
let app: SampleApp;
beforeAll(async () => {
  app = await startSampleApp(0, () => settings);
});
afterAll(() => app.close());

describe('the server of the sample app', () => {
  it('serves every module of the page', async () => {
    const folder = path.resolve(import.meta.dirname, '../../../sample/app/page');
    for (const file of readdirSync(folder).filter((name) => /\.(js|css|html)$/.test(name))) {
      const url = file === 'index.html' ? '/' : `/${file}`;
      const answer = await fetch(`${app.origin}${url}`);
      expect([url, answer.status]).toEqual([url, 200]);
      await answer.text();
    }
    expect(await (await fetch(`${app.origin}/fhir-client.js`)).text()).toContain('FHIR');
  });

  it('lets the page talk to the gateway and the token endpoint only', async () => {
    const answer = await fetch(app.redirectUri);
    const policy = answer.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'");
    expect(/connect-src ([^;]*)/.exec(policy)?.[1]).toBe(
      "'self' http://127.0.0.1:8070 http://localhost:8080",
    );
    expect(answer.headers.get('referrer-policy')).toBe('no-referrer');
  });

  it('tells the page what it has to know', async () => {
    const { fhirBaseUrl, allowedIssuers, clientId } = settings;
    expect(await (await fetch(`${app.origin}/config.json`)).json()).toEqual({
      fhirBaseUrl,
      allowedIssuers,
      clientId,
    });
  });

  it.each([
    '/tsconfig.json',
    '/../server.ts',
    '/page/main.js',
    '/%2e%2e/server.ts',
    '/favicon.ico',
  ])('has nothing at %s', async (url) => {
    expect((await fetch(`${app.origin}${url}`)).status).toBe(404);
  });

  it('says which port is in use', async () => {
    const taken = Number(new URL(app.origin).port);
    await expect(startSampleApp(taken, () => settings)).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
  });
});
