/**
 * Walks chosen parts of a JSON text by their bytes, so that single strings can be replaced and all
 * else stays as it is. For texts that `JSON.parse` has accepted; nothing here validates.
 *
 * Spec: RFC 8259.
 */
import { afterColon, literalEnd, stringEnd, unescaped } from '../urls/json-tokens.ts';

/** A JSON text and a place in it: the first byte of a value. */
export interface JsonPlace {
  readonly bytes: Buffer;
  readonly at: number;
}

/** A string value: where it stands between its quotes, and what it says. */
export interface JsonString {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

const quote = 0x22;
const comma = 0x2c;
const braceOpen = 0x7b;
const braceClose = 0x7d;
const bracketOpen = 0x5b;
const bracketClose = 0x5d;

/** The outermost value of a text. */
export function rootOf(bytes: Buffer): JsonPlace {
  // A byte order mark is no white space, and may stand before the value.
  const start = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  return { bytes, at: skipSpace(bytes, start) };
}

/** Calls back for each member of an object, in the order of the bytes; for nothing else. */
export function eachMember(
  { bytes, at }: JsonPlace,
  visit: (key: string, value: JsonPlace) => void,
): void {
  if (bytes[at] !== braceOpen) return;
  let next = skipSpace(bytes, at + 1);
  while (bytes[next] === quote) {
    const end = stringEnd(bytes, next + 1, bytes.length);
    if (end < 0) return;
    const colon = afterColon(bytes, end + 1, bytes.length);
    if (colon < 0) return;
    const value = skipSpace(bytes, colon);
    visit(unescaped(bytes, next + 1, end) ?? '', { bytes, at: value });
    next = skipSpace(bytes, valueEnd(bytes, value));
    if (bytes[next] !== comma) return;
    next = skipSpace(bytes, next + 1);
  }
}

/** Calls back for each element of an array, in the order of the bytes; for nothing else. */
export function eachElement({ bytes, at }: JsonPlace, visit: (value: JsonPlace) => void): void {
  if (bytes[at] !== bracketOpen) return;
  let next = skipSpace(bytes, at + 1);
  while (next < bytes.length && bytes[next] !== bracketClose) {
    visit({ bytes, at: next });
    next = skipSpace(bytes, valueEnd(bytes, next));
    if (bytes[next] !== comma) return;
    next = skipSpace(bytes, next + 1);
  }
}

/** The string at a place; undefined when another kind of value stands there. */
export function stringAt({ bytes, at }: JsonPlace): JsonString | undefined {
  if (bytes[at] !== quote) return undefined;
  const end = stringEnd(bytes, at + 1, bytes.length);
  const text = end < 0 ? undefined : unescaped(bytes, at + 1, end);
  return text === undefined ? undefined : { start: at + 1, end, text };
}

function skipSpace(bytes: Buffer, from: number): number {
  let at = from;
  while (at < bytes.length && (bytes[at] as number) <= 0x20) at++;
  return at;
}

/** Index after a value. Always larger than `at`, so that every walk ends. */
function valueEnd(bytes: Buffer, at: number): number {
  const first = bytes[at];
  if (first !== quote && first !== braceOpen && first !== bracketOpen) {
    const end = literalEnd(bytes, at, bytes.length);
    return end < 0 ? bytes.length : end;
  }
  let depth = 0;
  let next = at;
  while (next < bytes.length) {
    const byte = bytes[next] as number;
    if (byte === quote) {
      const end = stringEnd(bytes, next + 1, bytes.length);
      if (end < 0) return bytes.length;
      next = end;
    } else if (byte === braceOpen || byte === bracketOpen) depth++;
    else if (byte === braceClose || byte === bracketClose) depth--;
    next++;
    if (depth === 0) return next;
  }
  return bytes.length;
}
