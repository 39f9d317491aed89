/**
 * What an app in a browser asks of a FHIR server and what it gets, written so that two runs can be
 * compared: with a gateway before the server, and without.
 *
 * Replaced by names: the bases of the run (and, in the discovery document, the one address that the
 * gateway must change), instants that the run made, ids of pages and of Bundles made for an answer.
 * Everything else that a script can see of an answer is kept: status, body, and the headers that the
 * Fetch standard and CORS let it read.
 */
import type { Page, Request } from 'playwright-core';

/** One exchange as the app saw it. */
export interface Seen {
  readonly request: string;
  readonly body: string | undefined;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly answer: string;
}

/** Values of one run. */
export interface RunValues {
  /** FHIR base that the app was given. */
  readonly base: string;
  /** Other addresses, by name; a longer one goes first. */
  readonly addresses: Readonly<Record<string, string>>;
}

/** Every script may read these (Fetch standard, "CORS-safelisted response-header name"). */
const safelisted = ['content-type', 'last-modified'];
/** These only where the answer exposes them. */
const exposable = ['etag', 'location', 'content-location'];

/**
 * Records all exchanges of a page with the FHIR base that succeed, in the order in which they end.
 * The discovery document is read on its way, since the page that asks for it leaves at once, and a
 * browser forgets what a page that left was answered.
 */
export async function recordTranscript(
  page: Page,
  values: RunValues,
): Promise<{ ended(): Promise<readonly Seen[]> }> {
  const pending: Promise<Seen>[] = [];
  await page.route(`${values.base}/.well-known/smart-configuration`, async (route) => {
    const response = await route.fetch();
    pending.push(
      Promise.resolve(
        described(
          route.request(),
          response.status(),
          response.headers(),
          await response.text(),
          values,
        ),
      ),
    );
    await route.fulfill({ response });
  });
  page.on('response', (response) => {
    const isOurs =
      response.url().startsWith(values.base) && !response.url().includes('/.well-known/');
    if (isOurs && response.request().method() !== 'OPTIONS' && response.status() < 300) {
      pending.push(
        Promise.all([response.allHeaders(), response.text()]).then(([headers, text]) =>
          described(response.request(), response.status(), headers, text, values),
        ),
      );
    }
  });
  return { ended: () => Promise.all(pending) };
}

function described(
  request: Request,
  status: number,
  headers: Readonly<Record<string, string>>,
  text: string,
  values: RunValues,
): Seen {
  const fix = (value: string): string => normalise(value, values);
  const exposed = (headers['access-control-expose-headers'] ?? '').toLowerCase().split(/\s*,\s*/);
  const readable = [...safelisted, ...exposable.filter((name) => exposed.includes(name))];
  return {
    request: fix(`${request.method()} ${request.url()}`),
    body: request.postData() === null ? undefined : fix(request.postData() ?? ''),
    status,
    headers: Object.fromEntries(
      readable.flatMap((name) => {
        const value = headers[name];
        return value === undefined ? [] : [[name, fix(value)]];
      }),
    ),
    answer: fix(text),
  };
}

function normalise(text: string, { base, addresses }: RunValues): string {
  let result = text;
  const ordered = Object.entries({ ...addresses, base }).sort(
    ([, a], [, b]) => b.length - a.length,
  );
  for (const [name, address] of ordered) result = result.replaceAll(address, `{${name}}`);
  return result
    .replace(/(_getpages=)[^&\s"]+/gu, '$1{page}')
    .replace(/("(?:lastUpdated|effectiveDateTime)":\s*")2\d{3}-[^"]*"/gu, (all, before: string) =>
      // What was there before the run is the same in both.
      isOfThisRun(all) ? `${before}{instant}"` : all,
    )
    .replace(/(^\{"resourceType":"Bundle","id":")[0-9a-f-]{36}"/u, '$1{bundle}"')
    .replace(/^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/u, '{http-date}');
}

function isOfThisRun(text: string): boolean {
  const at = /"([^"]*)"$/.exec(text)?.[1] ?? '';
  return Math.abs(Date.now() - Date.parse(at)) < 3_600_000;
}
