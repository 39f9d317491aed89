/**
 * A FHIR client for the behaviour suite: sends one request as written, and reads the answer the way
 * an app does. Everything it creates carries an identifier of its own, so a server may be used by
 * several runs.
 */
import { randomUUID } from 'node:crypto';
import type { Bundle, BundleEntry, OperationOutcome, Resource } from '@medplum/fhirtypes';
import { expect } from 'vitest';
import { header, send } from '../http.ts';

/** What a request may carry beside method and target. */
export interface Extras {
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as FHIR JSON; text as it is, with the Content-Type of `headers`. */
  readonly body?: object | string;
}

/** An answer, with the body read as what the caller expects there. */
export interface Answer {
  readonly status: number;
  readonly text: string;
  /** First value of a header; undefined when it is not there. */
  readonly header: (name: string) => string | undefined;
  /** The body as FHIR JSON, taken to be a `T`. Fails the test when it is no FHIR JSON. */
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the caller asserts what comes next
  readonly json: <T extends Resource = Resource>() => T;
  readonly bundle: () => Bundle;
}

/** One server, asked directly. */
export interface Client {
  /** FHIR base, without trailing slash. */
  readonly base: string;
  /** Unique text of this scenario: in identifiers, and as a tag where one is needed. */
  readonly tag: string;
  /** `target` is below the base (`/Patient/1`) or an absolute URL that an answer gave. */
  readonly ask: (method: string, target: string, extras?: Extras) => Promise<Answer>;
  readonly get: (target: string, headers?: Readonly<Record<string, string>>) => Promise<Answer>;
  /** Creates a resource, asserts 201, returns it as the server stored it. */
  readonly make: <T extends Resource>(resource: T) => Promise<T & { readonly id: string }>;
}

/** System of every identifier and tag that the suite makes. */
export const system = 'https://fhir-chaperone.org/fhir/behaviour';

const fhirJson = 'application/fhir+json';

/** A client with a tag of its own. */
export function openClient(base: string): Client {
  const ask: Client['ask'] = async (method, target, { headers = {}, body } = {}) => {
    const response = await send({
      method,
      url: target.startsWith('http') ? target : `${base}${target}`,
      headers: {
        Accept: fhirJson,
        // HAPI answers a search that it has answered in the last minute from what it found then.
        'Cache-Control': 'no-cache',
        ...(typeof body === 'object' ? { 'Content-Type': fhirJson } : {}),
        ...headers,
      },
      body: typeof body === 'object' ? JSON.stringify(body) : body,
    });
    const text = response.body.toString('utf8');
    // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- as declared
    const json = <T extends Resource>(): T => {
      expect(header(response, 'content-type'), `${method} ${target}`).toMatch(
        /^application\/(?:fhir\+json|json-patch\+json)\b/u,
      );
      return JSON.parse(text) as T;
    };
    return {
      status: response.status,
      text,
      header: (name) => header(response, name.toLowerCase()),
      json,
      bundle: () => {
        const bundle = json<Bundle>();
        expect(bundle.resourceType).toBe('Bundle');
        return bundle;
      },
    };
  };
  return {
    base,
    tag: `b-${randomUUID()}`,
    ask,
    get: (target, headers = {}) => ask('GET', target, { headers }),
    make: async <T extends Resource>(resource: T) => {
      const made = await ask('POST', `/${resource.resourceType}`, { body: resource });
      expect(made.status, made.text).toBe(201);
      return made.json<T & { readonly id: string }>();
    },
  };
}

/** The answer is a refusal: one of `statuses`, with an OperationOutcome that says so. */
export function expectRefusal(answer: Answer, ...statuses: readonly number[]): void {
  expect(statuses, answer.text).toContain(answer.status);
  const outcome = answer.json<OperationOutcome>();
  expect(outcome.resourceType).toBe('OperationOutcome');
  expect(outcome.issue.length).toBeGreaterThan(0);
  for (const { severity, code } of outcome.issue) {
    expect(['error', 'fatal']).toContain(severity);
    expect(code).toMatch(/^[a-z-]+$/u);
  }
  // A stack trace tells an attacker more than a client.
  expect(answer.text).not.toMatch(/\n\s+at [\w.$<>]+ ?\(/u);
}

/** The entries of a Bundle; none is an absent list (FHIR has no empty ones). */
export function entries(bundle: Bundle): readonly BundleEntry[] {
  expect(bundle.entry).not.toEqual([]);
  return bundle.entry ?? [];
}

/** `Type/id` of the resources of a Bundle, in their order. */
export function referencesIn(bundle: Bundle): readonly string[] {
  return entries(bundle).map(({ resource }) =>
    resource === undefined ? '' : `${resource.resourceType}/${resource.id ?? ''}`,
  );
}

/** URL of the link with this relation; undefined when there is none. */
export function link(bundle: Bundle, relation: string): string | undefined {
  return bundle.link?.find((each) => each.relation === relation)?.url;
}

/** All pages from `target` on, following `next`. Fails when there is no end. */
export async function allPages(client: Client, target: string): Promise<readonly Bundle[]> {
  const pages: Bundle[] = [];
  for (let url: string | undefined = target; url !== undefined;) {
    const answer: Answer = await client.get(url);
    expect(answer.status, answer.text).toBe(200);
    const page = answer.bundle();
    pages.push(page);
    expect(pages.length, 'pages without end').toBeLessThan(50);
    url = link(page, 'next');
    if (url !== undefined) expect(url).toMatch(new RegExp(`^${literal(client.base)}[/?]`, 'u'));
  }
  return pages;
}

/** For a regular expression that holds a URL. */
export function literal(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/gu, String.raw`\$&`);
}
