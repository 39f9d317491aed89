/**
 * Reads the untrusted path and query of a request: segments, parameters, references. Never throws
 * for a bad escape; what cannot be decoded stays as it is.
 */

/** Percent-decodes; the text itself when it cannot be decoded. */
export function decodeText(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** One name and value of a query string or form body, decoded. */
export interface Parameter {
  readonly name: string;
  readonly value: string;
}

/** Parses `application/x-www-form-urlencoded` text, in order. */
export function parseParameters(text: string): readonly Parameter[] {
  if (text === '') return [];
  const parameters: Parameter[] = [];
  for (const piece of text.split('&')) {
    if (piece === '') continue;
    const at = piece.indexOf('=');
    const name = at < 0 ? piece : piece.slice(0, at);
    const value = at < 0 ? '' : piece.slice(at + 1);
    parameters.push({
      name: decodeText(name.replaceAll('+', ' ')),
      value: decodeText(value.replaceAll('+', ' ')),
    });
  }
  return parameters;
}

/** Splits at commas that are not escaped with a backslash (FHIR R4 search, 3.1.1.5.7). */
export function splitOr(value: string): readonly string[] {
  if (!value.includes(',')) return [value];
  if (!value.includes('\\')) return value.split(',');
  return value.split(/(?<!\\),/).map((part) => part.replaceAll('\\,', ','));
}

const secretNames = new Set([
  'access_token',
  'refresh_token',
  'id_token',
  'client_secret',
  'client_assertion',
  'code_verifier',
]);
const hintOfSecret = /token|secret|assertion|verifier|%/i;

/**
 * Removes the values of parameters that carry credentials from the query of a request target or
 * from a form body. The gateway has done so already; this is the second lock on that door.
 */
export function stripCredentials(text: string): string {
  if (!hintOfSecret.test(text)) return text;
  return text
    .split(/([?&])/)
    .map((piece) => {
      const at = piece.indexOf('=');
      if (at < 0) return piece;
      const name = decodeText(piece.slice(0, at)).trim().toLowerCase();
      return secretNames.has(name) ? piece.slice(0, at + 1) : piece;
    })
    .join('');
}
