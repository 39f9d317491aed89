/**
 * Sends the requests of a clinic day, one after the other, and insists on the answers that the day
 * expects: a day that went otherwise would be no example of anything.
 */

/** One sign-in of one app. */
export interface TrafficSession {
  /** For progress and errors, e.g. `Dr Ana Souza with Vitals`. Never holds the token. */
  readonly label: string;
  /** Undefined: the app sends no credential. */
  readonly token: string | undefined;
  /** User-Agent of the app. */
  readonly app: string;
}

/** One request of the day. */
export interface Call {
  readonly session: TrafficSession;
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD';
  /** Below the FHIR base, or absolute (a link of an answer); empty: the base itself. */
  readonly path: string;
  /** Status that the day expects. */
  readonly expect: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What came back. */
export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed JSON; undefined when the answer holds none. */
  readonly json: FhirJson | undefined;
}

/** Parsed FHIR JSON, as far as the day looks into it. */
export interface FhirJson {
  readonly id?: string;
  readonly link?: readonly { readonly relation: string; readonly url: string }[];
  readonly entry?: readonly { readonly resource?: FhirJson & { readonly resourceType: string } }[];
  readonly [key: string]: unknown;
}

/** See `createPlayer`. */
export interface Player {
  /** @throws Error when the answer has another status than expected. */
  call(call: Call): Promise<Reply>;
  /** Reads all pages of a search by its `next` links; returns the resources. */
  pages(session: TrafficSession, path: string): Promise<readonly FhirJson[]>;
  /** Requests sent so far. */
  readonly count: number;
}

/** @param baseUrl FHIR base URL to send to: the gateway's. */
export function createPlayer(baseUrl: string): Player {
  let count = 0;
  const call = async (asked: Call): Promise<Reply> => {
    const { session, method = 'GET', path, expect, body } = asked;
    const url = /^https?:/.test(path) ? path : path === '' ? baseUrl : `${baseUrl}/${path}`;
    const headers = new Headers({ accept: 'application/fhir+json', 'user-agent': session.app });
    if (session.token !== undefined) headers.set('authorization', `Bearer ${session.token}`);
    if (body !== undefined) headers.set('content-type', 'application/fhir+json');
    for (const [name, value] of Object.entries(asked.headers ?? {})) headers.set(name, value);
    count += 1;
    const answer = await fetch(url, {
      method,
      headers,
      redirect: 'manual',
      ...(body === undefined
        ? {}
        : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (answer.status !== expect) {
      const short = path.replace(/\?.*/, '?…');
      throw new Error(
        `The clinic day expected ${String(expect)} for ${session.label}: ${method} ${short}, and got ${String(answer.status)}.`,
      );
    }
    const isJson = (answer.headers.get('content-type') ?? '').includes('json') && text !== '';
    const json = isJson ? (JSON.parse(text) as FhirJson) : undefined;
    return { status: answer.status, headers: answer.headers, json };
  };
  return {
    call,
    async pages(session, path) {
      const found: FhirJson[] = [];
      let next: string | undefined = path;
      while (next !== undefined) {
        const { json }: Reply = await call({ session, path: next, expect: 200 });
        for (const entry of json?.entry ?? []) {
          if (entry.resource !== undefined) found.push(entry.resource);
        }
        next = json?.link?.find((link) => link.relation === 'next')?.url;
      }
      return found;
    },
    get count() {
      return count;
    },
  };
}
