/** Reading members of JSON from outside. */
import { describe, expect, it } from 'vitest';
import { boundedText, isJsonObject, member, parseJsonObject } from '../../smart/untrusted-json.ts';

describe('a member', () => {
  it('is an own one, never one that the prototype lends', () => {
    for (const name of ['constructor', 'toString', '__proto__']) {
      expect(member({}, name)).toBeUndefined();
      expect(member(parseJsonObject(`{"${name}":1}`), name)).toBe(1);
    }
    expect(member(undefined, 'a')).toBeUndefined();
  });
});

describe('a text', () => {
  it('is a string that is not empty, or a whole number', () => {
    expect([boundedText('a'), boundedText(7)]).toEqual(['a', '7']);
    for (const value of ['', 1.5, 2 ** 60, Number.NaN, true, null, undefined, [], {}]) {
      expect(boundedText(value)).toBeUndefined();
    }
  });
});

describe('an object', () => {
  it('is neither a list nor null', () => {
    expect(isJsonObject({})).toBe(true);
    expect([[], null, 'x', undefined].map(isJsonObject)).toEqual([false, false, false, false]);
    expect(['[]', 'null', '{', ''].map(parseJsonObject)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });
});
