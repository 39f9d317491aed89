/** The grammar of SMART scopes, 1.0 and 2.x, and what is no scope of SMART. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseScopes } from '../../smart/index.ts';
import type { ParsedScope } from '../../smart/index.ts';

function parse(scope: string): ParsedScope | undefined {
  return parseScopes(scope)[0];
}

function letters(scope: string): string {
  const parsed = parse(scope);
  if (parsed?.kind !== 'resource') return parsed?.kind ?? '';
  const { create, read, update, search } = parsed.permissions;
  const given = [
    create && 'c',
    read && 'r',
    update && 'u',
    parsed.permissions.delete && 'd',
    search && 's',
  ];
  return `${parsed.version} ${given.filter((letter) => letter !== false).join('')}`;
}

describe('a resource scope', () => {
  it.each([
    ['patient/Observation.read', 'v1 rs'],
    ['patient/Observation.write', 'v1 cud'],
    ['user/*.*', 'v1 cruds'],
    ['patient/Patient.Read', 'v1 rs'],
    ['patient/Patient.Search', 'v1 s'],
    ['patient/Observation.rs', 'v2 rs'],
    ['system/*.cruds', 'v2 cruds'],
    ['user/Patient.d', 'v2 d'],
    ['patient/Observation.sr', 'other'],
    ['patient/Observation.rr', 'other'],
    ['patient/Observation.', 'other'],
    ['patient/Observation.x', 'other'],
    ['patient/Observation', 'other'],
    ['practice/Observation.rs', 'other'],
    ['patient/Observation.read?code=1', 'other'],
  ])('%s allows %s', (scope, expected) => {
    expect(letters(scope)).toBe(expected);
  });

  it('keeps its query as it is', () => {
    const query = 'category=http://terminology.hl7.org/x|laboratory&a=b%20c,d';
    const raw = `patient/Observation.rs?${query}`;
    expect(parse(raw)).toMatchObject({
      kind: 'resource',
      raw,
      level: 'patient',
      resourceType: 'Observation',
      query,
    });
  });

  it('may have the form of a URI', () => {
    const raw = 'http://smarthealthit.org/fhir/scopes/user/Patient.rs';
    expect(parse(raw)).toMatchObject({ kind: 'resource', raw, level: 'user' });
  });
});

describe('another scope', () => {
  it.each([
    ['launch', { kind: 'launch' }],
    ['launch/patient', { kind: 'launch', context: 'patient' }],
    ['launch/location?role=x', { kind: 'launch', context: 'location?role=x' }],
    ['openid', { kind: 'identity' }],
    ['fhirUser', { kind: 'identity' }],
    ['fhiruser', { kind: 'identity' }],
    ['profile', { kind: 'identity' }],
    ['offline_access', { kind: 'refresh' }],
    ['online_access', { kind: 'refresh' }],
    ['udap', { kind: 'other' }],
    ['launchpad', { kind: 'other' }],
  ])('%s is of its kind', (raw, expected) => {
    expect(parse(raw)).toEqual({ raw, ...expected });
  });

  it('is kept word by word, whatever it is', () => {
    const word = fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => !/\s/.test(text));
    fc.assert(
      fc.property(fc.array(word), (words) => {
        expect(parseScopes(words).map((scope) => scope.raw)).toEqual(words);
        expect(parseScopes(words.join(' '))).toEqual(parseScopes(words));
      }),
    );
  });
});
