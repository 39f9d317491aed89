/**
 * Finds out whether a URL lies under one of the bases, on a segment boundary, in whatever spelling,
 * and how the other base has to be spelled in its place. Allocates nothing for a URL that does not
 * match, and for the two common spellings nothing either.
 */
import type { Base } from './base.ts';
import { codeAt, widthAt, type Notation } from './spelling.ts';

/** Matches URLs under a base and knows their replacement. Not re-entrant. */
export interface Matcher {
  /** True when there is nothing to match. */
  readonly isEmpty: boolean;
  /** End of the base that starts at `at`, or -1. `replacement` then tells what goes there. */
  match(bytes: Uint8Array, at: number, end: number, notation: Notation): number;
  /** The other base in the spelling of the last match. */
  replacement(bytes: Uint8Array): Buffer;
}

const colon = 0x3a;
const slash = 0x2f;

/** Where the first `:` and the first `/` of the last match stand: the sample for the spelling. */
interface Sample {
  colonAt: number;
  slashAt: number;
}

/** Makes a matcher from several bases to one. The longest base wins. */
export function createMatcher(from: readonly Base[], to: Base): Matcher {
  const bases = [...new Map(from.map((base) => [base.href, base])).values()]
    .filter((base) => base.href !== to.href)
    .sort((a, b) => b.href.length - a.href.length);
  const plain = Buffer.from(to.href, 'latin1');
  const slashesEscaped = Buffer.from(to.href.replaceAll('/', '\\/'), 'latin1');
  const sample: Sample = { colonAt: -1, slashAt: -1 };
  let last: Notation = { json: false, percent: false };
  return {
    isEmpty: bases.length === 0,
    match(bytes, at, end, notation) {
      const first = bytes[at];
      // 'h', 'H', an escape: everything else cannot start with http.
      if (first !== 0x68 && first !== 0x48 && first !== 0x5c && first !== 0x25) return -1;
      last = notation;
      for (const base of bases) {
        const matched = matchBase(base, bytes, at, end, notation, sample);
        if (matched >= 0) return matched;
      }
      return -1;
    },
    replacement(bytes) {
      const { colonAt, slashAt } = sample;
      if (bytes[colonAt] === colon && bytes[slashAt] === slash) return plain;
      const colonText = spelledAt(bytes, sample.colonAt, last);
      const slashText = spelledAt(bytes, sample.slashAt, last);
      if (colonText === ':' && slashText === '\\/') return slashesEscaped;
      return Buffer.from(spell(to.href, colonText, slashText), 'latin1');
    },
  };
}

function spelledAt(bytes: Uint8Array, at: number, notation: Notation): string {
  const width = widthAt(bytes, at, bytes.length, notation);
  return String.fromCharCode(...bytes.subarray(at, at + width));
}

function spell(href: string, colonText: string, slashText: string): string {
  return Array.from(href, (character) => {
    if (character === ':') return colonText;
    if (character === '/') return slashText;
    return slashText.startsWith('%') ? encodeURIComponent(character) : character;
  }).join('');
}

function matchBase(
  base: Base,
  bytes: Uint8Array,
  at: number,
  end: number,
  notation: Notation,
  sample: Sample,
): number {
  sample.colonAt = -1;
  sample.slashAt = -1;
  let next = matchText(base.head, true, bytes, at, end, notation, sample);
  if (next < 0) return -1;
  next = matchPort(base, bytes, next, end, notation, sample);
  if (next < 0) return -1;
  next = matchText(base.path, false, bytes, next, end, notation, sample);
  return next >= 0 && isBoundary(bytes, next, end, notation) ? next : -1;
}

/** The default port may be left out; behind some proxies a port stands twice. */
function matchPort(
  base: Base,
  bytes: Uint8Array,
  at: number,
  end: number,
  notation: Notation,
  sample: Sample,
): number {
  let next = at;
  for (let times = 0; times < 2; times++) {
    const width = widthAt(bytes, next, end, notation);
    const after =
      next < end && codeAt(bytes, next, width) === colon
        ? matchText(base.port, false, bytes, next + width, end, notation, sample)
        : -1;
    if (after < 0) return times > 0 || base.portIsDefault ? next : -1;
    next = after;
  }
  return next;
}

function matchText(
  text: Uint8Array,
  ignoreCase: boolean,
  bytes: Uint8Array,
  at: number,
  end: number,
  notation: Notation,
  sample: Sample,
): number {
  let next = at;
  for (const wanted of text) {
    if (next >= end) return -1;
    const width = widthAt(bytes, next, end, notation);
    const code = codeAt(bytes, next, width);
    if (code !== wanted && !(ignoreCase && code >= 0x41 && code <= 0x5a && code + 0x20 === wanted))
      return -1;
    if (wanted === slash && sample.slashAt < 0) sample.slashAt = next;
    else if (wanted === colon && sample.colonAt < 0) sample.colonAt = next;
    next += width;
  }
  return next;
}

function isBoundary(bytes: Uint8Array, at: number, end: number, notation: Notation): boolean {
  if (at >= end) return true;
  const code = codeAt(bytes, at, widthAt(bytes, at, end, notation));
  if (code === slash || code === 0x3f || code === 0x23) return true;
  // In a query the value also ends at the next parameter or the next of several values.
  return notation.percent && (code === 0x26 || code === 0x2c || code === 0x24);
}
