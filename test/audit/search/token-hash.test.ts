import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeTokenHash } from '../../../audit/search/token-hash.ts';

describe('the token hash', () => {
  it('is HMAC-SHA-256 of parameter NUL value, cut to 64 bits, also for what it remembers', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 16, maxLength: 100 }),
        fc.array(fc.string({ unit: 'binary' }), { maxLength: 12 }),
        (key, values) => {
          const tokenHash = makeTokenHash(key, 4);
          for (const value of [...values, ...values]) {
            const expected = createHmac('sha256', key).update(`agent\0${value}`).digest('hex');
            expect(tokenHash('agent', value)).toBe(expected.slice(0, 16));
          }
        },
      ),
    );
  });

  it('differs by parameter and by key', () => {
    const one = makeTokenHash(new Uint8Array(32).fill(1));
    const two = makeTokenHash(new Uint8Array(32).fill(2));
    const tokens = [one('agent', 'x'), one('patient', 'x'), two('agent', 'x')];
    expect(new Set(tokens).size).toBe(3);
  });
});
