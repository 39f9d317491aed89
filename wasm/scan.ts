/**
 * One pass over a JSON text (AssemblyScript, WebAssembly SIMD): checks all of it against RFC 8259 and
 * puts onto a tape the values in kept positions and the strings in URL positions. The first stage
 * finds the structural bytes, 64 at a time; the second walks them.
 *
 * Says yes only to what it is sure of. Whatever is odd (a listed key that stands twice, a key with
 * an escape, nesting beyond 128, a signature, no object, a full tape) is "unsure", like a text that is not
 * JSON; the caller then takes the slow way. `npm run wasm:write` compiles it.
 *
 * The first stage follows Langdale and Lemire, "Parsing Gigabytes of JSON per Second" (2019).
 */

// Layout of the memory in bytes: hash table of keys, table of actions, stack, last objects that had
// a key, structural indexes of a chunk, the text, kept strings, the tape. No static data.
const KEYS: u32 = 4096;
const KEY_SLOTS: u32 = 512;
const KEY_SLOT_BYTES: u32 = 32;
const ACTIONS: u32 = KEYS + KEY_SLOTS * KEY_SLOT_BYTES;
const KEY_COUNT: u32 = 256;
const DEPTH_LIMIT: u32 = 128;
const FRAME_BYTES: u32 = 16;
const STACK: u32 = ACTIONS + KEY_COUNT * KEY_COUNT;
const SEEN: u32 = STACK + (DEPTH_LIMIT + 2) * FRAME_BYTES;
const SEEN_ROW: u32 = KEY_COUNT * 4;
const INDEX: u32 = SEEN + (DEPTH_LIMIT + 2) * SEEN_ROW;
const CHUNK: u32 = 16384;
/** Where the text goes. */
export const TEXT: u32 = INDEX + (CHUNK + 64) * 4;
/** The first stage reads whole blocks, the second looks a few bytes ahead. */
const PADDING: u32 = 128;

// Actions: what becomes of a value in a position.
const KEEP: u32 = 1;
const URL: u32 = 2;
const QUERY: u32 = 4;

// Kinds of tape entries: three words each, kind and key, start, end.
const OPEN_OBJECT: u32 = 1;
const OPEN_ARRAY: u32 = 2;
const CLOSE: u32 = 3;
const PLAIN_STRING: u32 = 4;
const OTHER_STRING: u32 = 5;
const LITERAL: u32 = 6;
const URL_STRING: u32 = 7;
const QUERY_STRING: u32 = 8;

// What the second stage expects next; up to VALUE_OR_END a value may come.
const VALUE: u32 = 0;
const VALUE_OR_END: u32 = 1;
const KEY: u32 = 2;
const KEY_OR_END: u32 = 3;
const COMMA_OR_END: u32 = 4;
const COLON: u32 = 5;
const STRING_END: u32 = 6;
const KEY_END: u32 = 7;

let rootKey: u32 = 0;
let signatureKey: u32 = 0;
let tapeStart: u32 = 0;
let tapeAt: u32 = 0;
let tapeLimit: u32 = 0;
/** Where the text of kept plain strings is gathered: one short string to make, not the whole text. */
let keptStart: u32 = 0;
let keptAt: u32 = 0;
/** A number for each object, so that what it has seen need not be cleared. */
let serial: u32 = 0;

/** Numbers, 1 to 255, of the outermost value's key and of `signature`. */
export function setKeys(root: u32, signature: u32): void {
  rootKey = root;
  signatureKey = signature;
}

/** Adds a key of 1 to 24 bytes, whose text stands at TEXT. */
export function addKey(length: u32, id: u32): void {
  const first = firstBytes(TEXT, length);
  const last = lastBytes(TEXT, length);
  let slot = hash(first, last, length);
  while (load<u32>(KEYS + slot * KEY_SLOT_BYTES, 28) != 0) slot = (slot + 1) & (KEY_SLOTS - 1);
  const at = KEYS + slot * KEY_SLOT_BYTES;
  store<u64>(at, first);
  store<u64>(at, last, 8);
  store<u64>(at, middleBytes(TEXT, length), 16);
  store<u32>(at, length, 24);
  store<u32>(at, id, 28);
}

/** Sets what becomes of the values of `key` in an object that stands under `parent`. */
export function setAction(parent: u32, key: u32, action: u32): void {
  store<u8>(ACTIONS + parent * KEY_COUNT + key, action);
}

/** Makes room for a text of this many bytes and for `tapeBytes` of tape. False: no memory. */
export function reserve(length: u32, tapeBytes: u32): bool {
  keptStart = TEXT + length + PADDING;
  tapeStart = (keptStart + length + 15) & ~15;
  tapeLimit = tapeStart + tapeBytes;
  const pages = <i32>((<u64>tapeLimit + 64 + 65535) >> 16);
  const have = memory.size();
  return have >= pages || memory.grow(pages - have) >= 0;
}

export function keptBegin(): u32 {
  return keptStart;
}

export function keptEnd(): u32 {
  return keptAt;
}

export function tapeBegin(): u32 {
  return tapeStart;
}

export function tapeEnd(): u32 {
  return tapeAt;
}

@inline
function emit(kind: u32, key: u32, start: u32, end: u32): void {
  if (tapeAt + 12 <= tapeLimit) {
    store<u32>(tapeAt, kind | (key << 8));
    store<u32>(tapeAt, start - TEXT, 4);
    store<u32>(tapeAt, end - TEXT, 8);
  }
  tapeAt += 12;
}

@inline
function hash(first: u64, last: u64, length: u32): u32 {
  const mixed: u64 = (first ^ (last * 0x9e3779b97f4a7c15)) + <u64>length;
  return <u32>((mixed * 0xff51afd7ed558ccd) >> 55);
}

@inline
function firstBytes(at: u32, length: u32): u64 {
  const word = load<u64>(at);
  return length >= 8 ? word : word & ((<u64>1 << (<u64>length * 8)) - 1);
}

/** The last eight bytes of a longer key; with the first eight they are all of it up to 16. */
@inline
function lastBytes(at: u32, length: u32): u64 {
  return length > 8 ? load<u64>(at + length - 8) : 0;
}

/** What is left of a key of up to 24. */
@inline
function middleBytes(at: u32, length: u32): u64 {
  return length > 16 ? load<u64>(at, 8) : 0;
}

/** Number of the key at a place, 0 when it is none of ours. */
@inline
function keyAt(at: u32, length: u32): u32 {
  if (length - 1 > 23) return 0;
  const first = firstBytes(at, length);
  const last = lastBytes(at, length);
  let slot = hash(first, last, length);
  let id: u32 = 0;
  while (true) {
    const entry = KEYS + slot * KEY_SLOT_BYTES;
    id = load<u32>(entry, 28);
    if (id == 0) break;
    if (
      load<u64>(entry) == first &&
      load<u64>(entry, 8) == last &&
      load<u32>(entry, 24) == length &&
      load<u64>(entry, 16) == middleBytes(at, length)
    ) {
      break;
    }
    slot = (slot + 1) & (KEY_SLOTS - 1);
  }
  return id;
}

// Carried from block to block of the first stage.
let inStringBefore: u64 = 0;
let escapedBefore: u64 = 0;
let scalarBefore: u64 = 0;

@inline
function bits(a: v128, b: v128, c: v128, d: v128): u64 {
  return (
    <u64>i8x16.bitmask(a) |
    (<u64>i8x16.bitmask(b) << 16) |
    (<u64>i8x16.bitmask(c) << 32) |
    (<u64>i8x16.bitmask(d) << 48)
  );
}

/** `{`, `}`, `[`, `]`, `:`, `,`. */
@inline
function isOperator(bytes: v128): v128 {
  const folded = v128.or(bytes, i8x16.splat(0x20));
  return v128.or(
    v128.or(i8x16.eq(folded, i8x16.splat(0x7b)), i8x16.eq(folded, i8x16.splat(0x7d))),
    v128.or(i8x16.eq(bytes, i8x16.splat(0x3a)), i8x16.eq(bytes, i8x16.splat(0x2c))),
  );
}

@inline
function isSpace(bytes: v128): v128 {
  return v128.or(
    v128.or(i8x16.eq(bytes, i8x16.splat(0x20)), i8x16.eq(bytes, i8x16.splat(0x0a))),
    v128.or(i8x16.eq(bytes, i8x16.splat(0x09)), i8x16.eq(bytes, i8x16.splat(0x0d))),
  );
}

/** Each bit the exclusive or of all bits up to it: from quotes to what is between them. */
@inline
function prefixXor(quotes: u64): u64 {
  let x = quotes;
  x ^= x << 1;
  x ^= x << 2;
  x ^= x << 4;
  x ^= x << 8;
  x ^= x << 16;
  x ^= x << 32;
  return x;
}

function isHex(byte: u32): bool {
  return byte - 0x30 < 10 || (byte | 0x20) - 0x61 < 6;
}

/** Checks what follows each backslash that begins an escape. */
function escapesAreValid(block: u32, begins: u64): bool {
  let left = begins;
  while (left != 0) {
    const at = block + <u32>ctz(left);
    left &= left - 1;
    const byte: u32 = load<u8>(at, 1);
    if (byte == 0x75) {
      for (let i: u32 = 2; i < 6; i++) if (!isHex(load<u8>(at + i))) return false;
    } else if (
      byte != 0x22 &&
      byte != 0x5c &&
      byte != 0x2f &&
      byte != 0x6e &&
      byte != 0x74 &&
      byte != 0x72 &&
      byte != 0x62 &&
      byte != 0x66
    ) {
      return false;
    }
  }
  return true;
}

/** Writes the structural indexes of whole blocks to INDEX and tells how many; -1 for no JSON. */
function findStructure(from: u32, to: u32): i32 {
  let out: u32 = INDEX;
  const even: u64 = 0x5555555555555555;
  const quotes = i8x16.splat(0x22);
  const backslashes = i8x16.splat(0x5c);
  const spaces = i8x16.splat(0x20);
  for (let at = from; at < to; at += 64) {
    const a = v128.load(at);
    const b = v128.load(at, 16);
    const c = v128.load(at, 32);
    const d = v128.load(at, 48);
    let backslash = bits(
      i8x16.eq(a, backslashes),
      i8x16.eq(b, backslashes),
      i8x16.eq(c, backslashes),
      i8x16.eq(d, backslashes),
    );
    let escaped: u64 = escapedBefore;
    if (backslash == 0) {
      escapedBefore = 0;
    } else {
      backslash &= ~escapedBefore;
      const follows = (backslash << 1) | escapedBefore;
      const oddStarts = backslash & ~even & ~follows;
      const sum = oddStarts + backslash;
      escaped = (even ^ (sum << 1)) & follows;
      escapedBefore = sum < oddStarts ? 1 : 0;
      if (!escapesAreValid(at, backslash & ~escaped)) return -1;
    }
    const quote =
      bits(i8x16.eq(a, quotes), i8x16.eq(b, quotes), i8x16.eq(c, quotes), i8x16.eq(d, quotes)) &
      ~escaped;
    // The opening quote counts as inside, the closing one does not.
    const inString = prefixXor(quote) ^ inStringBefore;
    inStringBefore = <u64>(<i64>inString >> 63);
    const control = bits(
      i8x16.lt_u(a, spaces),
      i8x16.lt_u(b, spaces),
      i8x16.lt_u(c, spaces),
      i8x16.lt_u(d, spaces),
    );
    if ((control & inString) != 0) return -1;
    const operator = bits(isOperator(a), isOperator(b), isOperator(c), isOperator(d)) & ~inString;
    const space = bits(isSpace(a), isSpace(b), isSpace(c), isSpace(d));
    const scalar = ~(operator | space | quote | inString);
    const scalarStart = scalar & ~((scalar << 1) | scalarBefore);
    scalarBefore = scalar >> 63;
    let left = operator | quote | scalarStart;
    while (left != 0) {
      store<u32>(out, at + <u32>ctz(left));
      out += 4;
      left &= left - 1;
    }
  }
  return <i32>((out - INDEX) >> 2);
}

/** The end of a valid number, `true`, `false` or `null`; 0 for anything else. */
function literalEnd(from: u32): u32 {
  let at = from;
  let byte: u32 = load<u8>(at);
  if (byte == 0x74) return load<u32>(at) == 0x65757274 ? at + 4 : 0;
  if (byte == 0x6e) return load<u32>(at) == 0x6c6c756e ? at + 4 : 0;
  if (byte == 0x66) return load<u32>(at, 1) == 0x65736c61 ? at + 5 : 0;
  if (byte == 0x2d) byte = load<u8>(++at);
  if (byte == 0x30) {
    byte = load<u8>(++at);
  } else {
    if (byte - 0x31 > 8) return 0;
    do byte = load<u8>(++at);
    while (byte - 0x30 < 10);
  }
  if (byte == 0x2e) {
    byte = load<u8>(++at);
    if (byte - 0x30 > 9) return 0;
    do byte = load<u8>(++at);
    while (byte - 0x30 < 10);
  }
  if ((byte | 0x20) == 0x65) {
    byte = load<u8>(++at);
    if (byte == 0x2b || byte == 0x2d) byte = load<u8>(++at);
    if (byte - 0x30 > 9) return 0;
    do byte = load<u8>(++at);
    while (byte - 0x30 < 10);
  }
  return at;
}

function mayFollowLiteral(byte: u32): bool {
  return (
    byte == 0x2c ||
    byte == 0x7d ||
    byte == 0x5d ||
    byte == 0x20 ||
    byte == 0x0a ||
    byte == 0x0d ||
    byte == 0x09
  );
}

function hasBackslash(from: u32, to: u32): bool {
  for (let at = from; at < to; at++) if (load<u8>(at) == 0x5c) return true;
  return false;
}

/** Adds a string to the kept text if its bytes are the text as they are: ASCII without escapes. */
function copyIfPlain(from: u32, to: u32): bool {
  let out = keptAt;
  for (let at = from; at < to; at++) {
    const byte: u32 = load<u8>(at);
    if (byte == 0x5c || byte > 0x7f) return false;
    store<u8>(out++, byte);
  }
  keptAt = out;
  return true;
}

@inline
function actionOf(parent: u32, key: u32): u32 {
  return load<u8>(ACTIONS + parent * KEY_COUNT + key);
}

@inline
function mayBeginUrl(byte: u32): bool {
  return byte == 0x68 || byte == 0x48 || byte == 0x5c || byte == 0x25;
}

/**
 * Scans the text of this many bytes at TEXT; `reserve` has been called for it. The text must be
 * valid UTF-8.
 *
 * @returns True: it is JSON and the tape holds what is kept. False: unsure.
 */
export function scan(length: u32): bool {
  const end = TEXT + length;
  // Blanks belong to no token, and what is read beyond the end is never taken for a part of it.
  memory.fill(end, 0x20, PADDING);
  inStringBefore = escapedBefore = scalarBefore = 0;
  tapeAt = tapeStart;
  keptAt = keptStart;
  if (serial > 0xf0000000) {
    memory.fill(SEEN, 0, INDEX - SEEN);
    serial = 0;
  }
  let expect = VALUE;
  let depth: u32 = 0;
  /** Key of the value that comes; inside a list that of the list. */
  let key = rootKey;
  let start: u32 = 0;
  // Of the open container: the key that its object stands under, and whether it is kept.
  let isObject = false;
  let isKept = true;
  let parent = rootKey;
  let from: u32 = TEXT;
  const last = TEXT + ((length + 63) & ~63);
  while (from < last) {
    const to = min(from + CHUNK, last);
    const count = findStructure(from, to);
    if (count < 0) return false;
    from = to;
    const stop = INDEX + (<u32>count << 2);
    for (let next: u32 = INDEX; next < stop; next += 4) {
      const at = load<u32>(next);
      const byte: u32 = load<u8>(at);
      if (byte == 0x22) {
        if (expect == KEY_END) {
          key = keyAt(start, at - start);
          if (key != 0) {
            const seen = SEEN + depth * SEEN_ROW + key * 4;
            const mine = load<u32>(STACK + depth * FRAME_BYTES, 12);
            if (load<u32>(seen) == mine || key == signatureKey) return false;
            store<u32>(seen, mine);
          } else if (hasBackslash(start, at)) {
            return false;
          }
          expect = COLON;
        } else if (expect == STRING_END) {
          const action = key != 0 ? actionOf(parent, key) : 0;
          if (action != 0) {
            if (isKept && (action & KEEP) != 0) {
              const name = isObject ? key : 0;
              if (copyIfPlain(start, at)) {
                emit(PLAIN_STRING, name, keptAt - keptStart - (at - start) + TEXT, keptAt - keptStart + TEXT);
              } else {
                emit(OTHER_STRING, name, start, at);
              }
            }
            if (isObject) {
              if ((action & URL) != 0 && mayBeginUrl(load<u8>(start))) {
                emit(URL_STRING, key, start, at);
              } else if ((action & QUERY) != 0) {
                emit(QUERY_STRING, key, start, at);
              }
            }
          }
          expect = COMMA_OR_END;
        } else if (expect == KEY || expect == KEY_OR_END) {
          start = at + 1;
          expect = KEY_END;
        } else if (expect <= VALUE_OR_END && depth > 0) {
          start = at + 1;
          expect = STRING_END;
        } else {
          return false;
        }
      } else if (byte == 0x2c) {
        if (expect != COMMA_OR_END || depth == 0) return false;
        expect = isObject ? KEY : VALUE;
      } else if (byte == 0x3a) {
        if (expect != COLON) return false;
        expect = VALUE;
      } else if (byte == 0x7b || byte == 0x5b) {
        if (expect > VALUE_OR_END || depth == DEPTH_LIMIT) return false;
        if (depth == 0 && byte == 0x5b) return false;
        const frame = STACK + depth * FRAME_BYTES;
        store<u8>(frame, isObject ? 1 : 0);
        store<u8>(frame, isKept ? 1 : 0, 1);
        store<u8>(frame, parent, 2);
        store<u8>(frame, key, 3);
        const opensObject = byte == 0x7b;
        isKept = isKept && (depth == 0 || (key != 0 && (actionOf(parent, key) & KEEP) != 0));
        if (isKept) emit(opensObject ? OPEN_OBJECT : OPEN_ARRAY, isObject ? key : 0, at, at);
        if (opensObject) parent = key;
        isObject = opensObject;
        depth++;
        store<u32>(STACK + depth * FRAME_BYTES, ++serial, 12);
        expect = opensObject ? KEY_OR_END : VALUE_OR_END;
      } else if (byte == 0x7d || byte == 0x5d) {
        if (depth == 0 || isObject != (byte == 0x7d)) return false;
        if (expect != COMMA_OR_END && expect != (isObject ? KEY_OR_END : VALUE_OR_END)) {
          return false;
        }
        if (isKept) emit(CLOSE, 0, at, at);
        depth--;
        const frame = STACK + depth * FRAME_BYTES;
        isObject = load<u8>(frame) != 0;
        isKept = load<u8>(frame, 1) != 0;
        parent = load<u8>(frame, 2);
        key = load<u8>(frame, 3);
        expect = COMMA_OR_END;
      } else {
        if (expect > VALUE_OR_END || depth == 0) return false;
        const literal = literalEnd(at);
        if (literal == 0) return false;
        if (literal < end && !mayFollowLiteral(load<u8>(literal))) return false;
        if (isKept && key != 0 && (actionOf(parent, key) & KEEP) != 0) {
          emit(LITERAL, isObject ? key : 0, at, literal);
        }
        expect = COMMA_OR_END;
      }
    }
  }
  return inStringBefore == 0 && depth == 0 && expect == COMMA_OR_END && tapeAt <= tapeLimit;
}
