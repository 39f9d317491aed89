/**
 * The parameters of a query or form as they were sent: each keeps its bytes, so that what is not
 * understood goes on unchanged, in its order, duplicates included.
 *
 * Spec: WHATWG URL, application/x-www-form-urlencoded parsing.
 */

/** One `name=value` of a query. */
export interface RawParameter {
  /** Exactly as received. */
  readonly raw: string;
  /** Decoded; what cannot be decoded as UTF-8 has U+FFFD. */
  readonly name: string;
  readonly value: string;
}

/** Takes a raw query or form apart. Joining every `raw` with `&` gives it back. */
export function splitParameters(text: string): readonly RawParameter[] {
  if (text === '') return [];
  return text.split('&').map((raw) => {
    // A question mark in front would be dropped as the start of a query.
    const [entry] = new URLSearchParams(`&${raw}`);
    return { raw, name: entry?.[0] ?? '', value: entry?.[1] ?? '' };
  });
}

/** Puts parameters together again. */
export function joinParameters(parameters: readonly RawParameter[]): string {
  return parameters.map(({ raw }) => raw).join('&');
}

/** The same parameter, its name as it was sent, with another value. */
export function withValue(parameter: RawParameter, value: string): RawParameter {
  const equals = parameter.raw.indexOf('=');
  const name = equals < 0 ? parameter.raw : parameter.raw.slice(0, equals);
  return { raw: `${name}=${encodeURIComponent(value)}`, name: parameter.name, value };
}

/** A URL with a query behind it; a query that the URL has already is kept (RFC 6749 3.1). */
export function withQuery(url: string, query: string): string {
  if (query === '') return url;
  if (!url.includes('?')) return `${url}?${query}`;
  return /[?&]$/.test(url) ? `${url}${query}` : `${url}&${query}`;
}

/** Decoded values of all parameters of one name, in their order. */
export function valuesOf(parameters: readonly RawParameter[], wanted: string): readonly string[] {
  return parameters.filter(({ name }) => name === wanted).map(({ value }) => value);
}
