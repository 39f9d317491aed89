/**
 * As much of a browser as a sign-in needs: cookies by origin, redirects, and forms that are filled in
 * by the names of their fields. No scripts: the pages of the sample EHR work without.
 */

/** A page that was arrived at. */
export interface Page {
  readonly url: string;
  readonly status: number;
  readonly html: string;
}

/** A form of a page, with what it sends when nothing is filled in. */
export interface Form {
  readonly action: string;
  readonly method: 'get' | 'post';
  readonly fields: ReadonlyMap<string, string>;
  /** Names of what a user fills in or chooses. */
  readonly inputs: readonly string[];
  /** Names and values of its buttons. */
  readonly buttons: readonly (readonly [name: string, value: string])[];
}

/** See `createBrowser`. */
export interface Browser {
  /**
   * Opens an address and follows redirects.
   *
   * @param until Stops at the first address that begins with it, without requesting it.
   */
  open(url: string, until: string): Promise<Page>;
  submit(form: Form, answers: Readonly<Record<string, string>>, until: string): Promise<Page>;
}

const maxRedirects = 20;

/** A browser with an empty cookie jar. */
export function createBrowser(): Browser {
  const jar = new Map<string, Map<string, string>>();
  const load = async (first: string, init: RequestInit, until: string): Promise<Page> => {
    let url = first;
    let asked = init;
    for (let hop = 0; hop < maxRedirects; hop += 1) {
      const { origin } = new URL(url);
      const cookies = jar.get(origin) ?? new Map<string, string>();
      jar.set(origin, cookies);
      const headers = new Headers(asked.headers);
      headers.set('accept', 'text/html');
      if (cookies.size > 0) {
        headers.set('cookie', [...cookies].map(([name, value]) => `${name}=${value}`).join('; '));
      }
      const answer = await fetch(url, { ...asked, headers, redirect: 'manual' });
      for (const line of answer.headers.getSetCookie()) keep(cookies, line);
      const location = answer.headers.get('location');
      if (location === null || answer.status < 300 || answer.status > 399) {
        return { url, status: answer.status, html: await answer.text() };
      }
      await answer.arrayBuffer();
      url = new URL(location, url).href;
      if (url.startsWith(until)) return { url, status: answer.status, html: '' };
      // All redirects of a sign-in lead on with GET (Fetch standard, "HTTP-redirect fetch").
      asked = {};
    }
    throw new Error('The sign-in goes round in circles.');
  };
  return {
    open: (url, until) => load(url, {}, until),
    submit(form, answers, until) {
      const body = new URLSearchParams([...form.fields]);
      for (const [name, value] of Object.entries(answers)) body.set(name, value);
      if (form.method === 'get') return load(`${form.action}?${body.toString()}`, {}, until);
      return load(form.action, { method: 'POST', body }, until);
    },
  };
}

function keep(cookies: Map<string, string>, line: string): void {
  const [pair = '', ...attributes] = line.split(';');
  const at = pair.indexOf('=');
  const name = pair.slice(0, at).trim();
  const isGone = attributes.some((one) => /^\s*(max-age=0|expires=thu, 01 jan 1970)/i.test(one));
  if (isGone) cookies.delete(name);
  else cookies.set(name, pair.slice(at + 1));
}

function attribute(tag: string, name: string): string | undefined {
  const found = new RegExp(`\\s${name}="([^"]*)"`, 'i').exec(tag)?.[1];
  return found?.replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&amp;', '&');
}

/** The first link of a page whose query is this one. */
export function linkTo(page: Page, query: string): string | undefined {
  for (const [tag] of page.html.matchAll(/<a\b[^>]*>/gi)) {
    const href = attribute(tag, 'href');
    if (href?.endsWith(`?${query}`) === true) return new URL(href, page.url).href;
  }
  return undefined;
}

/** The forms of a page, in their order. */
export function formsOf(page: Page): readonly Form[] {
  return [...page.html.matchAll(/<form\b[^>]*>[^]*?<\/form>/gi)].map(([text]) => {
    const head = /<form\b[^>]*>/i.exec(text)?.[0] ?? '';
    const fields = new Map<string, string>();
    const inputs: string[] = [];
    for (const [tag] of text.matchAll(/<(?:input|select|textarea)\b[^>]*>/gi)) {
      const name = attribute(tag, 'name');
      if (name === undefined) continue;
      const isHidden = attribute(tag, 'type')?.toLowerCase() === 'hidden';
      if (isHidden) fields.set(name, attribute(tag, 'value') ?? '');
      else inputs.push(name);
    }
    const buttons = [...text.matchAll(/<button\b[^>]*>/gi)].flatMap(([tag]) => {
      const name = attribute(tag, 'name');
      return name === undefined ? [] : [[name, attribute(tag, 'value') ?? ''] as const];
    });
    return {
      action: new URL(attribute(head, 'action') ?? page.url, page.url).href,
      method: attribute(head, 'method')?.toLowerCase() === 'post' ? 'post' : 'get',
      fields,
      inputs,
      buttons,
    };
  });
}
