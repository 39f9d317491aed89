/**
 * The request target: origin-form below the base, or refused. What passes is forwarded verbatim;
 * nothing is ever normalised, because every difference between our reading and the upstream's is a
 * way around the record. Part of receive.
 *
 * Spec: RFC 9112 section 3.2.1; RFC 3986 section 3.3.
 */
import type { Refused, Target } from './types.ts';

const refused: Refused = { kind: 'refused', reason: 'target-refused' };
const notFound: Refused = { kind: 'refused', reason: 'not-found' };

// Printable ASCII without those that servers read in different ways; `%` only before two digits.
const allowedText = /^(?:[!$&-;=?-[\]_a-z|~]|%[0-9A-Fa-f]{2})*$/;

/**
 * Checks a raw request target against the base path.
 *
 * @param rawTarget As received. Untrusted.
 * @param basePath `/fhir`, or `` for the root; without trailing slash.
 * @returns `target-refused` for what no FHIR client sends, `not-found` for what is not below the
 *   base. Does NOT check the query beyond its characters: `|` and `//` are legal there.
 */
export function checkTarget(rawTarget: string, basePath: string): Target | Refused {
  if (!rawTarget.startsWith('/') || !allowedText.test(rawTarget)) return refused;
  const question = rawTarget.indexOf('?');
  const path = question < 0 ? rawTarget : rawTarget.slice(0, question);
  if (!isPlainPath(path)) return refused;
  const pathSuffix = path.slice(basePath.length);
  if (!path.startsWith(basePath) || !(pathSuffix === '' || pathSuffix.startsWith('/')))
    return notFound;
  return {
    kind: 'ok',
    path: pathSuffix.replace(/^\/|\/$/g, ''),
    query: question < 0 ? '' : rawTarget.slice(question + 1),
    pathSuffix,
    hasQuery: question >= 0,
  };
}

/** True when every reader sees the same segments in the path. */
function isPlainPath(path: string): boolean {
  const segments = path.split('/').slice(1);
  return segments.every(
    (segment, index) =>
      // One slash at the end is common and means the same to all.
      (segment !== '' || index === segments.length - 1) && isPlainSegment(segment),
  );
}

// A slash or a backslash would add segments, `%` asks for a second decoding, `;` starts path
// parameters that servers strip before they look for `..`.
const hiddenInSegment = /[/\\%;\u0000-\u001f\u007f-\u009f]/;

function isPlainSegment(segment: string): boolean {
  const decoded = decodeOnce(segment);
  // `%` is refused after one decoding, so no second decoding can find anything else.
  return (
    decoded !== undefined && decoded !== '.' && decoded !== '..' && !hiddenInSegment.test(decoded)
  );
}

function decodeOnce(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    // Not UTF-8, overlong forms of `.` and `/` among them.
    return undefined;
  }
}
