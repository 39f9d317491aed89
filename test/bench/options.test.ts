/** The command line of the benchmark. */
import { describe, expect, it } from 'vitest';
import { UsageError, parseOptions } from '../../bench/options.ts';

describe('the command line', () => {
  it('measures the two default cases and all legs when nothing is said', () => {
    const options = parseOptions([]);
    expect(options?.cases.map(({ name }) => name)).toEqual(['read-2k', 'searchset-65k']);
    expect(options?.legs).toHaveLength(3);
    expect(options?.connections).toBe(32);
  });

  it('takes what is said', () => {
    const options = parseOptions(['--case', 'read-2k', '--rounds', '2', '--seconds', '0.5']);
    expect(options).toMatchObject({ rounds: 2, seconds: 0.5 });
    expect(options?.cases).toHaveLength(1);
  });

  it('gives help', () => {
    expect(parseOptions(['--help'])).toBeUndefined();
  });

  it.each([
    ['--case', 'x'],
    ['--leg', 'x'],
    ['--rounds', '0'],
    ['--seconds', '-1'],
    ['--what', 'x'],
  ])('refuses %s %s', (option, value) => {
    expect(() => parseOptions([`${option}=${value}`])).toThrow(UsageError);
  });
});
