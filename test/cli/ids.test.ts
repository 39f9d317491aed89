import { describe, expect, it } from 'vitest';
import { createIds } from '../../cli/ids.ts';

describe('new ids', () => {
  it('are ULIDs that rise and never repeat, also within a millisecond', () => {
    const newId = createIds();
    const ids = Array.from({ length: 20_000 }, () => newId());
    expect(ids.every((id) => /^[0-9A-HJKMNP-TV-Z]{26}$/.test(id))).toBe(true);
    expect(new Set(ids).size).toBe(ids.length);
    expect([...ids].sort()).toEqual(ids);
  });

  it('of two processes have nothing but the instant in common', () => {
    const tail = (id: string): string => id.slice(10);
    const drawn = Array.from({ length: 200 }, () => tail(createIds()()));
    expect(new Set(drawn).size).toBe(drawn.length);
    const characters = new Set(drawn.join('').match(/./g));
    expect(characters.size).toBe(32);
  });
});
