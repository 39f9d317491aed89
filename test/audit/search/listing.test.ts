import { describe, expect, it } from 'vitest';
import { newListing, openListing } from '../../../audit/search/listing.ts';
import { findSecret } from '../../support/canary-search.ts';

const key = new Uint8Array(32).fill(1);

describe('the list of values', () => {
  it('gives each value a token, and the same one again', () => {
    const list = newListing(key);
    const token = list.tokenOf('type', 'urn:x', 'rest');
    expect(list.tokenOf('type', 'urn:x', 'rest')).toBe(token);
    const others = [
      list.tokenOf('type', undefined, 'rest'),
      list.tokenOf('type', 'urn:y', 'rest'),
      list.tokenOf('subtype', 'urn:x', 'rest'),
    ];
    expect(new Set([token, ...others]).size).toBe(4);
  });

  it('finds values of one parameter', () => {
    const list = newListing(key);
    list.tokenOf('address', undefined, '10.0.0.1');
    list.tokenOf('agent-name', undefined, '10.0.0.1');
    const found = list.find('address', ({ value }) => value.startsWith('10.'));
    expect(found.map(({ value }) => value)).toEqual(['10.0.0.1']);
    expect(list.find('site', () => true)).toEqual([]);
  });

  it('is taken up where it was left, from sealed rows that hold nothing in the clear', () => {
    const first = newListing(key);
    const tokens = [
      first.tokenOf('agent-name', undefined, 'canary-name'),
      first.tokenOf('type', 'canary-system', 'x'),
    ];
    const rows = first.takeNew();
    expect(first.takeNew()).toEqual([]);
    for (const { sealed } of rows) {
      for (const canary of ['canary-name', 'canary-system']) {
        expect(findSecret(Buffer.from(sealed), canary)).toEqual([]);
      }
    }
    const second = openListing(key, rows);
    expect(second?.tokenOf('agent-name', undefined, 'canary-name')).toBe(tokens[0]);
    expect(second?.tokenOf('type', 'canary-system', 'x')).toBe(tokens[1]);
    expect(second?.takeNew()).toEqual([]);
    expect(tokens).not.toContain(second?.tokenOf('type', 'canary-system', 'y'));
  });

  it('does not open with another key, nor when it was changed', () => {
    const list = newListing(key);
    list.tokenOf('type', undefined, 'x');
    const rows = list.takeNew();
    expect(openListing(key, rows)).toBeDefined();
    expect(openListing(new Uint8Array(32).fill(2), rows)).toBeUndefined();
    const changed = rows.map(({ number, sealed }) => ({
      number,
      sealed: sealed.slice().reverse(),
    }));
    expect(openListing(key, changed)).toBeUndefined();
  });
});
