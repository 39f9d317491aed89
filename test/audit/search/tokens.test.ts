import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeTokens } from '../../../audit/search/tokens.ts';
import type { Tokens } from '../../../audit/search/tokens.ts';

const key = new Uint8Array(32).fill(1);

/** Tokens that a text of the index holds. */
const indexed = (text: string): readonly string[] => text.split(' ');

/** Whether what is looked for is in the index: as FTS5 does it. */
const matches = (terms: readonly string[], text: string): boolean =>
  terms.some((term) =>
    indexed(text).some((token) =>
      term.endsWith('*') ? token.startsWith(term.slice(0, -1)) : token === term,
    ),
  );

const word = fc.constantFrom('a', 'b', 'a\0b', '', 'ä');
const system = fc.option(fc.constantFrom('x', 'y', 'x\0a'), { nil: undefined });

describe('tokens of a value', () => {
  it('are found by the patterns that fit it, and by no others', () => {
    fc.assert(
      fc.property(system, word, fc.option(system, { nil: '' }), word, (its, value, asked, code) => {
        const tokens = makeTokens(key);
        const text = tokens.ofTerm('agent.identifier', its, value);
        const pattern = { system: asked, value: code };
        const fits = code === value && (asked === undefined || asked === (its ?? ''));
        expect(matches(tokens.findTerm('agent.identifier', pattern), text)).toBe(fits);
        expect(matches(tokens.findTerm('source.identifier', pattern), text)).toBe(false);
      }),
    );
  });

  it('are found by their system alone', () => {
    const tokens = makeTokens(key);
    const text = tokens.ofTerm('agent.identifier', 'x', 'a');
    const found = (its: string): boolean =>
      matches(tokens.findTerm('agent.identifier', { system: its, value: undefined }), text);
    expect([found('x'), found('y')]).toEqual([true, false]);
  });
});

describe('the token of a reference', () => {
  const find = (tokens: Tokens, bases: string[], type: string | undefined, id: string): boolean =>
    matches(
      tokens.findReference('agent', { bases, type, id }),
      tokens.ofReference('agent', { base: 'https://ehr', type: 'Device', id: '7' }),
    );

  it('is found by type and id, and by id alone, under its base', () => {
    const tokens = makeTokens(key);
    expect(find(tokens, ['https://ehr'], 'Device', '7')).toBe(true);
    expect(find(tokens, ['', 'https://ehr'], undefined, '7')).toBe(true);
    expect(find(tokens, [''], 'Device', '7')).toBe(false);
    expect(find(tokens, ['https://ehr'], 'Patient', '7')).toBe(false);
    expect(find(tokens, ['https://ehr'], undefined, '8')).toBe(false);
  });
});

describe('tokens', () => {
  it('are 13 or 16 letters and digits, the same when they are made again', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' }), { maxLength: 20 }), (values) => {
        const tokens = makeTokens(key);
        const once = values.map((value) => tokens.ofTerm('_id', undefined, value));
        expect(values.map((value) => tokens.ofTerm('_id', undefined, value))).toEqual(once);
        for (const token of once) expect(token).toMatch(/^n[0-9a-v]{12}$/);
        const reference = tokens.ofReference('agent', { base: '', type: 'Patient', id: '1' });
        expect(reference).toMatch(/^r[0-9a-v]{15}$/);
      }),
    );
  });

  it('differ by parameter and by key, keys of any length', () => {
    const keys = [key, new Uint8Array(32).fill(2), new Uint8Array(16).fill(1), new Uint8Array(99)];
    const made = keys.flatMap((one) => {
      const tokens = makeTokens(one);
      return [tokens.ofTerm('_id', undefined, 'x'), tokens.ofTerm('session', undefined, 'x')];
    });
    expect(new Set(made).size).toBe(8);
    expect(new Set(keys.map((one) => makeTokens(one).keyCheck)).size).toBe(4);
  });
});
