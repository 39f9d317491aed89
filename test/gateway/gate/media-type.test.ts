import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseMediaType } from '../../../gateway/gate/index.ts';

describe('a media type', () => {
  it('is parsed without case, quotes and spaces', () => {
    expect(parseMediaType(' Application/FHIR+json ; Charset="utf\\-8" ;fhirVersion=4.0; ')).toEqual(
      {
        essence: 'application/fhir+json',
        parameters: new Map([
          ['charset', 'utf-8'],
          ['fhirversion', '4.0'],
        ]),
      },
    );
    expect(parseMediaType('a/b;x="1;2"')?.parameters.get('x')).toBe('1;2');
    expect(parseMediaType('*/*')?.essence).toBe('*/*');
  });

  it.each([
    [''],
    ['json'],
    ['a/b/c'],
    ['a /b'],
    ['a/b;x'],
    ['a/b;x=1;x=2'],
    ['a/b, c/d'],
    ['a/b;x="1'],
  ])('%j is none', (value) => {
    expect(parseMediaType(value)).toBeUndefined();
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.string(), (it) => {
        parseMediaType(it);
      }),
    );
  });
});
