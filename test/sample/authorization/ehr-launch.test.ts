/** The EHR starts an app: the handle stands for user, patient and encounter, and works once. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  answerOf,
  authorizationRequest,
  createBrowser,
  exchange,
  pageOf,
  startAuthorization,
  type AuthorizationUnderTest,
  type Browser,
} from '../../support/authorization-server.ts';

let server: AuthorizationUnderTest;
let now = new Date('2026-11-25T08:00:00Z');
beforeAll(async () => {
  server = await startAuthorization({ clock: () => now });
});
afterAll(() => server.close());

const context = { account: 'kenji-mori', patient: 'tomas', encounter: 'enc-tomas-today' };
const scope = 'openid fhirUser launch patient/*.rs';

function request(launch: string, parameters: Readonly<Record<string, string | undefined>> = {}) {
  return authorizationRequest(server.issuer, { scope, launch, ...parameters });
}

async function launched(browser: Browser, launch: string) {
  const { url, verifier } = request(launch);
  const consent = pageOf(await browser.open(url));
  return exchange(server, answerOf(await browser.submit(consent.url, {})), verifier);
}

describe('an EHR launch', () => {
  it('asks only for consent, and gives the context of the EHR', async () => {
    const browser = createBrowser(server.issuer);
    const { url, verifier } = request(server.registerLaunch(context));
    const consent = pageOf(await browser.open(url));
    expect(consent.text).toContain('Allow Vitals?');
    expect(consent.text).toContain('Dr Kenji Mori');
    expect(consent.text).toContain('Tomáš Novák');
    // Whoever sends the form cannot choose another patient than the EHR did.
    const answer = answerOf(await browser.submit(consent.url, { patient: 'zoe' }));
    const { json, claims } = await exchange(server, answer, verifier);
    expect(json).toMatchObject({
      patient: 'tomas',
      encounter: 'enc-tomas-today',
      need_patient_banner: false,
      scope,
    });
    expect(claims).toMatchObject({ sub: 'kenji-mori', encounter: 'enc-tomas-today' });
  });

  it('works once', async () => {
    const handle = server.registerLaunch(context);
    const browser = createBrowser(server.issuer);
    expect((await launched(browser, handle)).status).toBe(200);
    const answer = answerOf(await browser.open(request(handle).url));
    expect(answer.get('error')).toBe('invalid_request');
    expect(answer.get('error_description')).toContain('launch');
  });

  it('is refused with a handle that the EHR did not give', async () => {
    const answer = answerOf(await createBrowser(server.issuer).open(request('made-up').url));
    expect(answer.get('error')).toBe('invalid_request');
    expect(answer.toString()).not.toContain('made-up');
  });

  it('is refused after five minutes', async () => {
    const [early, late] = [server.registerLaunch(context), server.registerLaunch(context)];
    const start = now;
    now = new Date(start.getTime() + 5 * 60_000);
    const open = async (handle: string) => createBrowser(server.issuer).open(request(handle).url);
    expect((await open(early)).kind).toBe('page');
    now = new Date(start.getTime() + 5 * 60_000 + 1);
    expect(answerOf(await open(late)).get('error')).toBe('invalid_request');
    now = start;
  });

  it('does not use the handle up when the request is refused for another reason', async () => {
    const handle = server.registerLaunch(context);
    const browser = createBrowser(server.issuer);
    const { url } = request(handle, { aud: 'https://gateway.example.org/fhir' });
    expect(answerOf(await browser.open(url)).get('error_description')).toBe('Bad audience value');
    expect((await launched(browser, handle)).status).toBe(200);
  });

  it('for another user than the one who is signed in starts a session of that user', async () => {
    const browser = createBrowser(server.issuer);
    const first = await launched(browser, server.registerLaunch(context));
    const same = await launched(browser, server.registerLaunch({ ...context, patient: 'zoe' }));
    const other = await launched(
      browser,
      server.registerLaunch({ account: 'ana-souza', patient: 'zoe' }),
    );
    expect(same.claims).toMatchObject({ sub: 'kenji-mori', sid: first.claims['sid'] });
    expect(other.claims).toMatchObject({ sub: 'ana-souza', patient: 'zoe' });
    expect(other.claims['sid']).not.toBe(first.claims['sid']);
    expect(other.json).not.toHaveProperty('encounter');
  });

  it('grants the scope launch only with a handle', async () => {
    const browser = createBrowser(server.issuer);
    const { url, verifier } = authorizationRequest(server.issuer, {
      scope: `${scope} launch/patient`,
    });
    const page = pageOf(await browser.open(url));
    const picker = pageOf(
      await browser.submit(page.url, { account: 'ana-souza', password: 'ana-souza' }),
    );
    const answer = answerOf(await browser.submit(picker.url, { patient: 'zoe' }));
    const { json } = await exchange(server, answer, verifier);
    expect(json['scope']).toBe('openid fhirUser patient/*.rs launch/patient');
  });
});
