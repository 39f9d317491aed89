import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withoutCredentialPairs, withoutCredentials } from '../../gateway/credentials.ts';

const token = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl';

describe('a request target without its credentials', () => {
  it.each([
    ['/fhir/Patient?access_token=s3cr3t', '/fhir/Patient?access_token=redacted'],
    [
      '/fhir/Patient?name=a&access_token=s3cr3t&_count=1',
      '/fhir/Patient?name=a&access_token=redacted&_count=1',
    ],
    ['/fhir/Patient?ACCESS_TOKEN=s3cr3t', '/fhir/Patient?ACCESS_TOKEN=redacted'],
    ['/fhir/Patient?access%5Ftoken=s3cr3t', '/fhir/Patient?access%5Ftoken=redacted'],
    ['/fhir/Patient?%61ccess_token=s3cr3t', '/fhir/Patient?%61ccess_token=redacted'],
    ['/fhir/Patient?client_secret=s3cr3t', '/fhir/Patient?client_secret=redacted'],
    ['https://user:s3cr3t@host/fhir', 'https://host/fhir'],
    [`/fhir/Patient/${token}`, '/fhir/Patient/redacted'],
    [`/fhir/Patient?name=${token}`, '/fhir/Patient?name=redacted'],
  ])('%s becomes %s', (target, cleaned) => {
    expect(withoutCredentials(target)).toBe(cleaned);
    expect(withoutCredentials(target)).not.toContain('s3cr3t');
  });

  it.each([
    '/fhir/Patient?name=access_token',
    '/fhir/Observation?code=http://loinc.org%7C8867-4&subject=Patient/1',
    '/fhir/Patient/a.b.c',
    '/fhir/metadata',
  ])('%s stays as it is', (target) => {
    expect(withoutCredentials(target)).toBe(target);
  });

  it('never fails, and keeps everything when there is no credential in it', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.webFragments(), fc.webFragments()), { maxLength: 8 }),
        (pairs) => {
          const form = pairs.map(([name, value]) => `x${name}=${value}`).join('&');
          expect(withoutCredentialPairs(form)).toBe(form);
        },
      ),
    );
  });
});
