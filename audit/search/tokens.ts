/**
 * The tokens that stand for values in the index file, so that it holds no identifier of a patient
 * or user: base 32 of a keyed SHA-256 of what it is, parameter and value, cut to 60 bits. The first
 * letter tells kinds of token apart.
 */
import { hash } from 'node:crypto';
import type { Reference, ReferencePattern, TermPattern } from './query.ts';

/** Makes tokens; remembers recent ones. */
export interface Tokens {
  /** The tokens of one value of an event. */
  readonly ofTerm: (parameter: string, system: string | undefined, value: string) => string;
  readonly ofReference: (parameter: string, reference: Reference) => string;
  /** FTS5 terms, any of which an event with a fitting value has, and no other event. */
  readonly findTerm: (parameter: string, pattern: TermPattern) => readonly string[];
  readonly findReference: (parameter: string, pattern: ReferencePattern) => readonly string[];
  /** Tells whether a file was made with the same key. */
  readonly keyCheck: string;
}

const characters = '0123456789abcdefghijklmnopqrstuv';

/**
 * Makes tokens with a key.
 *
 * @param key Secret of at least 16 bytes. With it and the file, guesses can be confirmed.
 * @param remembered How many values to remember: most of an event's values recur in the next one.
 */
export function makeTokens(key: Uint8Array, remembered = 40_000): Tokens {
  const digest = makeDigest(key);
  const memo = makeMemo(remembered);
  const token = (kind: string, parameter: string, text: string, length: number): string =>
    base32(digest(`${kind}\0${parameter}\0${text}`), length);
  const valueAlone = (parameter: string, value: string): string =>
    `n${token('no-system', parameter, value, 12)}`;
  const value = (parameter: string, text: string): string =>
    `v${token('value', parameter, text, 12)}`;
  const both = (parameter: string, system: string, text: string): string =>
    `s${token('system-value', parameter, `${String(system.length)} ${system}${text}`, 12)}`;
  const system = (parameter: string, text: string): string =>
    `y${token('system', parameter, text, 12)}`;
  // The id first, so that an id of any type can be found by a prefix.
  const id = (parameter: string, base: string, text: string): string =>
    `r${token('id', parameter, `${String(base.length)} ${base}${text}`, 11)}`;
  const type = (text: string): string => token('type', '', text, 4);
  return {
    ofTerm: (parameter, its, text) =>
      memo(`${parameter} ${its === undefined ? '' : String(its.length)} ${its ?? ''}${text}`, () =>
        its === undefined
          ? valueAlone(parameter, text)
          : `${value(parameter, text)} ${both(parameter, its, text)} ${system(parameter, its)}`,
      ),
    ofReference: (parameter, reference) =>
      memo(
        `${parameter}\0${reference.base}\0${reference.type}/${reference.id}`,
        () =>
          id(parameter, reference.base, reference.id) +
          memo(`type\0${reference.type}`, () => type(reference.type)),
      ),
    findTerm: (parameter, pattern) => {
      if (pattern.value === undefined) {
        return pattern.system === undefined ? [] : [system(parameter, pattern.system)];
      }
      if (pattern.system === undefined) {
        return [valueAlone(parameter, pattern.value), value(parameter, pattern.value)];
      }
      return pattern.system === ''
        ? [valueAlone(parameter, pattern.value)]
        : [both(parameter, pattern.system, pattern.value)];
    },
    findReference: (parameter, pattern) =>
      pattern.bases.map((base) => {
        const head = id(parameter, base, pattern.id);
        return pattern.type === undefined ? `${head}*` : head + type(pattern.type);
      }),
    keyCheck: token('key-check', '', '', 12),
  };
}

/** Two generations make a cheap "least recently used": what is asked for moves to the young one. */
function makeMemo(remembered: number): (text: string, make: () => string) => string {
  let young = new Map<string, string>();
  let old = new Map<string, string>();
  return (text, make) => {
    const known = young.get(text);
    if (known !== undefined) return known;
    const made = old.get(text) ?? make();
    if (young.size >= remembered / 2) {
      old = young;
      young = new Map();
    }
    young.set(text, made);
    return made;
  };
}

/**
 * The digest of a text, in hex: the HMAC construction (RFC 2104) with a key of one block, but for the
 * inner digest, which is hashed as hex text.
 */
function makeDigest(key: Uint8Array): (text: string) => string {
  // Hex text of 32 bytes fills the block and, xored with the pads, stays ASCII: hashing strings is
  // four times as fast as hashing bytes.
  const block = key.length === 32 ? Buffer.from(key).toString('hex') : hash('sha256', key, 'hex');
  const inner = pad(block, 0x36);
  const outer = pad(block, 0x5c);
  return (text) => hash('sha256', outer + hash('sha256', inner + text, 'hex'), 'hex');
}

/** Five bits of each two digits. */
function base32(hex: string, length: number): string {
  let text = '';
  for (let i = 0; i < length; i++) {
    const high = nibbles[hex.charCodeAt(2 * i)] ?? 0;
    const low = nibbles[hex.charCodeAt(2 * i + 1)] ?? 0;
    text += characters[(high % 2) * 16 + low] ?? '';
  }
  return text;
}

/** Value of a hex digit, by its character code. */
const nibbles = Uint8Array.from({ length: 128 }, (_, code) => {
  const value = Number.parseInt(String.fromCharCode(code), 16);
  return Number.isNaN(value) ? 0 : value;
});

function pad(block: string, byte: number): string {
  return Array.from(block, (digit) => String.fromCharCode(xor(digit.charCodeAt(0), byte))).join('');
}

function xor(a: number, b: number): number {
  let result = 0;
  for (let bit = 1; bit < 256; bit *= 2) {
    if (Math.floor(a / bit) % 2 !== Math.floor(b / bit) % 2) result += bit;
  }
  return result;
}
