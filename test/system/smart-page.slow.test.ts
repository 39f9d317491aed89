/**
 * The page that posts a long authorization request, in a real browser: by its script and by its
 * button, and on through the redirect of the authorization server to the app.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium, type Browser } from '../support/chromium.ts';
import { startSmartFace, type SmartTestFace } from '../support/smart-face.ts';

let browser: Browser;
let face: SmartTestFace;
const servers: Server[] = [];
let received = '';
let app = '';

async function serve(handler: Parameters<typeof createServer>[1]): Promise<string> {
  const server = createServer(handler);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
}

beforeAll(async () => {
  app = await serve((_request, response) => {
    response.setHeader('Content-Type', 'text/html');
    response.end('<h1>the app</h1>');
  });
  const authorizationServer = await serve((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
    request.on('end', () => {
      received = body;
      response.writeHead(303, { Location: `${app}/callback?code=x` }).end();
    });
  });
  face = await startSmartFace({ smart: { authorizationEndpoint: `${authorizationServer}/auth` } });
  browser = await launchChromium();
}, 60_000);

afterAll(async () => {
  await browser.close();
  await face.stop();
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
});

describe('the page of a long authorization request', () => {
  it.each([true, false])('takes a browser on, with scripts: %s', async (javaScriptEnabled) => {
    received = '';
    const context = await browser.newContext({ javaScriptEnabled });
    const page = await context.newPage();
    const fields: Readonly<Record<string, string>> = {
      aud: face.base,
      state: '"><script>é+ &',
      submit: 'x',
      redirect_uri: `${app}/callback`,
      scope: Array.from({ length: 900 }, (_, i) => `patient/Type${String(i)}.rs`).join(' '),
    };
    const inputs = Object.entries(fields).map(
      ([name, value]) =>
        `<input type="hidden" name="${name}" value="${value.replaceAll('&', '&amp;').replaceAll('"', '&quot;')}">`,
    );
    await page.setContent(
      `<form method="post" action="${face.base}/auth/authorize">${inputs.join('')}<button id="go">go</button></form>`,
    );
    await page.click('#go');
    if (!javaScriptEnabled) await page.click('button:has-text("Continue")');
    await page.waitForURL(`${app}/callback?code=x`, { timeout: 10_000 });
    expect(Object.fromEntries(new URLSearchParams(received))).toEqual({
      ...fields,
      aud: face.upstream.base,
    });
    await context.close();
  });
});
