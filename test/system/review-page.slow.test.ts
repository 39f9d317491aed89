/**
 * The review page in a real browser, over a real gateway and a real ledger: what a privacy officer
 * does, by mouse and by keyboard, and what each look leaves in the record.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, afterEach, describe, expect, it } from 'vitest';
import type { AuditEvent, Bundle } from '@medplum/fhirtypes';
import {
  launchChromium,
  type Browser,
  type BrowserContext,
  type Page,
} from '../support/chromium.ts';
import { startClinicMorning, type ClinicMorning } from '../support/clinic-morning.ts';
import { detailOf } from '../support/face-under-test.ts';
import { spoilLedger } from '../support/spoil-ledger.ts';

let browser: Browser;
let morning: ClinicMorning;
let context: BrowserContext;
let page: Page;
let root = '';
/** What the browser complained about: scripts that failed, and what the page's policy blocked. */
let complaints: string[] = [];

beforeAll(async () => {
  browser = await launchChromium();
  morning = await startClinicMorning();
  root = new URL('/', morning.gateway.reviewUrl).href;
}, 60_000);

afterAll(async () => {
  await browser.close();
  await morning.close();
});

beforeEach(async () => {
  context = await browser.newContext();
  page = await context.newPage();
  complaints = [];
  page.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(root);
});

afterEach(async () => {
  // A refused call is one that the test made on purpose.
  expect(complaints.filter((text) => !/status of 40[0134]/u.test(text))).toEqual([]);
  expect(await context.cookies()).toEqual([]);
  await context.close();
});

async function signIn(token = morning.gateway.readerToken): Promise<void> {
  await page.getByLabel('Reader’s token').fill(token);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

/** Waits until the results of this search are there. */
async function found(condition: string, count?: number): Promise<void> {
  const state = "[document.title, document.querySelectorAll('#rows tr').length]";
  const isBusy = "document.querySelector('#results').hasAttribute('aria-busy')";
  // Playwright's own waiting evaluates text inside the page, which the page's policy forbids.
  await expect
    .poll(async () => (await page.evaluate(isBusy)) === false && (await page.evaluate(state)), {
      timeout: 15_000,
    })
    .toEqual([
      expect.stringMatching(new RegExp(`^${condition}`)),
      count ?? (expect.any(Number) as number),
    ]);
}

const sentences = (): Promise<string[]> => page.locator('#rows .what').allInnerTexts();

/** Accesses of the test's auditor to the record, newest first. */
async function accesses(): Promise<readonly AuditEvent[]> {
  const response = await fetch(`${morning.gateway.reviewUrl}/AuditEvent?_count=200`, {
    headers: { Authorization: `Bearer ${morning.gateway.readerToken}` },
  });
  const bundle = (await response.json()) as Bundle<AuditEvent>;
  const events = (bundle.entry ?? []).flatMap(({ resource }) => resource ?? []);
  return events.filter((event) => detailOf(event, 'record-kind') === 'review');
}

const linesOf = (events: readonly AuditEvent[]): (string | undefined)[] =>
  events.map((event) => detailOf(event, 'request-line'));

describe('signing in', () => {
  it('is refused with a wrong token, in words, and works with a right one', async () => {
    await signIn('wrong-token');
    await page.getByText('This token belongs to no reader.').waitFor();
    expect(await page.locator('#review').isVisible()).toBe(false);
    await signIn();
    await found('Newest events');
    expect(await page.locator('#reader-name').innerText()).toBe('test-auditor (auditor)');
    expect(await page.locator('#sign-in-problem').innerText()).toBe('');
  });

  it('keeps the token in the tab alone, until signing out', async () => {
    await signIn();
    await found('Newest events');
    const kept = async (): Promise<string> =>
      JSON.stringify(await page.evaluate('[{ ...sessionStorage }, { ...localStorage }]'));
    expect(await kept()).toBe(
      JSON.stringify([{ 'chaperone-reader-token': morning.gateway.readerToken }, {}]),
    );
    expect(page.url()).not.toContain(morning.gateway.readerToken);
    await page.reload();
    await found('Newest events');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('Reader’s token').waitFor();
    expect(await kept()).toBe('[{},{}]');
    expect(await page.locator('#rows tr').count()).toBe(0);
    expect(await page.title()).toBe('Sign in – Chaperone review');
    await page.reload();
    await page.getByLabel('Reader’s token').waitFor();
  });

  it('tells an operator that there are no events for this role', async () => {
    await signIn(morning.gateway.operatorToken);
    await page.getByRole('heading', { name: 'No events for this role' }).waitFor();
    expect(await page.locator('#review').isVisible()).toBe(false);
  });
});

describe('by clicking', () => {
  it('answers who saw a patient, and what a user did', async () => {
    await signIn();
    await found('Newest events');
    await page.getByLabel('Patient', { exact: true }).fill('Patient/zoe');
    await page.getByRole('button', { name: 'Search', exact: true }).click();
    await found('Patient: Patient/zoe', 3);
    expect(await sentences()).toEqual([
      'Dr Kenji Mori, using vitals, read Observation/zoe-1 of Patient/zoe: allowed',
      'Dr Ana Souza, using vitals, read Observation/zoe-2 of Patient/zoe: allowed',
      'Dr Ana Souza, using vitals, read Observation/zoe-1 of Patient/zoe: allowed',
    ]);
    expect(page.url()).toBe(`${root}#patient=Patient/zoe`);
    await page.getByRole('link', { name: 'Dr Kenji Mori' }).first().click();
    await found('User: Practitioner/kenji-mori', 2);
    expect((await sentences())[0]).toContain('tried to read Condition/tomas-1: refused');
    expect(await page.locator('#rows .badge').allInnerTexts()).toEqual([
      '✕\nRefused',
      '✓\nAllowed',
    ]);
    expect(await page.getByLabel('User', { exact: true }).inputValue()).toBe(
      'Practitioner/kenji-mori',
    );
    await page.goBack();
    await found('Patient: Patient/zoe', 3);
    expect(await page.getByLabel('Patient', { exact: true }).inputValue()).toBe('Patient/zoe');
  });

  it('answers what happened in a session', async () => {
    await page.goto(`${root}#patient=Patient/zoe`);
    await signIn();
    await found('Patient: Patient/zoe', 3);
    await page.getByRole('link', { name: 'Session' }).first().click();
    await found('Session: morning-2', 2);
    expect(
      (await sentences()).map((text) => /(?:Condition|Observation)\S+\d/u.exec(text)?.[0]),
    ).toEqual(['Condition/tomas-1', 'Observation/zoe-1']);
    expect(await page.getByLabel('Session', { exact: true }).inputValue()).toBe('morning-2');
    await page.getByRole('link', { name: 'vitals' }).first().click();
    await found('User or app: ');
    expect(await page.locator('#results-problem').innerText()).toBe('');
    await page.getByRole('link', { name: 'Observation/zoe-2' }).click();
    await found('Resource: Observation/zoe-2', 1);
  });

  it('leads to all of one request, and a condition can be taken away', async () => {
    await page.goto(`${root}#agent=Practitioner/ana-souza`);
    await signIn();
    await found('User: Practitioner/ana-souza', 2);
    await page.getByRole('link', { name: 'Request' }).first().click();
    await found('Request: ', 1);
    await page.locator('.condition').click();
    await found('Newest events');
  });

  it('searches by outcome and time', async () => {
    await signIn();
    await found('Newest events');
    await page.getByLabel('Outcome').selectOption('8');
    await page.getByLabel('User', { exact: true }).fill('Practitioner/kenji-mori');
    await page.getByRole('button', { name: 'Search', exact: true }).click();
    await found('User: Practitioner/kenji-mori, Outcome: refused', 1);
    await page.getByLabel('To (UTC)').fill('2020-01-01T00:00');
    await page.getByRole('button', { name: 'Search', exact: true }).click();
    await page.getByText('No event matches this search.').waitFor();
    expect(await page.locator('#events').isVisible()).toBe(false);
  });

  it('says in words what cannot be searched for', async () => {
    await page.goto(`${root}#nonsense=1`);
    await signIn();
    await page.getByText('nonsense: This search parameter is not supported.').waitFor();
    expect(await page.getByLabel('FHIR search parameters').inputValue()).toBe('nonsense=1');
  });

  it('loads older events without losing the newer ones', async () => {
    await morning.read('ana-souza', 'afternoon', 'tomas', 5);
    await page.goto(`${root}#patient=Patient/tomas&_count=2`);
    await signIn();
    await found('Patient: Patient/tomas', 2);
    expect(await page.locator('#results-status').innerText()).toBe('The newest 2 of 5 events.');
    const older = page.getByRole('button', { name: 'Load older' });
    await older.click();
    await found('Patient: Patient/tomas', 4);
    await older.click();
    await found('Patient: Patient/tomas', 5);
    expect(await older.isVisible()).toBe(false);
    expect((await sentences()).map((text) => /tomas-\d/u.exec(text)?.[0])).toEqual(
      [5, 4, 3, 2, 1].map((number) => `tomas-${String(number)}`),
    );
  });
});

describe('the details of an event', () => {
  it('are for people, with the exact bytes to copy and to download', async () => {
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.goto(`${root}#patient=Patient/zoe`);
    await signIn();
    await found('Patient: Patient/zoe', 3);
    await page.locator('#rows button').first().click();
    const dialog = page.locator('dialog');
    await dialog.locator('pre').waitFor();
    const text = await dialog.innerText();
    for (const part of ['Dr Kenji Mori', 'Practitioner/kenji-mori', 'morning-2', 'a sign-in']) {
      expect(text).toContain(part);
    }
    const shown = JSON.parse(await dialog.locator('pre').innerText()) as AuditEvent;
    const response = await fetch(`${morning.gateway.reviewUrl}/AuditEvent/${shown.id ?? ''}`, {
      headers: { Authorization: `Bearer ${morning.gateway.readerToken}` },
    });
    const exact = await response.text();
    const downloading = page.waitForEvent('download');
    await dialog.getByRole('link', { name: 'Download' }).click();
    const download = await downloading;
    expect(download.suggestedFilename()).toBe(`AuditEvent-${shown.id ?? ''}.json`);
    expect(readFileSync(await download.path(), 'utf8')).toBe(exact);
    await dialog.getByRole('button', { name: 'Copy' }).click();
    await page.getByText('Copied.').waitFor();
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(exact);
  });

  it('close on a link that leads on', async () => {
    await page.goto(`${root}#patient=Patient/zoe`);
    await signIn();
    await found('Patient: Patient/zoe', 3);
    await page.locator('#rows button').nth(1).click();
    await page.locator('dialog').getByRole('link', { name: 'Dr Ana Souza' }).click();
    await found('User: Practitioner/ana-souza');
    expect(await page.locator('dialog').isVisible()).toBe(false);
  });
});

describe('markup in a record', () => {
  it('stays text, in the sentence and in the details', async () => {
    await morning.read('mallory', 'evening', 'harold');
    await page.goto(`${root}#patient=Patient/harold`);
    await signIn();
    await found('Patient: Patient/harold', 1);
    expect((await sentences())[0]).toContain('<img src=x onerror="document.title = 1">');
    await page.locator('#rows button').first().click();
    await page.locator('dialog pre').waitFor();
    expect(await page.locator('main img, dialog img').count()).toBe(0);
    expect(await page.title()).toBe('Patient: Patient/harold – Chaperone review');
  });

  it('in the address stays text', async () => {
    await page.goto(`${root}#${encodeURIComponent('<img src=x>')}=1`);
    await signIn();
    await page.getByText('This search parameter is not supported.').waitFor();
    expect(await page.locator('main img').count()).toBe(0);
  });
});

describe('the keyboard alone', () => {
  const focused = (): Promise<unknown> =>
    page.evaluate(
      "document.activeElement.id || document.activeElement.textContent.replace(/\\s+/g, ' ').trim()",
    );
  const tabTo = async (wanted: RegExp, key = 'Tab'): Promise<void> => {
    for (let i = 0; i < 60; i++) {
      await page.keyboard.press(key);
      if (wanted.test(String(await focused()))) return;
    }
    throw new Error(`the focus never came to ${String(wanted)}`);
  };

  it('signs in, searches, opens an event and closes it, and the focus returns', async () => {
    expect(await focused()).toBe('token');
    await page.keyboard.type(morning.gateway.readerToken);
    await page.keyboard.press('Enter');
    await found('Newest events');
    expect(await focused()).toBe('results-title');
    await tabTo(/^skip$/u, 'Shift+Tab');
    await page.keyboard.press('Enter');
    expect(await focused()).toBe('content');
    await tabTo(/^patient$/u);
    await page.keyboard.type('Patient/zoe');
    await page.keyboard.press('Enter');
    await found('Patient: Patient/zoe', 3);
    await tabTo(/^Details of the event/u);
    const before = await focused();
    await page.keyboard.press('Enter');
    await page.locator('dialog pre').waitFor();
    await page.keyboard.press('Escape');
    await page.locator('dialog').waitFor({ state: 'hidden' });
    expect(await focused()).toBe(before);
  });

  it('sees where the focus is', async () => {
    await page.keyboard.press('Tab');
    const outline = await page.evaluate(
      "getComputedStyle(document.activeElement).outlineStyle + ' ' + getComputedStyle(document.activeElement).outlineWidth",
    );
    expect(outline).toBe('solid 3px');
  });
});

describe('a window as narrow as a telephone', () => {
  it('scrolls in one direction only, details included', async () => {
    await page.setViewportSize({ width: 320, height: 640 });
    await signIn();
    await found('Newest events');
    const width = 'document.documentElement.scrollWidth';
    expect(await page.evaluate(width)).toBe(320);
    await page.locator('#rows button').first().click();
    await page.locator('dialog pre').waitFor();
    expect(await page.evaluate("document.querySelector('dialog').scrollWidth")).toBeLessThanOrEqual(
      320,
    );
    expect(await page.getByRole('columnheader', { name: 'Outcome' }).count()).toBe(1);
    expect(await page.getByRole('cell').count()).toBeGreaterThan(4);
  });
});

describe('each look', () => {
  it('is on record under the name of the reader', async () => {
    await page.goto(`${root}#patient=Patient/zoe&_count=1`);
    await signIn();
    await found('Patient: Patient/zoe', 1);
    await page.locator('#rows button').first().click();
    await page.locator('dialog pre').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Check integrity now' }).click();
    await page.getByText('All well').waitFor();
    const events = await accesses();
    const lines = linesOf(events);
    const at = lines.indexOf('POST /page/check');
    expect(lines.slice(at, at + 4)).toEqual([
      'POST /page/check',
      expect.stringMatching(/^GET \/fhir\/AuditEvent\/\w{26}$/) as string,
      'GET /page/events?patient=Patient/zoe&_count=1&_total=accurate',
      'GET /page/reader',
    ]);
    const names = new Set(events.slice(0, at + 4).map((event) => event.agent[0]?.name));
    expect([...names]).toEqual(['test-auditor']);
    expect(JSON.stringify(events)).not.toContain(morning.gateway.readerToken);
  });
});

describe('an integrity check', () => {
  it('says that all is well, and what is wrong once a record was changed', async () => {
    const own = await startClinicMorning();
    try {
      await page.goto(new URL('/', own.gateway.reviewUrl).href);
      await signIn(own.gateway.readerToken);
      await found('Newest events');
      await page.getByRole('button', { name: 'Check integrity now' }).click();
      await page.getByText('All well').waitFor();
      expect(await page.locator('#check-result').innerText()).toMatch(
        /\d+ records rehashed, tree size \d+, root hash \S{44}, on \d{4}-/u,
      );
      const origin = join(own.gateway.ledgerDirectory, 'chaperone.test%2Fsuite');
      const [epoch = ''] = readdirSync(origin);
      expect(spoilLedger(join(origin, epoch), 'Dr Kenji Mori', 'Dr Nobody')).toBe(2);
      await page.getByRole('button', { name: 'Check integrity now' }).click();
      await page.getByText(/Something is wrong: \d+ problem/u).waitFor();
      expect(await page.locator('#check-result').innerText()).toContain('body-changed at leaf');
    } finally {
      await own.close();
    }
  });
});
