/** When two spellings are the same base: on this it depends whose `aud` is swapped. */
import { describe, expect, it } from 'vitest';
import { normaliseBase, sameBaseAs } from '../../../gateway/smart/same-url.ts';

const isOwn = sameBaseAs(['https://gw.example.org/fhir']);

describe('the same base', () => {
  it.each([
    'https://gw.example.org/fhir',
    'https://gw.example.org/fhir/',
    'HTTPS://GW.Example.ORG/fhir',
    'https://gw.example.org:443/fhir',
    'https://gw.example.org/%66hir',
    'https://gw%2Eexample.org/fhir',
  ])('is %s', (text) => {
    expect(isOwn(text)).toBe(true);
  });
});

describe('another base', () => {
  it.each([
    'https://gw.example.org/fhir/x',
    'https://gw.example.org/fhir2',
    'https://gw.example.org/fhir//',
    'https://gw.example.org/FHIR',
    'https://gw.example.org/fhir?',
    'https://gw.example.org/fhir?a=b',
    'https://gw.example.org/fhir#a',
    'https://gw.example.org/x/../fhir',
    'https://gw.example.org/./fhir',
    'https://gw.example.org\\fhir',
    'https://gw.example.org:8443/fhir',
    'https://gw.example.org:80/fhir',
    'https://gw.example.org./fhir',
    'https://gw.example.evil/fhir',
    'https://gw@evil.example/fhir',
    'https://gw.example.org@evil.example/fhir',
    'https://user@gw.example.org/fhir',
    'https://gw.example.org%2Ffhir',
    'http://gw.example.org/fhir',
    '//gw.example.org/fhir',
    'gw.example.org/fhir',
    ' https://gw.example.org/fhir',
    '',
  ])('is %j', (text) => {
    expect(isOwn(text)).toBe(false);
  });

  it('is everything when there is no usable base to compare with', () => {
    expect(sameBaseAs(['not a url'])('not a url')).toBe(false);
  });
});

describe('the normal form', () => {
  it('keeps the port that is not the default, and IPv6 hosts', () => {
    expect(normaliseBase('http://[::1]:8080/fhir/')).toBe('http://[::1]:8080/fhir');
    expect(normaliseBase('http://[::1]:80/fhir')).toBe('http://[::1]/fhir');
  });

  it('is its own normal form', () => {
    const once = normaliseBase('HTTPS://A.Example:443/x%7Ey%2F/') ?? '';
    expect(once).toBe('https://a.example/x~y%2F');
    expect(normaliseBase(once)).toBe(once);
  });
});
