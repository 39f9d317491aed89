/**
 * The tokens that stand for values in the index file, so that it holds no identifier of a patient
 * or user: base 32 of a keyed SHA-256 of what it is, parameter and value, cut to 60 bits. The first
 * letter tells kinds of token apart.
 */
import { hash } from 'node:crypto';
import type { Reference, ReferencePattern, TermPattern } from './query.ts';

/** Makes tokens. */
export interface Tokens {
  /** The tokens of one value of an event, separated by spaces. */
  readonly ofTerm: (parameter: string, system: string | undefined, value: string) => string;
  readonly ofReference: (parameter: string, reference: Reference) => string;
  /** FTS5 terms, any of which an event with a fitting value has, and no other event. */
  readonly findTerm: (parameter: string, pattern: TermPattern) => readonly string[];
  readonly findReference: (parameter: string, pattern: ReferencePattern) => readonly string[];
  /** Tells whether a file was made with the same key. */
  readonly keyCheck: string;
}

const characters = '0123456789abcdefghijklmnopqrstuv';

/** @param key Secret of at least 16 bytes. With it and the file, guesses can be confirmed. */
export function makeTokens(key: Uint8Array): Tokens {
  const digest = makeDigest(key);
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
  const types = new Map<string, string>();
  const typeOnce = (text: string): string => {
    const made = types.get(text) ?? type(text);
    // There are some 150 types; whatever else looks like one must not fill the memory.
    if (types.size < 1000) types.set(text, made);
    return made;
  };
  return {
    ofTerm: (parameter, its, text) =>
      its === undefined
        ? valueAlone(parameter, text)
        : `${value(parameter, text)} ${both(parameter, its, text)} ${system(parameter, its)}`,
    ofReference: (parameter, reference) =>
      id(parameter, reference.base, reference.id) + typeOnce(reference.type),
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

/**
 * The keyed digest of a text, in hex: SHA-256 of a key and the text. What could be made of one digest
 * without the key, that of a longer text, needs all of its bits, and a token has 60 or 75 of 256.
 */
function makeDigest(key: Uint8Array): (text: string) => string {
  // As hex text it fills a block of the hash; and to hash a string is four times as fast as bytes.
  const block = hash('sha256', key, 'hex');
  return (text) => hash('sha256', block + text, 'hex');
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
