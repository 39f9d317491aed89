/** A person at a browser in the sample clinic: signs in, launches, reads and records. */
import type { Browser, Page } from './chromium.ts';

/** What a page said besides its content. */
export interface Watched {
  readonly page: Page;
  /** Console messages, page errors and violations of the content security policy. */
  readonly said: readonly string[];
}

/** A page in a context of its own: no cookies, no storage of others. */
export async function newPage(browser: Browser): Promise<Watched> {
  const context = await browser.newContext();
  const page = await context.newPage();
  const said: string[] = [];
  page.on('console', (message) => said.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => said.push(`error: ${error.message}`));
  return { page, said };
}

/** Fills in the pages of the authorization server. */
export async function signIn(page: Page, account: string, patientName?: string): Promise<void> {
  await page.getByRole('radio', { name: account }).check();
  await page.getByLabel('Password').fill(account);
  await page.getByRole('button', { name: 'Sign in' }).click();
  if (patientName !== undefined) await page.getByRole('link', { name: patientName }).click();
  await allow(page);
}

/** The consent page. */
export async function allow(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Allow', exact: true }).click();
}

/** Waits until all parts of the chart are read. */
export async function chartIsComplete(page: Page): Promise<void> {
  await page.getByText('The chart is complete.').waitFor();
}

/** Types a blood pressure and waits until it is recorded. */
export async function recordPressure(
  page: Page,
  systolic: number,
  diastolic: number,
): Promise<void> {
  await page.getByLabel('Systolic (mmHg)').fill(String(systolic));
  await page.getByLabel('Diastolic (mmHg)').fill(String(diastolic));
  await page.getByRole('button', { name: 'Record' }).click();
  await page.getByText(`Recorded ${String(systolic)}/${String(diastolic)} mmHg.`).waitFor();
}
