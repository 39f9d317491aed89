/**
 * What may differ between an answer of the server and the same answer through the gateway, and
 * nothing else. Each rule below replaces a value that was *seen to be* of its kind (an id that this
 * run created, a request id that this run got, the base of this face) by a name; a value that is
 * merely of the right shape stays, and so shows as a difference.
 */
import { gunzipSync } from 'node:zlib';
import { header } from './http.ts';
import type { Response } from './http.ts';

/** The values of one run that have another value in the other run. */
export interface RunNames {
  /** FHIR base of the face, without trailing slash. */
  readonly base: string;
  /** Bases by which the server knows itself: canonicals keep them on both sides. */
  readonly serverBases: readonly string[];
  /** Ids that the server gave: value to name. */
  readonly ids: ReadonlyMap<string, string>;
  /** Every `X-Request-Id` that was returned in this run. */
  readonly requestIds: ReadonlySet<string>;
  /** Unique text that this run puts into its resources. */
  readonly tag: string;
}

/** Headers of one hop (RFC 9110 section 7.6.1) and of the framing: the gateway makes its own. */
const framing = new Set(['connection', 'keep-alive', 'transfer-encoding', 'content-length']);

/** Headers whose value is an instant: both sides must have one, of the same form. */
const instants = new Set(['date', 'last-modified']);

const httpDate = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/u;

const instant = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)`;
const elementInstant = new RegExp(`("(?:lastUpdated|lastModified)"\\s*:\\s*")${instant}"`, 'gu');
const statementDate = new RegExp(
  `^(\\{\\s*"resourceType"\\s*:\\s*"CapabilityStatement"[^]*?"date"\\s*:\\s*")${instant}"`,
  'u',
);
const deletedAt = new RegExp(`(Resource was deleted at )${instant}`, 'gu');

/** Status, headers and body with the values of this run replaced by names. */
export interface Normalised {
  readonly status: number;
  /** `name: value`, sorted. */
  readonly headers: readonly string[];
  readonly body: string;
}

/** Applies every rule to a whole answer. */
export function normaliseResponse(response: Response, names: RunNames): Normalised {
  return {
    status: response.status,
    headers: response.headers
      .filter(([name]) => !framing.has(name))
      .map(([name, value]) => `${name}: ${headerValue(name, value, names)}`)
      .sort(),
    body: normaliseText(bodyText(response), names),
  };
}

/** The body as text, decompressed. */
export function bodyText(response: Response): string {
  const isZipped = header(response, 'content-encoding') === 'gzip';
  return (isZipped ? gunzipSync(response.body) : response.body).toString('utf8');
}

function headerValue(name: string, value: string, names: RunNames): string {
  if (instants.has(name)) return httpDate.test(value) ? '{http-date}' : value;
  if (name === 'x-request-id') return value === '' ? '' : '{request-id}';
  return normaliseText(value, names);
}

/** Applies the rules for text to a body or a header's value. */
export function normaliseText(text: string, names: RunNames): string {
  let result = text;
  for (const base of names.serverBases) result = nameCanonicals(result, base);
  // URLs: the base, plain and percent-encoded, on a segment boundary.
  for (const base of [names.base, encodeURIComponent(names.base)]) {
    result = result.replace(new RegExp(`${literal(base)}(?=[/?#"&%\\s]|$)`, 'gu'), '{base}');
  }
  result = result.replaceAll(names.tag, '{tag}');
  // Ids: as `id`, as a path segment, as the handle of a page.
  const ids = [...names.ids.keys()].sort((a, b) => b.length - a.length);
  if (ids.length > 0) {
    const anyId = ids.map(literal).join('|');
    result = result.replace(
      new RegExp(`("id"\\s*:\\s*"|/|%2F|_getpages=)(${anyId})(?![A-Za-z0-9.-])`, 'gu'),
      (_, before: string, id: string) => `${before}{${names.ids.get(id) ?? id}}`,
    );
  }
  // Request ids: HAPI keeps that of the last write as `meta.source`, cut to the width of its column.
  const stored = new Set([...names.requestIds].flatMap((id) => [id, id.slice(0, 16)]));
  result = result.replace(/("source"\s*:\s*"#)([^"]+)"/gu, (all, before: string, id: string) =>
    stored.has(id) ? `${before}{request-id}"` : all,
  );
  // Instants and durations, by element or by the sentence in which HAPI tells them.
  return result
    .replace(elementInstant, '$1{instant}"')
    .replace(statementDate, '$1{instant}"')
    .replace(deletedAt, '$1{instant}')
    .replace(/(?<=Successfully [^\n]*)Took \d+ms/gu, 'Took {n}ms');
}

/**
 * Replaces the one kind of URL of the server that the gateway leaves alone: the canonical of an
 * OperationDefinition in a CapabilityStatement. It is an identifier, and stays equal to the `url`
 * of that OperationDefinition.
 */
export function nameCanonicals(text: string, base: string): string {
  return text.replace(
    new RegExp(`("definition"\\s*:\\s*")${literal(base)}/(?=OperationDefinition/)`, 'gu'),
    '$1{base}/',
  );
}

function literal(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/gu, String.raw`\$&`);
}

/**
 * The first line in which two texts differ, with its number; undefined when they are equal. (A
 * CapabilityStatement has 60,000 lines: too many for the usual difference.)
 */
export function firstDifference(expected: string, actual: string): string | undefined {
  if (expected === actual) return undefined;
  const left = expected.split('\n');
  const right = actual.split('\n');
  const at = left.findIndex((line, index) => line !== right[index]);
  const line = at === -1 ? left.length : at;
  return `line ${String(line + 1)}: expected ${JSON.stringify(left[line])}, got ${JSON.stringify(right[line])}`;
}
