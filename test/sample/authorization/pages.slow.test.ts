/**
 * The pages in Chromium, without scripts, so that the content security policy and the forms are
 * judged by a real browser: the last redirect of a form leads to another origin.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { launchChromium, type Browser, type Page } from '../../support/chromium.ts';
import {
  authorizationRequest,
  exchange,
  startAuthorization,
  type AuthorizationUnderTest,
} from '../../support/authorization-server.ts';

let server: AuthorizationUnderTest;
let app: Server;
let appUri: string;
let browser: Browser;
let page: Page;
let said: string[] = [];

beforeAll(async () => {
  app = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html').end('<title>The app</title>');
  });
  await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve));
  appUri = `http://127.0.0.1:${String((app.address() as AddressInfo).port)}/back`;
  server = await startAuthorization({}, appUri);
  browser = await launchChromium();
}, 60_000);

afterAll(async () => {
  await browser.close();
  await server.close();
  app.close();
  app.closeAllConnections();
});

beforeEach(async () => {
  said = [];
  page = await (await browser.newContext({ javaScriptEnabled: false })).newPage();
  page.on('console', (message) => {
    said.push(message.text());
  });
});

async function backAtTheApp(): Promise<URLSearchParams> {
  await page.waitForURL(/\/back\?/);
  expect(await page.title()).toBe('The app');
  return new URL(page.url()).searchParams;
}

describe('the pages in a browser without scripts', () => {
  it('lead from the sign-in by search and picker to the app', async () => {
    const { url, verifier } = authorizationRequest(server.issuer, { redirect_uri: appUri });
    await page.goto(url);
    await page.getByLabel('Dr Ana Souza').check();
    await page.getByLabel('Password').fill('ana-souza');
    await page.getByLabel('Password').press('Enter');
    await page.getByLabel('Name or record number').fill('novak');
    await page.getByLabel('Name or record number').press('Enter');
    expect(await page.getByRole('link', { name: /Zoë/ }).count()).toBe(0);
    await page.getByRole('link', { name: /Tomáš Novák/ }).click();
    await page.getByRole('button', { name: /^Allow/ }).click();
    const { json } = await exchange(server, await backAtTheApp(), verifier, 'vitals', appUri);
    expect(json['patient']).toBe('tomas');
    expect(said).toStrictEqual([]);
  });

  it('lead back to the app when the user cancels', async () => {
    await page.goto(authorizationRequest(server.issuer, { redirect_uri: appUri }).url);
    await page.getByRole('button', { name: 'Cancel' }).click();
    expect((await backAtTheApp()).get('error')).toBe('access_denied');
    expect(said).toStrictEqual([]);
  });

  it('ask only for consent when the EHR starts the app', async () => {
    const launch = server.registerLaunch({ account: 'kenji-mori', patient: 'zoe' });
    const scope = 'launch openid patient/*.rs';
    const parameters = { redirect_uri: appUri, launch, scope };
    await page.goto(authorizationRequest(server.issuer, parameters).url);
    await page.getByRole('button', { name: /^Allow/ }).click();
    expect((await backAtTheApp()).get('code')).not.toBeNull();
    expect(said).toStrictEqual([]);
  });
});
