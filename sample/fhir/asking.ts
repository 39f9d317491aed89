/** What the handlers of one request work with: who asks, what for, and what they may see. */
import type { FhirRequest } from '@medplum/fhir-router';
import type { Pages } from './pages.ts';
import type { Pairs } from './search/query.ts';
import type { View } from './view.ts';

/** Lives as long as one HTTP request; the entries of a batch share it. */
export interface Asking {
  readonly view: View;
  readonly pages: Pages;
  readonly clock: () => Date;
  /** FHIR base that goes into absolute URLs. */
  readonly baseUrl: string;
  readonly capabilities: () => object;
}

/** Names and values of the query, decoded. */
export function pairsOf(query: FhirRequest['query']): Pairs {
  return Object.entries(query).flatMap(([name, value]) =>
    [value ?? []].flat().map((one) => [name, one] as const),
  );
}

/** An own URL with a query. */
export function urlWith(base: string, path: string, pairs: Pairs): string {
  const query = pairs.map(([name, value]) => `${encode(name)}=${encode(value)}`).join('&');
  return `${base}/${path}${query === '' ? '' : `?${query}`}`;
}

/** Readable where it may be: what FHIR's names and values are full of stays as it is. */
function encode(text: string): string {
  return encodeURIComponent(text)
    .replaceAll('%3A', ':')
    .replaceAll('%2C', ',')
    .replaceAll('%2F', '/')
    .replaceAll('%24', '$');
}

/** Parameter by name, the last one when it is repeated. */
export function parameter(pairs: Pairs, name: string): string | undefined {
  return pairs.findLast(([key]) => key === name)?.[1];
}

/** A whole number of at least 0; undefined when it is absent or something else. */
export function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}
