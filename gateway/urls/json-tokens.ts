/** The ends of JSON tokens in a byte array: strings, literals, the colon after a key. RFC 8259. */

const quote = 0x22;
const backslash = 0x5c;
/** How far a string is walked here before the native search takes over. */
const walkedLength = 64;

/** Index of the quote that closes the string whose content starts at `start`; -1 if none does. */
export function stringEnd(bytes: Buffer, start: number, length: number): number {
  const limit = Math.min(length, start + walkedLength);
  let at = start;
  while (at < limit) {
    const byte = bytes[at];
    if (byte === quote) return at;
    at += byte === backslash ? 2 : 1;
  }
  return at < length ? longStringEnd(bytes, start, at) : -1;
}

function longStringEnd(bytes: Buffer, start: number, from: number): number {
  let at = from;
  for (;;) {
    at = bytes.indexOf(quote, at);
    if (at < 0) return -1;
    let before = at - 1;
    while (before >= start && bytes[before] === backslash) before--;
    // An even run of backslashes escapes itself, an odd one the quote.
    if ((at - 1 - before) % 2 === 0) return at;
    at++;
  }
}

/** Index after the colon that follows a key, past white space; -1 if there is none. */
export function afterColon(bytes: Uint8Array, start: number, length: number): number {
  let at = start;
  while (at < length && (bytes[at] as number) <= 0x20) at++;
  return at < length && bytes[at] === 0x3a ? at + 1 : -1;
}

/** Index after a number, `true`, `false` or `null`; -1 for what cannot be one. */
export function literalEnd(bytes: Uint8Array, start: number, length: number): number {
  let at = start;
  while (at < length && isLiteralByte(bytes[at] as number)) at++;
  return at > start ? at : -1;
}

function isLiteralByte(byte: number): boolean {
  return (
    (byte >= 0x30 && byte <= 0x39) ||
    (byte >= 0x61 && byte <= 0x7a) ||
    byte === 0x2d ||
    byte === 0x2e ||
    byte === 0x2b ||
    byte === 0x45
  );
}

/** The text of a string's content with its escapes resolved; undefined when they are not valid. */
export function unescaped(bytes: Buffer, start: number, end: number): string | undefined {
  try {
    return JSON.parse(`"${bytes.toString('utf8', start, end)}"`) as string;
  } catch {
    return undefined;
  }
}
