/**
 * One side of the comparison: the FHIR server itself, or the gateway in front of it. A scenario
 * runs once against each; the face sends its requests, keeps every exchange, and learns the ids,
 * handles and request ids that this run was given.
 */
import { randomUUID } from 'node:crypto';
import { header, send } from './http.ts';
import type { Request, Response } from './http.ts';
import type { RunNames } from './normalise.ts';

/** What the record must say of one exchange. */
export interface Expected {
  /** Code of `http://hl7.org/fhir/restful-interaction`; undefined where the kind is left open. */
  readonly interaction: string | undefined;
  readonly action: string | undefined;
  readonly outcome: string;
  /**
   * Logical ids of the patients, each with an event of its own; `system|value` for one who is known
   * by an identifier alone. Where the interaction is left open: at least these.
   */
  readonly patients: readonly string[];
}

/** One request, its answer, and what must be recorded of it. */
export interface Exchanged {
  readonly step: string;
  readonly request: Request;
  readonly response: Response;
  readonly expected: Expected;
}

/** How to send one request. */
export interface Call {
  readonly step: string;
  readonly method?: string;
  /** Below the base (`/Patient/1`), or an absolute URL that an earlier answer gave. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object becomes FHIR JSON; text is sent as it is, with the given Content-Type. */
  readonly body?: object | string;
  /** May look at the answer, where the server decides (what a page holds). */
  readonly expected: (response: Response) => Expected;
}

/** One side, in one scenario. */
export interface Face {
  readonly base: string;
  /** Unique text for everything that this run creates. */
  readonly tag: string;
  /** `meta` for a resource of this run. */
  readonly meta: object;
  readonly exchanges: readonly Exchanged[];
  readonly names: RunNames;
  readonly call: (call: Call) => Promise<Response>;
  /** `Type/id` of everything this run created, newest first: for cleaning up. */
  readonly created: () => readonly string[];
}

/** CodeSystem of the tag on every resource that the suite creates. */
export const tagSystem = 'https://fhir-chaperone.org/fhir/test-run';

/**
 * Makes a face.
 *
 * @param serverBases Bases by which the server knows itself.
 * @param headers Go with every request (for instance an access token).
 */
export function openFace(
  base: string,
  serverBases: readonly string[],
  headers: Readonly<Record<string, string>> = {},
): Face {
  const tag = `run-${randomUUID()}`;
  const ids = new Map<string, string>();
  const requestIds = new Set<string>();
  const exchanges: Exchanged[] = [];
  const created: string[] = [];
  const names: RunNames = { base, serverBases, ids, requestIds, tag };

  const learn = (response: Response): void => {
    const requestId = header(response, 'x-request-id');
    if (requestId !== undefined) requestIds.add(requestId);
    for (const text of madeAt(response)) {
      const [, type, id] = versionedUrl.exec(text) ?? [];
      if (type === undefined || id === undefined || ids.has(id)) continue;
      created.unshift(`${type}/${id}`);
      ids.set(id, `created-${String(created.length)}`);
    }
    for (const id of idsOfAnswer(fhirJson(response))) {
      if (!ids.has(id)) ids.set(id, `answer-${String(ids.size)}`);
    }
  };

  const call = async (what: Call): Promise<Response> => {
    const request = toRequest(base, headers, what);
    const response = await send(request);
    learn(response);
    const expected = what.expected(response);
    exchanges.push({ step: what.step, request, response, expected });
    return response;
  };

  return {
    base,
    tag,
    meta: { tag: [{ system: tagSystem, code: tag }] },
    exchanges,
    names,
    call,
    created: () => created,
  };
}

function toRequest(base: string, headers: Readonly<Record<string, string>>, what: Call): Request {
  const isText = typeof what.body === 'string';
  return {
    method: what.method ?? 'GET',
    url: what.url.startsWith('http') ? what.url : `${base}${what.url}`,
    headers: {
      Accept: 'application/fhir+json',
      ...(what.body === undefined || isText ? {} : { 'Content-Type': 'application/fhir+json' }),
      ...headers,
      ...what.headers,
    },
    body:
      what.body === undefined || typeof what.body === 'string'
        ? what.body
        : JSON.stringify(what.body),
  };
}

/** The parts of FHIR JSON that the suite looks at. */
export interface FhirJson {
  readonly resourceType?: string;
  readonly id?: string;
  readonly subject?: { readonly reference?: string };
  readonly link?: readonly { readonly relation: string; readonly url: string }[];
  readonly entry?: readonly {
    readonly fullUrl?: string;
    readonly resource?: FhirJson;
    readonly response?: { readonly status: string; readonly location?: string };
  }[];
}

/** The body as FHIR JSON; an empty object when it is not JSON. */
export function fhirJson(response: Response): FhirJson {
  try {
    return JSON.parse(response.body.toString('utf8')) as FhirJson;
  } catch {
    return {};
  }
}

const versionedUrl = /([A-Z][A-Za-z]+)\/([A-Za-z0-9.-]+)\/_history\//u;

/** Logical ids of what was made, by `Location`, by (HAPI's PUT) `Content-Location`, or by entry. */
export function idsMade(response: Response): readonly string[] {
  return madeAt(response).map((text) => versionedUrl.exec(text)?.[2] ?? '');
}

/** The first of `idsMade`; empty when nothing was made. */
export function idMade(response: Response): string {
  return idsMade(response)[0] ?? '';
}

function madeAt(response: Response): readonly string[] {
  if (response.status === 201) {
    return [header(response, 'location') ?? header(response, 'content-location') ?? ''];
  }
  const entries = fhirJson(response).entry ?? [];
  return entries
    .filter((entry) => entry.response?.status.startsWith('201') === true)
    .map((entry) => entry.response?.location ?? '');
}

/**
 * Ids that belong to the answer and to nothing that is stored: of a Bundle, of those nested in it,
 * and of the CapabilityStatement, which HAPI makes anew about once a minute.
 */
function idsOfAnswer(json: FhirJson): readonly string[] {
  const own = json.id === undefined ? [] : [json.id];
  if (json.resourceType === 'CapabilityStatement') return own;
  if (json.resourceType !== 'Bundle') return [];
  return [...own, ...(json.entry ?? []).flatMap(({ resource }) => idsOfAnswer(resource ?? {}))];
}
