/**
 * What the upstream is asked to answer with: JSON, because the record is made from it, and gzip or
 * nothing, because it must be decoded. Part of forward, before contact.
 *
 * Spec: FHIR R4 http 3.1.0.1.8 and 3.1.0.1.11 (`_format`); RFC 9110 section 12.5.
 */
import { parseWeightedList, type Weighted } from './media-type.ts';

/** The `Accept` for the upstream; `accept` is undefined when none is to be sent. */
export type Negotiated =
  | { readonly kind: 'ok'; readonly accept: string | undefined }
  | { readonly kind: 'refused'; readonly reason: 'not-acceptable' };

const notAcceptable: Negotiated = { kind: 'refused', reason: 'not-acceptable' };

const fhirJson = 'application/fhir+json';
const jsonTypes: ReadonlySet<string> = new Set([
  fhirJson,
  'application/json',
  'application/json+fhir',
  'text/json',
  // Files of a bulk export.
  'application/fhir+ndjson',
  'application/x-ndjson',
  'application/ndjson',
]);
const wildcards: ReadonlySet<string> = new Set(['*/*', 'application/*']);
const fhirXmlTypes: ReadonlySet<string> = new Set([
  'application/fhir+xml',
  'application/xml+fhir',
  'application/fhir+turtle',
]);

/**
 * Narrows `Accept` to JSON.
 *
 * @param accept All `Accept` values, joined by commas; undefined when there is none.
 * @param formats Decoded values of all `_format` parameters: they win over `Accept`.
 * @param isBinary A read of a Binary, which may be asked for in its own media type.
 */
export function negotiateAccept(
  accept: string | undefined,
  formats: readonly string[],
  isBinary: boolean,
): Negotiated {
  if (!formats.every(isJsonFormat)) return notAcceptable;
  const offers = parseWeightedList(accept ?? '');
  if (isBinary) {
    const isOnlyXml = offers.length > 0 && offers.every((it) => fhirXmlTypes.has(it.token));
    return isOnlyXml && formats.length === 0 ? notAcceptable : { kind: 'ok', accept };
  }
  const narrowed = offers.length === 0 ? fhirJson : narrow(offers);
  if (narrowed !== '') return { kind: 'ok', accept: narrowed };
  return formats.length > 0 ? { kind: 'ok', accept: fhirJson } : notAcceptable;
}

/** The JSON offers as they were sent, a wildcard as FHIR JSON with its weight. */
function narrow(offers: readonly Weighted[]): string {
  const refusedTypes = new Set(offers.filter((it) => it.weight === 0).map((it) => it.token));
  const forWildcard = [fhirJson, 'application/json'].find((type) => !refusedTypes.has(type));
  const texts = offers
    .filter((it) => it.weight > 0)
    .flatMap((it) => {
      if (jsonTypes.has(it.token)) return [it.text];
      if (!wildcards.has(it.token) || forWildcard === undefined) return [];
      return [it.weight === 1 ? forWildcard : `${forWildcard};q=${String(it.weight)}`];
    });
  return [...new Set(texts)].join(', ');
}

function isJsonFormat(format: string): boolean {
  // An unencoded `+` in a query is a space.
  const [type = ''] = format.trim().toLowerCase().split(';', 1);
  const name = type.trim().replace(' ', '+');
  return name === 'json' || name === '' || jsonTypes.has(name);
}

/** The decoded values of `_format` in raw queries or form bodies. */
export function formatsIn(...queries: readonly (string | undefined)[]): readonly string[] {
  return queries.flatMap((query) =>
    // Most queries have no `_format`, in any spelling: no `f`, or no `%`.
    query === undefined || !/_format|%/i.test(query)
      ? []
      : new URLSearchParams(query).getAll('_format'),
  );
}

/** `gzip` when the client takes it, else `identity`: never the client's own list. */
export function negotiateEncoding(acceptEncoding: string | undefined): 'gzip' | 'identity' {
  const offers = parseWeightedList(acceptEncoding ?? '');
  const gzip =
    offers.find((it) => it.token === 'gzip' || it.token === 'x-gzip') ??
    offers.find((it) => it.token === '*');
  return gzip !== undefined && gzip.weight > 0 ? 'gzip' : 'identity';
}
