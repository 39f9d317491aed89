/** The fast text of an event is the text of `JSON.stringify`. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renderEvent, shareText } from '../../../audit/event/render.ts';

describe('rendering', () => {
  it('gives the text of JSON.stringify, whatever is shared', () => {
    const part = fc
      .jsonValue()
      .map((value) => (typeof value === 'object' && value !== null ? shareText(value) : value));
    const value = fc.oneof(part, fc.array(part), fc.jsonValue(), fc.constant(undefined));
    fc.assert(
      fc.property(fc.dictionary(fc.stringMatching(/^[a-z]+$/), value, { minKeys: 1 }), (event) => {
        expect(renderEvent(event)).toBe(JSON.stringify(event));
      }),
    );
  });
});
