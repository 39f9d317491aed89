/** A person walks through the pages: sign in, choose a patient, allow. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  answerOf,
  authorizationRequest,
  createBrowser,
  exchange,
  pageOf,
  post,
  redirectUri,
  startAuthorization,
  type AuthorizationUnderTest,
  type Browser,
  type Place,
} from '../../support/authorization-server.ts';

let server: AuthorizationUnderTest;
beforeAll(async () => {
  server = await startAuthorization();
});
afterAll(() => server.close());

const newBrowser = (): Browser => createBrowser(server.issuer);
const request = (parameters: Readonly<Record<string, string | undefined>> = {}) =>
  authorizationRequest(server.issuer, parameters);

async function signIn(browser: Browser, place: Place, account: string): Promise<Place> {
  return browser.submit(pageOf(place).url, { account, password: account });
}

describe('a standalone launch by a clinician', () => {
  it('leads through sign-in, picker and consent back to the app', async () => {
    const browser = newBrowser();
    const { url, query, verifier } = request();
    const first = pageOf(await browser.open(url));
    expect(first.text).toContain('Vitals wants to work with the records of the clinic');
    const picker = pageOf(await signIn(browser, first, 'ana-souza'));
    expect(picker.text).toContain('Choose a patient');
    expect(picker.text).toContain('Zoë Nuñez');
    const consent = pageOf(await browser.open(`${picker.url}?patient=tomas`));
    expect(consent.text).toContain('Allow Vitals?');
    expect(consent.text).toContain('Dr Ana Souza');
    expect(consent.text).toContain('Tomáš Novák');
    expect(consent.text).toContain('read and search all data of the patient');
    const answer = answerOf(await browser.submit(picker.url, { patient: 'tomas' }));
    expect(answer.get('state')).toBe(query.get('state'));
    expect(answer.get('iss')).toBe(server.issuer);
    const { json } = await exchange(server, answer, verifier);
    expect(json).toMatchObject({ patient: 'tomas', need_patient_banner: true });
    expect(json).not.toHaveProperty('encounter');
  });

  it('tells the encounter in progress when the app asks for one', async () => {
    const browser = newBrowser();
    const { url, verifier } = request({ scope: 'launch/encounter patient/*.rs' });
    const picker = pageOf(await signIn(browser, await browser.open(url), 'ana-souza'));
    const answer = answerOf(await browser.submit(picker.url, { patient: 'zoe' }));
    const { json } = await exchange(server, answer, verifier);
    expect(json).toMatchObject({ patient: 'zoe', encounter: 'enc-zoe-today' });
  });

  it('finds patients without accents, by record number, and says when there are none', async () => {
    const browser = newBrowser();
    const picker = pageOf(await signIn(browser, await browser.open(request().url), 'ana-souza'));
    const found = async (search: string): Promise<string> =>
      pageOf(await browser.open(`${picker.url}?q=${encodeURIComponent(search)}`)).text;
    expect(await found('nunez zoe')).toMatch(/\b1 patient\s*</);
    expect(await found('S-1002')).toContain('Tomáš Novák');
    expect(await found('S-1002')).not.toContain('Zoë');
    expect(await found('nobody')).toContain('0 patients');
  });

  it('escapes what stands in names and in the search', async () => {
    const browser = newBrowser();
    const picker = pageOf(await signIn(browser, await browser.open(request().url), 'ana-souza'));
    const text = pageOf(
      await browser.open(`${picker.url}?q=${encodeURIComponent('"><b>odd')}`),
    ).text;
    expect(text).toContain('value="&quot;&gt;&lt;b&gt;odd"');
    expect(picker.text).toContain('&lt;b&gt;&quot;Odd&quot; &amp; Co&lt;/b&gt;');
    expect(picker.text).not.toContain('<b>');
  });

  it('takes no patient that the picker does not show', async () => {
    const browser = newBrowser();
    const picker = pageOf(await signIn(browser, await browser.open(request().url), 'ana-souza'));
    const again = pageOf(await browser.submit(picker.url, { patient: 'somebody-else' }));
    expect(again.text).toContain('Choose a patient');
  });

  it('refuses a wrong password and an unknown account alike', async () => {
    const browser = newBrowser();
    const { url } = pageOf(await browser.open(request().url));
    for (const form of [
      { account: 'ana-souza', password: 'guess' },
      { account: 'nobody', password: 'nobody' },
      { account: '', password: '' },
    ]) {
      const page = pageOf(await browser.submit(url, form));
      expect(page.status).toBe(400);
      expect(page.text).toContain('role="alert"');
    }
  });

  it('does not ask a second time for the password, but for consent', async () => {
    const browser = newBrowser();
    const first = pageOf(await signIn(browser, await browser.open(request().url), 'ana-souza'));
    answerOf(await browser.submit(first.url, { patient: 'zoe' }));
    const again = pageOf(await browser.open(request().url));
    expect(again.text).toContain('Choose a patient');
  });

  it('gives two launches of one session their own patients and the same session', async () => {
    const browser = newBrowser();
    const seen = [];
    for (const patient of ['zoe', 'tomas']) {
      const { url, verifier } = request();
      let place = await browser.open(url);
      if (pageOf(place).text.includes('Who are you'))
        place = await signIn(browser, place, 'ana-souza');
      const answer = answerOf(await browser.submit(pageOf(place).url, { patient }));
      seen.push(await exchange(server, answer, verifier));
    }
    const [one, two] = seen.map(({ json }) => json);
    expect([one?.['patient'], two?.['patient']]).toStrictEqual(['zoe', 'tomas']);
    expect(one?.['sid']).toBeUndefined();
    const [first, second] = seen.map(({ claims }) => claims);
    expect(first?.['sid']).toMatch(/^.{16,}$/);
    expect(second?.['sid']).toBe(first?.['sid']);
    expect(await server.check(seen[0]?.json['access_token'] as string)).toMatchObject({
      patient: 'zoe',
    });
  });
});

describe('a standalone launch by a patient', () => {
  it('needs no picker: the patient is the user', async () => {
    const browser = newBrowser();
    const scope = 'openid fhirUser launch/patient patient/*.rs';
    const { url, verifier } = request({ client_id: 'patient-portal', scope });
    const consent = pageOf(await signIn(browser, await browser.open(url), 'zoe-nunez'));
    expect(consent.text).toContain('Allow My Health?');
    // Another patient than the own one cannot be smuggled in.
    const answer = answerOf(await browser.submit(consent.url, { patient: 'tomas' }));
    const { json, claims } = await exchange(server, answer, verifier, 'patient-portal');
    expect(json['patient']).toBe('zoe');
    expect(claims).toMatchObject({ sub: 'zoe-nunez' });
    expect(claims['fhirUser']).toMatch(/\/Patient\/zoe$/);
  });

  it('is granted no access to all that a user can see', async () => {
    const browser = newBrowser();
    const { url, verifier } = request({ scope: 'openid user/*.cruds patient/*.rs' });
    const consent = pageOf(await signIn(browser, await browser.open(url), 'zoe-nunez'));
    expect(consent.text).not.toContain('that you can access');
    const answer = answerOf(await browser.submit(consent.url, {}));
    const { json } = await exchange(server, answer, verifier);
    expect(json['scope']).toBe('openid patient/*.rs');
  });

  it('ends with access_denied when nothing of the request can be granted', async () => {
    const browser = newBrowser();
    const { url } = request({ scope: 'user/*.cruds' });
    const consent = pageOf(await signIn(browser, await browser.open(url), 'zoe-nunez'));
    const answer = answerOf(await browser.submit(consent.url, {}));
    expect(answer.get('error')).toBe('access_denied');
  });
});

describe('someone who does not want to', () => {
  it('leaves with access_denied from the sign-in, the picker and the consent', async () => {
    for (const step of ['sign-in', 'picker', 'consent'] as const) {
      const browser = newBrowser();
      const { url, query } = request();
      let page = pageOf(await browser.open(url));
      if (step !== 'sign-in') page = pageOf(await signIn(browser, page, 'ana-souza'));
      const deny = `${page.url}/deny`;
      if (step === 'consent') page = pageOf(await browser.open(`${page.url}?patient=zoe`));
      expect(page.text).toContain(`${new URL(deny).pathname}"`);
      const answer = answerOf(await browser.submit(deny, {}));
      expect(answer.get('error')).toBe('access_denied');
      expect(answer.get('state')).toBe(query.get('state'));
      expect(answer.get('code')).toBeNull();
    }
  });
});

describe('another user at the same browser', () => {
  it('gets a session of their own, and the first one is over', async () => {
    const browser = newBrowser();
    const scope = 'openid online_access patient/*.rs';
    const first = request({ scope });
    const place = await signIn(browser, await browser.open(first.url), 'ana-souza');
    const answer = answerOf(await browser.submit(pageOf(place).url, { patient: 'zoe' }));
    const ana = await exchange(server, answer, first.verifier);
    const second = request({ scope, prompt: 'login' });
    const picker = await signIn(browser, await browser.open(second.url), 'kenji-mori');
    const other = answerOf(await browser.submit(pageOf(picker).url, { patient: 'zoe' }));
    const kenji = await exchange(server, other, second.verifier);
    expect(kenji.claims).toMatchObject({ sub: 'kenji-mori' });
    expect(kenji.claims['sid']).not.toBe(ana.claims['sid']);
    const refreshed = async (token: unknown) => refresh(token as string);
    expect((await refreshed(ana.json['refresh_token'])).json['error']).toBe('invalid_grant');
    expect((await refreshed(kenji.json['refresh_token'])).status).toBe(200);
  });

  async function refresh(token: string) {
    const form = { grant_type: 'refresh_token', refresh_token: token, client_id: 'vitals' };
    return post(`${server.issuer}/token`, form);
  }
});

describe('the steps of a sign-in', () => {
  it('cannot be taken by someone without its cookie', async () => {
    const page = pageOf(await newBrowser().open(request().url));
    const stranger = newBrowser();
    for (const place of [
      await stranger.open(page.url),
      await stranger.submit(page.url, { account: 'ana-souza', password: 'ana-souza' }),
      await stranger.submit(`${page.url}/deny`, {}),
    ]) {
      expect(pageOf(place).status).toBe(400);
      expect(pageOf(place).text).toContain('This sign-in has ended, or cookies are off.');
    }
  });

  it('cannot be taken with the cookie of another sign-in', async () => {
    const first = await fetch(request().url, { redirect: 'manual' });
    const cookie = first.headers
      .getSetCookie()
      .map((line) => line.split(';')[0] ?? '')
      .join('; ');
    const own = first.headers.get('location') ?? '';
    const other = pageOf(await newBrowser().open(request().url)).url;
    const at = async (url: string): Promise<number> =>
      (await fetch(url, { headers: { cookie } })).status;
    expect(await at(own)).toBe(200);
    expect(await at(other)).toBe(400);
  });

  it('run no script, load nothing, and lead only to the app', async () => {
    const { headers, text } = pageOf(await newBrowser().open(request().url));
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toContain(`default-src 'none'`);
    expect(policy).toContain(`frame-ancestors 'none'`);
    expect(policy).toContain(`form-action 'self' ${new URL(redirectUri).origin}`);
    expect(policy).not.toContain('unsafe');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(text).not.toMatch(/<script|\son[a-z]+=|src=|https?:/);
  });

  it('have a language, one heading, a landmark and labels', async () => {
    const browser = newBrowser();
    const signInPage = pageOf(await browser.open(request().url));
    const picker = pageOf(await signIn(browser, signInPage, 'ana-souza'));
    const consent = pageOf(await browser.open(`${picker.url}?patient=zoe`));
    for (const { text } of [signInPage, picker, consent]) {
      expect(text).toMatch(/^<!doctype html><html lang="en">/);
      expect(text.match(/<h1>/g)).toHaveLength(1);
      expect(text.match(/<main>/g)).toHaveLength(1);
      const fields = [...text.matchAll(/<input\b[^>]*?\bid="([^"]+)"/g)].map(([, id]) => id);
      for (const id of fields) expect(text).toContain(`<label for="${id ?? ''}">`);
    }
  });
});

describe('an authorization request by POST', () => {
  it('does the same as one by GET, also with a scope of 20 KB', async () => {
    const browser = newBrowser();
    const narrowed = Array.from(
      { length: 400 },
      (_, index) => `patient/Observation.rs?code=http://loinc.org|${String(index)}`,
    );
    const scope = ['openid', 'launch/patient', ...narrowed].join(' ');
    expect(scope.length).toBeGreaterThan(18_000);
    const { query, verifier } = request({ scope });
    const place = await browser.submit(`${server.issuer}/authorize`, Object.fromEntries(query));
    const picker = pageOf(await signIn(browser, place, 'ana-souza'));
    const answer = answerOf(await browser.submit(picker.url, { patient: 'zoe' }));
    const { json } = await exchange(server, answer, verifier);
    expect(json['scope']).toBe(scope);
  });

  it('is refused when it is no form, or too long', async () => {
    const send = (body: string, type: string): Promise<Response> =>
      fetch(`${server.issuer}/authorize`, {
        method: 'POST',
        body,
        headers: { 'content-type': type },
      });
    const json = await send('{}', 'application/json');
    expect(json.status).toBe(400);
    const long = await send(`scope=${'x'.repeat(70_000)}`, 'application/x-www-form-urlencoded');
    expect(long.status).toBe(400);
    expect(await long.text()).not.toContain('node_modules');
  });
});
