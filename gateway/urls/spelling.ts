/**
 * Reads one character of a URL in any of the spellings it may have inside a JSON string (`\/`,
 * `\u002f`) or a query (`%2F`). The lowest step of matching a base.
 *
 * Spec: RFC 8259 section 7; RFC 3986 section 2.1.
 */

/** Where a URL stands, which decides how its characters may be spelled. */
export interface Notation {
  /** Inside a JSON string: backslash escapes. */
  readonly json: boolean;
  /** Inside a query: percent-encoding. */
  readonly percent: boolean;
}

const backslash = 0x5c;
const percentSign = 0x25;

/** The value of a hexadecimal digit, or -1. */
export function hexValue(byte: number | undefined): number {
  if (byte === undefined) return -1;
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  if (byte >= 0x41 && byte <= 0x46) return byte - 0x37;
  if (byte >= 0x61 && byte <= 0x66) return byte - 0x57;
  return -1;
}

/** How many bytes the character at `at` takes; at least 1. */
export function widthAt(bytes: Uint8Array, at: number, end: number, notation: Notation): number {
  const byte = bytes[at];
  if (byte === backslash && notation.json) {
    const width = bytes[at + 1] === 0x75 ? 6 : 2;
    return Math.min(width, end - at);
  }
  if (byte === percentSign && notation.percent && at + 3 <= end) {
    return hexValue(bytes[at + 1]) < 0 || hexValue(bytes[at + 2]) < 0 ? 1 : 3;
  }
  return 1;
}

/** The character at `at` that takes `width` bytes, as a code; -1 when it is none of ASCII. */
export function codeAt(bytes: Uint8Array, at: number, width: number): number {
  const byte = bytes[at] ?? -1;
  if (width === 1) return byte < 0x80 ? byte : -1;
  if (width === 3) return ascii(hexValue(bytes[at + 1]) * 16 + hexValue(bytes[at + 2]));
  if (width === 2) return bytes[at + 1] === 0x2f ? 0x2f : -1;
  if (width !== 6 || bytes[at + 2] !== 0x30 || bytes[at + 3] !== 0x30) return -1;
  const high = hexValue(bytes[at + 4]);
  const low = hexValue(bytes[at + 5]);
  return high < 0 || low < 0 ? -1 : ascii(high * 16 + low);
}

function ascii(code: number): number {
  return code < 0x80 ? code : -1;
}
