/**
 * Walks a JSON text once, byte by byte, and reports the strings that stand in listed positions.
 * Allocates nothing per token. It is not a validator: it takes every valid JSON text, and some that
 * are not; what it cannot follow is `malformed`.
 *
 * Spec: RFC 8259.
 */
import { afterColon, literalEnd, stringEnd, unescaped } from './json-tokens.ts';
import { keyCount, keyId, keyIdAt, listedNot, positions, rootKey, unknownKey } from './keys.ts';

/** Containers that may nest; FHIR needs far less, a stack overflow elsewhere far more. */
export const maxDepth = 128;

/** What a scan found. */
export interface ScanOutcome {
  readonly signedBundle: boolean;
  readonly duplicateKeys: boolean;
  readonly tooDeep: boolean;
  readonly malformed: boolean;
}

/** Takes what a scan reports, in the order of the bytes. */
export interface ScanSink {
  /** A string in a listed position: what it is (`listedUrl`, ...), and its bytes without quotes. */
  listed(what: number, start: number, end: number, isPatch: boolean): void;
  /** An object opened; what is returned comes back when it closes. */
  mark(): number;
  /** A signed Bundle closed: nothing since `mark` may be changed. */
  rollback(mark: number): void;
  /** An operation of a JSON Patch closed. */
  patchOperationEnded(): void;
}

/** Scans a body; one scan at a time. Never throws. */
export type Scanner = (bytes: Buffer, sink: ScanSink) => ScanOutcome;

// What may come next; the order matters: up to `valueOrEnd` a value may.
const expectValue = 0;
const expectValueOrEnd = 1;
const expectKey = 2;
const expectKeyOrEnd = 3;
const expectCommaOrEnd = 4;

const quote = 0x22;
const comma = 0x2c;
const backslash = 0x5c;
const braceOpen = 0x7b;
const braceClose = 0x7d;
const bracketOpen = 0x5b;
const bracketClose = 0x5d;

const resourceTypeKey = keyId('resourceType');
const signatureKey = keyId('signature');
const bundleBytes = Buffer.from('Bundle');

/** The stack of open containers, index 0 unused, and where the scan stands. */
interface State {
  readonly isObject: Uint8Array;
  /** The key that a container stands under. */
  readonly keyOf: Uint8Array;
  readonly isBundle: Uint8Array;
  readonly hasSignature: Uint8Array;
  readonly marks: Float64Array;
  /** A number for each object ever opened: saves clearing `seen` for each. */
  readonly serials: Float64Array;
  /** `[depth][key]`: the last object that had the key. */
  readonly seen: Float64Array;
  serial: number;
  depth: number;
  /** The key of the value that comes. */
  key: number;
  expect: number;
  isPatch: boolean;
  signedBundle: boolean;
  duplicateKeys: boolean;
  tooDeep: boolean;
}

/** Makes a scanner with a stack of its own. */
export function createScanner(): Scanner {
  const levels = maxDepth + 1;
  const state: State = {
    isObject: new Uint8Array(levels),
    keyOf: new Uint8Array(levels),
    isBundle: new Uint8Array(levels),
    hasSignature: new Uint8Array(levels),
    marks: new Float64Array(levels),
    serials: new Float64Array(levels),
    seen: new Float64Array(levels * keyCount),
    serial: 0,
    depth: 0,
    key: rootKey,
    expect: expectValue,
    isPatch: false,
    signedBundle: false,
    duplicateKeys: false,
    tooDeep: false,
  };
  return (bytes, sink) => {
    state.depth = 0;
    state.key = rootKey;
    state.expect = expectValue;
    state.isPatch = state.signedBundle = state.duplicateKeys = state.tooDeep = false;
    const isComplete = walk(bytes, state, sink);
    const { signedBundle, duplicateKeys, tooDeep } = state;
    return { signedBundle, duplicateKeys, tooDeep, malformed: !isComplete && !tooDeep };
  };
}

/** True when the text is one whole value. */
function walk(bytes: Buffer, state: State, sink: ScanSink): boolean {
  const length = bytes.length;
  let at = 0;
  while (at >= 0 && at < length) {
    const byte = bytes[at] as number;
    if (byte === quote) at = takeString(bytes, at + 1, length, state, sink);
    else if (byte === comma) at = takeComma(at, state);
    else if (byte <= 0x20) at++;
    else if (byte === braceOpen || byte === bracketOpen)
      at = open(at, byte === braceOpen, state, sink);
    else if (byte === braceClose || byte === bracketClose)
      at = close(at, byte === braceClose, state, sink);
    else at = takeLiteral(bytes, at, length, state);
  }
  return at >= 0 && state.depth === 0 && state.expect === expectCommaOrEnd;
}

function takeString(
  bytes: Buffer,
  start: number,
  length: number,
  state: State,
  sink: ScanSink,
): number {
  const end = stringEnd(bytes, start, length);
  if (end < 0) return -1;
  if (state.expect === expectKey || state.expect === expectKeyOrEnd) {
    const key = keyIdAt(bytes, start, end);
    takeKey(key === unknownKey ? escapedKey(bytes, start, end) : key, state);
    return afterColon(bytes, end + 1, length);
  }
  if (state.expect > expectValueOrEnd) return -1;
  const key = state.key;
  const depth = state.depth;
  if (key !== unknownKey && state.isObject[depth] === 1) {
    if (key === resourceTypeKey && isBundle(bytes, start, end)) state.isBundle[depth] = 1;
    const what = positions[(state.keyOf[depth] as number) * keyCount + key];
    if (what !== undefined && what !== listedNot) sink.listed(what, start, end, state.isPatch);
  }
  state.expect = expectCommaOrEnd;
  return end + 1;
}

function takeKey(key: number, state: State): void {
  state.key = key;
  state.expect = expectValue;
  if (key === unknownKey) return;
  const depth = state.depth;
  const slot = depth * keyCount + key;
  const serial = state.serials[depth] as number;
  if (state.seen[slot] === serial) state.duplicateKeys = true;
  state.seen[slot] = serial;
  if (key === signatureKey) state.hasSignature[depth] = 1;
}

/** `"\u0069d"` is `id` to every JSON parser. */
function escapedKey(bytes: Buffer, start: number, end: number): number {
  for (let at = start; at < end; at++) {
    if (bytes[at] === backslash) return keyId(unescaped(bytes, start, end) ?? '');
  }
  return unknownKey;
}

/** `Bundle` with every letter written as an escape. */
const longestBundle = 6 * bundleBytes.length;

function isBundle(bytes: Buffer, start: number, end: number): boolean {
  const length = end - start;
  if (length === bundleBytes.length) return bytes.compare(bundleBytes, 0, length, start, end) === 0;
  // Longer only when it is written with escapes.
  if (length < bundleBytes.length || length > longestBundle) return false;
  for (let at = start; at < end; at++) {
    if (bytes[at] === backslash) return unescaped(bytes, start, end) === 'Bundle';
  }
  return false;
}

function takeComma(at: number, state: State): number {
  if (state.expect !== expectCommaOrEnd || state.depth === 0) return -1;
  const isObject = state.isObject[state.depth] === 1;
  state.expect = isObject ? expectKey : expectValue;
  return at + 1;
}

function takeLiteral(bytes: Buffer, at: number, length: number, state: State): number {
  if (state.expect > expectValueOrEnd) return -1;
  state.expect = expectCommaOrEnd;
  return literalEnd(bytes, at, length);
}

function open(at: number, isObject: boolean, state: State, sink: ScanSink): number {
  if (state.expect > expectValueOrEnd) return -1;
  if (state.depth === maxDepth) {
    state.tooDeep = true;
    return -1;
  }
  const depth = ++state.depth;
  state.isObject[depth] = isObject ? 1 : 0;
  state.keyOf[depth] = state.key;
  state.isBundle[depth] = 0;
  state.hasSignature[depth] = 0;
  state.marks[depth] = sink.mark();
  state.serials[depth] = ++state.serial;
  if (depth === 1) state.isPatch = !isObject;
  state.expect = isObject ? expectKeyOrEnd : expectValueOrEnd;
  return at + 1;
}

function close(at: number, isObject: boolean, state: State, sink: ScanSink): number {
  const depth = state.depth;
  if (depth === 0 || (state.isObject[depth] === 1) !== isObject) return -1;
  if (state.expect === expectValue || state.expect === expectKey) return -1;
  if (state.isBundle[depth] === 1 && state.hasSignature[depth] === 1) {
    state.signedBundle = true;
    sink.rollback(state.marks[depth] as number);
  }
  if (state.isPatch && depth === 2) sink.patchOperationEnded();
  state.key = state.keyOf[depth] as number;
  state.depth = depth - 1;
  state.expect = expectCommaOrEnd;
  return at + 1;
}
