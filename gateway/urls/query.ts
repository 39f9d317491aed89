/**
 * Finds the URLs in the values of a query: after `=`, and after `,` or `$` where a value is several.
 * The query may stand alone, or at the end of a URL in a JSON string.
 *
 * Spec: RFC 3986 section 3.4; FHIR R4 search 3.1.1.4 (escaping of `,` `$`).
 */
import { pushEdit, type EditList } from './edits.ts';
import type { Matcher } from './matcher.ts';
import { codeAt, widthAt, type Notation } from './spelling.ts';

const ampersand = 0x26;
const equalsSign = 0x3d;
const hash = 0x23;

/** Collects an edit for each value that starts with a base, from `start` up to `end`. */
export function collectQueryEdits(
  bytes: Uint8Array,
  start: number,
  end: number,
  json: boolean,
  matcher: Matcher,
  edits: EditList,
): void {
  const notation: Notation = { json, percent: true };
  let isInValue = false;
  let at = start;
  while (at < end) {
    const width = widthAt(bytes, at, end, notation);
    const code = codeAt(bytes, at, width);
    // A percent-encoded separator belongs to the value; a comma separates either way.
    const isPlain = width !== 3;
    at += width;
    let valueStarts = false;
    if (isPlain && code === hash) return;
    if (isPlain && code === ampersand) isInValue = false;
    else if (!isInValue) valueStarts = isInValue = isPlain && code === equalsSign;
    else valueStarts = code === 0x2c || code === 0x24;
    if (!valueStarts) continue;
    const matched = matcher.match(bytes, at, end, notation);
    if (matched < 0) continue;
    pushEdit(edits, at, matched, matcher.replacement(bytes));
    at = matched;
  }
}
