import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkTarget } from '../../../gateway/gate/index.ts';

describe('a request target below the base', () => {
  it.each([
    ['/fhir', '', '', '', false],
    ['/fhir/', '', '', '/', false],
    ['/fhir?_getpages=1', '', '_getpages=1', '', true],
    ['/fhir/Patient/1', 'Patient/1', '', '/Patient/1', false],
    ['/fhir/Patient/', 'Patient', '', '/Patient/', false],
    ['/fhir/Patient?', 'Patient', '', '/Patient', true],
    [
      '/fhir/Patient?name=a|b//c%0d%0a&x=%2e%2e/..;',
      'Patient',
      'name=a|b//c%0d%0a&x=%2e%2e/..;',
      '/Patient',
      true,
    ],
    ['/fhir/Patient?a=1?b=2', 'Patient', 'a=1?b=2', '/Patient', true],
    ['/fhir/Patient/1/_history/2', 'Patient/1/_history/2', '', '/Patient/1/_history/2', false],
    ['/fhir/ValueSet/$expand', 'ValueSet/$expand', '', '/ValueSet/$expand', false],
    ['/fhir/Patient/a%20b%C3%A9', 'Patient/a%20b%C3%A9', '', '/Patient/a%20b%C3%A9', false],
    [
      '/fhir/.well-known/smart-configuration',
      '.well-known/smart-configuration',
      '',
      '/.well-known/smart-configuration',
      false,
    ],
    ['/fhir/Patient/..1', 'Patient/..1', '', '/Patient/..1', false],
    ['/fhir/Patient/1..', 'Patient/1..', '', '/Patient/1..', false],
  ])('%s passes', (target, path, query, pathSuffix, hasQuery) => {
    expect(checkTarget(target, '/fhir')).toEqual({ kind: 'ok', path, query, pathSuffix, hasQuery });
  });

  it('passes below a base at the root', () => {
    expect(checkTarget('/Patient/1', '')).toMatchObject({ kind: 'ok', path: 'Patient/1' });
    expect(checkTarget('/', '')).toMatchObject({ kind: 'ok', path: '' });
  });
});

describe('a request target outside the base', () => {
  it.each([
    ['/'],
    ['/fhir2'],
    ['/fhir2/Patient/1'],
    ['/FHIR/Patient/1'],
    ['/fhi'],
    ['/%66hir/Patient/1'],
    ['/admin'],
  ])('%s is not found', (target) => {
    expect(checkTarget(target, '/fhir')).toEqual({ kind: 'refused', reason: 'not-found' });
  });
});

describe('a request target that can be read in two ways', () => {
  it.each([
    ['http://evil.example/fhir/Patient/1'],
    ['//evil.example/fhir/Patient/1'],
    ['/\\evil.example/fhir'],
    ['evil.example:443'],
    ['*'],
    [''],
    ['fhir/Patient/1'],
    ['/fhir//Patient/1'],
    ['/fhir/Patient//'],
    ['/fhir/../admin'],
    ['/fhir/./Patient'],
    ['/fhir/Patient/..'],
    ['/fhir/%2e%2e/admin'],
    ['/fhir/%2E/Patient'],
    ['/fhir/.%2e/admin'],
    ['/fhir/..%2fadmin'],
    ['/fhir/Patient%2F1'],
    ['/fhir/Patient%5c1'],
    ['/fhir/..;/admin'],
    ['/fhir/Patient;x=1/1'],
    ['/fhir/Patient%3bx/1'],
    ['/fhir/%252e%252e/admin'],
    ['/fhir/%25252e%25252e/admin'],
    ['/fhir/Patient/100%25'],
    ['/fhir/Patient%00'],
    ['/fhir/Patient%0a'],
    ['/fhir/Patient%7f'],
    ['/fhir/Patient%C2%85'],
    ['/fhir/%c0%ae%c0%ae/admin'],
    ['/fhir/%ff'],
    ['/fhir/%zz'],
    ['/fhir/Patient%'],
    ['/fhir/Patient?x=%'],
    ['/fhir/Patient?x=%g1'],
    ['/fhir/Patient 1'],
    ['/fhir/Patient\t1'],
    ['/fhir/Patient\u0000'],
    ['/fhir/Patient\r\nX: y'],
    ['/fhir/Pätient'],
    ['/fhir/Patient#x'],
    ['/fhir/Patient?x=#y'],
    ...Array.from('\\#<>"{}^`', (it) => [`/fhir/Patient?x=${it}`]),
    ...Array.from('\\#<>"{}^`', (it) => [`/fhir/Patient/${it}`]),
  ])('%j is refused', (target) => {
    expect(checkTarget(target, '/fhir')).toEqual({ kind: 'refused', reason: 'target-refused' });
  });

  it('never passes: what passes has no dot segment after three decodings, for any text', () => {
    const piece = fc.constantFrom(
      '.',
      '..',
      '/',
      '%2e',
      '%2f',
      '%25',
      '%252e',
      ';',
      'a',
      '%',
      '\\',
      '%5c',
      '?',
    );
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const target = `/fhir/${pieces.join('')}`;
        const result = checkTarget(target, '/fhir');
        if (result.kind === 'refused') return;
        let path = target.split('?')[0] ?? '';
        for (let i = 0; i < 3; i++) path = decodeURIComponent(path);
        expect(new URL(path, 'http://x').pathname).toBe(path);
        expect(path).not.toMatch(/\/\/|\\|;/);
        // Verbatim: nothing is lost on the way.
        expect(`/fhir${result.pathSuffix}${result.hasQuery ? '?' : ''}${result.query}`).toBe(
          target,
        );
      }),
      { numRuns: 3000 },
    );
  });
});
