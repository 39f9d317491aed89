/**
 * Makes text of unknown origin fit for a FHIR string and for a reader's eyes: no control characters,
 * no lone surrogates, a bounded length. What must be kept exactly is kept as base64 elsewhere.
 *
 * Spec: FHIR R4 datatypes, "string": no code points below 32 except tab, CR and LF.
 */

// Tab, CR and LF are legal in FHIR strings, but a name or a request target has no use for them.
// In a `u` expression the surrogate range matches lone surrogates only.
const unfit =
  /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\ud800-\udfff]/u;
const everyUnfit = new RegExp(unfit, 'gu');

/** Longest text taken from outside into one element. */
export const maxTextLength = 4096;

const maxSegmentLength = 512;

/** Replaces control and direction characters by U+FFFD and cuts at `limit` UTF-16 units. */
export function fitText(value: string, limit = maxTextLength): string {
  const text = value.length > limit ? `${value.slice(0, limit - 1)}…` : value;
  return unfit.test(text) ? text.replace(everyUnfit, '\ufffd') : text;
}

/** Like {@link fitText}; undefined for absent or blank text, which FHIR has no place for. */
export function fitTextOrNone(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  const text = fitText(value).trim();
  return text === '' ? undefined : text;
}

/**
 * The reference to a resource, relative to the base. Ids that FHIR would not allow are
 * percent-encoded, so that the reference stays one.
 */
export function relativeReference(type: string, id: string, versionId?: string): string {
  const place = `${type}/${fitSegment(id)}`;
  return versionId === undefined ? place : `${place}/_history/${fitSegment(versionId)}`;
}

function fitSegment(segment: string): string {
  if (/^[A-Za-z0-9.-]{1,64}$/.test(segment)) return segment;
  return segment
    .slice(0, maxSegmentLength)
    .replace(/[\ud800-\udfff]/gu, '\ufffd')
    .replace(/[^A-Za-z0-9._~!$&'()*+,;=:@-]/gu, (character) => encodeURIComponent(character));
}

/** Text for an element of type `uri` or inside a URN: white space and the like percent-encoded. */
export function fitUri(value: string): string {
  const text = value.length > maxTextLength ? value.slice(0, maxTextLength) : value;
  if (/^[!#-;=?-Z_a-z~[\]]*$/.test(text)) return text;
  return text
    .replace(/[\ud800-\udfff]/gu, '\ufffd')
    .replace(/[^!#-;=?-Z_a-z~[\]]/gu, (character) => encodeURIComponent(character));
}
