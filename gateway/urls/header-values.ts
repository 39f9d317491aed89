/**
 * URLs in header fields, queries and form bodies. Text goes through bytes (latin1, one to one), so
 * that there is one way of matching.
 *
 * Spec: RFC 8288 (Link), RFC 9110 (Location, Content-Location), FHIR R4 http 3.1.0.7.1
 * (If-None-Exist).
 */
import { applyEdits, createEditList, pushEdit, type EditList } from './edits.ts';
import type { Matcher } from './matcher.ts';
import { collectQueryEdits } from './query.ts';

const plainNotation = { json: false, percent: false };

/** Upstream ▶ gateway in an answer header that an app follows. Relative references stay. */
export function mapAnswerHeader(name: string, value: string, matcher: Matcher): string {
  const lower = name.toLowerCase();
  if (lower === 'location' || lower === 'content-location')
    return mapText(
      value,
      (bytes, edits) => {
        collectUrl(bytes, 0, bytes.length, matcher, edits);
      },
      matcher,
    );
  if (lower === 'link')
    return mapText(
      value,
      (bytes, edits) => {
        collectLinks(bytes, matcher, edits);
      },
      matcher,
    );
  return value;
}

/** Gateway ▶ upstream in a request header: a query, or a URL with one. */
export function mapRequestHeader(name: string, value: string, matcher: Matcher): string {
  if (name.toLowerCase() !== 'if-none-exist') return value;
  return mapText(
    value,
    (bytes, edits) => {
      if (!collectUrl(bytes, 0, bytes.length, matcher, edits))
        collectQueryEdits(bytes, 0, bytes.length, false, matcher, edits);
    },
    matcher,
  );
}

/** Gateway ▶ upstream in the values of a raw query. */
export function mapQuery(rawQuery: string, matcher: Matcher): string {
  return mapText(
    rawQuery,
    (bytes, edits) => {
      collectQueryEdits(bytes, 0, bytes.length, false, matcher, edits);
    },
    matcher,
  );
}

/** Gateway ▶ upstream in a form body, which is a query. */
export function mapForm(bytes: Uint8Array, matcher: Matcher): Uint8Array {
  const edits = createEditList();
  if (!matcher.isEmpty) collectQueryEdits(bytes, 0, bytes.length, false, matcher, edits);
  return applyEdits(bytes, edits);
}

function mapText(
  value: string,
  collect: (bytes: Buffer, edits: EditList) => void,
  matcher: Matcher,
): string {
  if (matcher.isEmpty || value.length === 0) return value;
  const bytes = Buffer.from(value, 'latin1');
  const edits = createEditList();
  collect(bytes, edits);
  return edits.starts.length === 0
    ? value
    : Buffer.from(applyEdits(bytes, edits)).toString('latin1');
}

/** One URL, its query included; false when it is not under a base. */
function collectUrl(
  bytes: Buffer,
  start: number,
  end: number,
  matcher: Matcher,
  edits: EditList,
): boolean {
  const matched = matcher.match(bytes, start, end, plainNotation);
  if (matched < 0) return false;
  pushEdit(edits, start, matched, matcher.replacement(bytes));
  const question = bytes.subarray(matched, end).indexOf(0x3f);
  if (question >= 0) collectQueryEdits(bytes, matched + question + 1, end, false, matcher, edits);
  return true;
}

/** Each `<URL>` that starts a link; quoted parameters may hold `<` too. */
function collectLinks(bytes: Buffer, matcher: Matcher, edits: EditList): void {
  let isQuoted = false;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (isQuoted && byte === 0x5c) at++;
    else if (byte === 0x22) isQuoted = !isQuoted;
    else if (!isQuoted && byte === 0x3c) {
      const end = bytes.indexOf(0x3e, at);
      if (end < 0) return;
      collectUrl(bytes, at + 1, end, matcher, edits);
      at = end;
    }
  }
}
