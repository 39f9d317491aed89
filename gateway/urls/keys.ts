/**
 * The JSON keys that matter to the scanner, as small numbers, and the positions that hold a URL an
 * app follows. A position is a key and the key of the object around it; arrays take the key they
 * stand under.
 *
 * Spec: FHIR R4 Bundle, Reference, Attachment, CapabilityStatement; Bulk Data Access manifest.
 */
import { attachmentNames } from './attachments.ts';

/** A key that nobody asks about. */
export const unknownKey = 0;
/** What the outermost value stands under. */
export const rootKey = 1;

/** Elements that link to a patient or to another resource by the R4 Patient compartment. */
const compartmentNames =
  'action activity actor agent asserter attester author beneficiary candidate deliverTo detail ' +
  'entity focus for individual link member other participant party patient payee payor performer ' +
  'policyHolder receiver recipient recorder requester sender source subject subscriber target ' +
  'what who';

const otherNames =
  'resourceType id reference url fullUrl entry resource contained request response location ' +
  'ifNoneExist implementation output deleted error relatedArtifact endpoint address valueUrl ' +
  'signature identifier type system code value meta security tag name parameter valueReference ' +
  'encounter method status op path from';

/** Texts of the keys by their numbers; the first two are no keys. */
export const keyNames: readonly string[] = [
  ...new Set([
    '',
    ' root',
    ...otherNames.split(' '),
    ...compartmentNames.split(' '),
    ...attachmentNames,
  ]),
];

/** How many numbers there are, a power of two. */
export const keyCount = 128;

const ids = new Map(keyNames.map((name, id) => [name, id]));

/** The number of a key, by its decoded text. */
export function keyId(name: string): number {
  return ids.get(name) ?? unknownKey;
}

/** What a string in a position is. */
export const listedNot = 0;
/** A URL. */
export const listedUrl = 1;
/** A query without its URL. */
export const listedQuery = 2;
/** JSON Patch only: the `value` of an operation, its `path`, a `url` inside the `value`. */
export const listedPatchValue = 3;
export const listedPatchPath = 4;
export const listedPatchUrl = 5;

const urlParents = [
  ...['link', 'request', 'implementation', 'output', 'deleted', 'error', 'relatedArtifact'],
  ...attachmentNames,
];
const addressParents = [' root', 'resource', 'contained', 'endpoint'];

function buildPositions(): Uint8Array {
  const table = new Uint8Array(keyCount * keyCount);
  const put = (parent: number, key: string, kind: number): void => {
    table[parent * keyCount + keyId(key)] = kind;
  };
  for (let parent = 0; parent < keyCount; parent++) {
    for (const key of ['reference', 'fullUrl', 'valueUrl']) put(parent, key, listedUrl);
  }
  for (const parent of urlParents) put(keyId(parent), 'url', listedUrl);
  for (const parent of addressParents) put(keyId(parent), 'address', listedUrl);
  put(keyId('response'), 'location', listedUrl);
  put(rootKey, 'request', listedUrl);
  put(keyId('request'), 'ifNoneExist', listedQuery);
  put(rootKey, 'value', listedPatchValue);
  put(rootKey, 'path', listedPatchPath);
  put(keyId('value'), 'url', listedPatchUrl);
  return table;
}

/** `positions[parent * keyCount + key]`: what a string there is. */
export const positions: Uint8Array = buildPositions();

const slotCount = 1024;
const slots = new Uint8Array(slotCount);
const texts: readonly Uint8Array[] = keyNames.map((name) => new TextEncoder().encode(name));

function slotOf(length: number, first: number, middle: number, last: number): number {
  return (length * 67 + first * 31 + middle * 7 + last * 131) % slotCount;
}

for (let id = rootKey + 1; id < keyNames.length; id++) {
  const text = texts[id] as Uint8Array;
  const n = text.length;
  let slot = slotOf(n, text[0] ?? 0, text[Math.trunc(n / 2)] ?? 0, text[n - 1] ?? 0);
  while (slots[slot] !== unknownKey) slot = (slot + 1) % slotCount;
  slots[slot] = id;
}

/**
 * The number of a key that stands in `bytes` from `start` up to `end`, without escapes. Allocates
 * nothing.
 */
export function keyIdAt(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  if (length === 0) return unknownKey;
  const middle = start + Math.trunc(length / 2);
  let slot = slotOf(length, bytes[start] ?? 0, bytes[middle] ?? 0, bytes[end - 1] ?? 0);
  for (;;) {
    const id = slots[slot] ?? unknownKey;
    if (id === unknownKey) return unknownKey;
    if (equals(bytes, start, texts[id] as Uint8Array, length)) return id;
    slot = (slot + 1) % slotCount;
  }
}

function equals(bytes: Uint8Array, start: number, text: Uint8Array, length: number): boolean {
  if (text.length !== length) return false;
  for (let i = 0; i < length; i++) {
    if (bytes[start + i] !== text[i]) return false;
  }
  return true;
}
