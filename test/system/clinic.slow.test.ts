/**
 * The whole clinic in a real browser: the sample SMART app, launched against the gateway, the sample
 * EHR behind it, and what the record says afterwards. Then the same without the gateway: the app must
 * not see a difference, and the check that nothing goes around the gateway must fail.
 */
import type { AuditEvent } from '@medplum/fhirtypes';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Clinic } from '../../cli/demo-clinic.ts';
import * as sample from '../../sample/index.ts';
import { recordTranscript, type Seen } from '../support/browser-transcript.ts';
import { launchChromium, type Browser, type Page } from '../support/chromium.ts';
import {
  allow,
  chartIsComplete,
  newPage,
  recordPressure,
  signIn,
  type Watched,
} from '../support/clinic-browser.ts';
import { startTestClinic } from '../support/clinic.ts';
import { detailOf, requestIdOf } from '../support/face-under-test.ts';

let browser: Browser;
let clinic: Clinic;
beforeAll(async () => {
  browser = await launchChromium();
  clinic = await startTestClinic();
});
afterAll(async () => {
  await browser.close();
  await clinic.close();
});

/** All events that the review face gives for a search. */
async function found(query: string): Promise<readonly AuditEvent[]> {
  const token = readFileSync(clinic.readerTokenFile, 'utf8').trim();
  const events: AuditEvent[] = [];
  let next: string | undefined = `${clinic.running.reviewUrl}/AuditEvent?${query}`;
  while (next !== undefined) {
    const answer: Response = await fetch(next, { headers: { Authorization: `Bearer ${token}` } });
    expect(answer.status).toBe(200);
    const bundle = (await answer.json()) as {
      readonly entry?: readonly { readonly resource: AuditEvent }[];
      readonly link?: readonly { readonly relation: string; readonly url: string }[];
    };
    events.push(...(bundle.entry ?? []).map((entry) => entry.resource));
    next = bundle.link?.find((link) => link.relation === 'next')?.url;
  }
  return events;
}

/** FHIR requests in the EHR's access log that no record accounts for. */
async function around(ehr: sample.SampleEhr): Promise<readonly string[]> {
  const recorded = new Set<string | undefined>();
  for (const event of await found('_count=200')) recorded.add(requestIdOf(event));
  return ehr
    .accessLog()
    .filter(({ requestId }) => requestId === undefined || !recorded.has(requestId))
    .map(({ method, target }) => `${method} ${target}`);
}

/** The token that the page holds, read as an attacker would. */
function tokenOf(page: Page): Promise<string> {
  return page.evaluate(() => {
    const key = JSON.parse(sessionStorage.getItem('SMART_KEY') ?? '""') as string;
    const state = JSON.parse(sessionStorage.getItem(key) ?? '{}') as {
      tokenResponse?: { access_token?: string };
    };
    return state.tokenResponse?.access_token ?? '';
  });
}

async function standaloneSignIn(app: sample.SampleApp): Promise<Watched> {
  const watched = await newPage(browser);
  await watched.page.goto(app.redirectUri);
  await watched.page.getByRole('link', { name: 'Sign in', exact: true }).click();
  await signIn(watched.page, 'ana-souza', 'Zoë Nuñez');
  await chartIsComplete(watched.page);
  return watched;
}

describe('a standalone launch through the gateway', () => {
  let watched: Watched;
  let pages = 0;
  beforeAll(async () => {
    const before = clinic.ehr.accessLog().length;
    watched = await standaloneSignIn(clinic.app);
    pages = clinic.ehr
      .accessLog()
      .slice(before)
      .filter(({ target }) => /Observation\?|_getpages/.test(target)).length;
  });
  afterAll(() => watched.page.context().close());

  it('shows the chart of the patient that was chosen, all pages of it', async () => {
    const { page } = watched;
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Zoë Nuñez');
    expect(await page.locator('#banner').textContent()).toContain('S-1001');
    expect(pages).toBeGreaterThan(1);
    await page.getByText('All values as a table').click();
    expect(await page.locator('#values tbody tr').count()).toBeGreaterThan(10);
    expect(await page.locator('#medications li').count()).toBeGreaterThan(0);
  });

  it('opens a document', async () => {
    const { page } = watched;
    await page.locator('#documents button').first().click();
    expect(await page.locator('#documents pre').textContent()).toContain('Zoë Nuñez');
  });

  it('records a blood pressure and draws it', async () => {
    const { page } = watched;
    const before = await page.locator('circle.mark').count();
    await recordPressure(page, 131, 84);
    expect(await page.locator('circle.mark').count()).toBe(before + 1);
    expect(await page.locator('.latest').textContent()).toContain('131/84 mmHg');
  });

  it('renews its session', async () => {
    const { page } = watched;
    const token = await tokenOf(page);
    await page.getByRole('button', { name: 'Renew session' }).click();
    await page.getByText('Renewed at').waitFor();
    expect(await tokenOf(page)).not.toBe(token);
    await recordPressure(page, 129, 82);
  });

  it('shows and logs no token, and breaks no policy', async () => {
    const { page, said } = watched;
    const token = await tokenOf(page);
    expect(token.length).toBeGreaterThan(20);
    expect(said).toEqual([]);
    expect(`${page.url()} ${await page.content()}`).not.toContain(token);
  });

  it('is on record: user, app, patient, encounter, session', async () => {
    const events = await found('patient=Patient/zoe&_count=200');
    const created = events.filter((event) =>
      (event.subtype ?? []).some(({ code }) => code === 'create'),
    );
    expect(created).toHaveLength(2);
    for (const event of created) {
      const text = JSON.stringify(event.agent);
      expect(text).toContain('Dr Ana Souza');
      expect(text).toContain('"vitals"');
      expect(detailOf(event, 'launch-patient')).toBe('zoe');
      expect(detailOf(event, 'launch-encounter')).toBe('enc-zoe-today');
      expect(detailOf(event, 'identity-confidence')).toBe('verified-signature');
    }
    const sessions = new Set(events.map((event) => detailOf(event, 'session')));
    expect(sessions.size).toBe(1);
    const [session = ''] = sessions;
    const ofSession = await found(`session=${encodeURIComponent(session)}&_count=200`);
    expect(ofSession.length).toBeGreaterThanOrEqual(events.length);
  });
});

describe('a launch by the EHR through the gateway', () => {
  it('opens the chart that was chosen in the EHR, without a second sign-in', async () => {
    const { page, said } = await newPage(browser);
    await page.goto(`${clinic.ehr.origin}/launcher`);
    await page.getByLabel('You are').selectOption('aoife-byrne');
    await page.getByLabel('Patient’s name').fill('lindqvist');
    await page.getByRole('button', { name: 'Find' }).click();
    await page.getByRole('button', { name: /Launch Vitals for Mei Lindqvist/ }).click();
    await allow(page);
    await chartIsComplete(page);
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Mei Lindqvist');
    expect(await page.locator('#user').textContent()).toContain('Aoife Byrne');
    expect(said).toEqual([]);
    await page.context().close();
    const events = await found('patient=Patient/mei&_count=200');
    expect(detailOf(events[0], 'launch-encounter')).toBe('enc-mei-today');
    const texts = (await found('_count=200')).flatMap((event) => event.subtype ?? []);
    expect(texts.map(({ code }) => code)).toContain('launch-relayed');
    expect(texts.map(({ code }) => code)).toContain('authorization-request');
  });

  it('says so when the app may not do what was asked', async () => {
    const { page } = await newPage(browser);
    await page.goto(clinic.app.redirectUri);
    await page.getByRole('link', { name: 'Sign in to read only' }).click();
    await signIn(page, 'kenji-mori', 'Tomáš Novák');
    await chartIsComplete(page);
    await page.getByLabel('Systolic (mmHg)').fill('140');
    await page.getByLabel('Diastolic (mmHg)').fill('80');
    await page.getByRole('button', { name: 'Record' }).click();
    await page.locator('#record-message.problem').waitFor();
    expect(await page.locator('#record-message').textContent()).toMatch(/^Not allowed: /);
    await page.context().close();
  });
});

describe('the review page', () => {
  it('answers who saw a patient, and what that user did', async () => {
    const { page, said } = await newPage(browser);
    await page.goto(`${new URL(clinic.running.reviewUrl).origin}/`);
    await page
      .getByLabel('Reader’s token')
      .fill(readFileSync(clinic.readerTokenFile, 'utf8').trim());
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByLabel('Patient', { exact: true }).fill('Patient/zoe');
    await page.getByRole('button', { name: 'Search', exact: true }).click();
    const sentences = page.locator('#rows .what');
    const created = 'Dr Ana Souza, using vitals, created Observation/new-1 of Patient/zoe: allowed';
    await sentences.getByText(created).waitFor();
    await page.getByRole('link', { name: 'Dr Ana Souza' }).first().click();
    await sentences.getByText('read Practitioner/ana-souza').first().waitFor();
    expect(said).toEqual([]);
    await page.context().close();
  });
});

describe('the access log of the EHR', () => {
  it('has no FHIR request that the record does not know', async () => {
    expect(clinic.ehr.accessLog().length).toBeGreaterThan(20);
    expect(await around(clinic.ehr)).toEqual([]);
  });
});

/** The same visit, whichever base the app was given. */
async function visit(
  app: sample.SampleApp,
  base: string,
  addresses: Record<string, string>,
): Promise<readonly Seen[]> {
  const watched = await newPage(browser);
  const transcript = await recordTranscript(watched.page, { base, addresses });
  await watched.page.goto(app.redirectUri);
  await watched.page.getByRole('link', { name: 'Sign in', exact: true }).click();
  await signIn(watched.page, 'ana-souza', 'Zoë Nuñez');
  await chartIsComplete(watched.page);
  await watched.page.locator('#documents button').first().click();
  await watched.page.locator('#documents pre').waitFor();
  await recordPressure(watched.page, 131, 84);
  const seen = await transcript.ended();
  await watched.page.context().close();
  return seen;
}

describe('the same visit without the gateway', () => {
  let direct: { readonly ehr: sample.SampleEhr; readonly app: sample.SampleApp };
  let without: readonly Seen[];
  beforeAll(async () => {
    let base = 'http://127.0.0.1:9/fhir';
    const app = await sample.startSampleApp(0, () => ({
      fhirBaseUrl: base,
      allowedIssuers: [base],
      connectOrigins: [],
      clientId: 'vitals',
    }));
    const ehr = await sample.startSampleEhr({
      port: 0,
      access: 'smart',
      appOrigins: [app.origin],
      redirectUris: { vitals: [app.redirectUri] },
    });
    base = ehr.fhirBaseUrl;
    direct = { app, ehr };
    without = await visit(app, base, {
      authorize: `${ehr.issuer ?? ''}/authorize`,
      ehr: ehr.origin,
    });
  });
  afterAll(async () => {
    await direct.app.close();
    await direct.ehr.close();
  });

  it('is seen to go around the gateway', async () => {
    const missed = await around(direct.ehr);
    expect(missed.length).toBe(direct.ehr.accessLog().length);
    expect(missed.length).toBeGreaterThan(5);
  });

  it('looks the same to the app', async () => {
    const fresh = await startTestClinic();
    const through = await visit(fresh.app, fresh.running.appUrl, {
      authorize: `${fresh.running.appUrl}/auth/authorize`,
      ehr: fresh.ehr.origin,
    });
    await fresh.close();
    expect(through.map(({ request }) => request)).toEqual(without.map(({ request }) => request));
    expect(through).toEqual(without);
  });
});
