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
