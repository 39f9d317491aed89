import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withoutCredentials } from '../../../audit/event/credentials.ts';

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
    ['/fhir/Patient?%2561ccess_token=s3cr3t', '/fhir/Patient?%2561ccess_token=redacted'],
    ['/fhir/Patient?+access_token=s3cr3t', '/fhir/Patient?+access_token=redacted'],
    ['/fhir/Patient?access_token%zz=s3cr3t', '/fhir/Patient?access_token%zz=redacted'],
    ['/fhir/Patient?name=a;access_token=s3cr3t', '/fhir/Patient?name=a;access_token=redacted'],
    ['/fhir/Patient#access_token=s3cr3t', '/fhir/Patient#access_token=redacted'],
    ['/fhir/Patient;access_token=s3cr3t/1', '/fhir/Patient;access_token=redacted'],
    ['/fhir/launch?launch=s3cr3t&iss=a', '/fhir/launch?launch=redacted&iss=a'],
    [
      '/fhir/Patient?url=https%3A%2F%2Fa%3Faccess_token%3Ds3cr3t&b=c',
      '/fhir/Patient?url=redacted&b=c',
    ],
    ['/fhir/Patient?url=https%3A%2F%2Fa%3F%61ccess_token%3Ds3cr3t', '/fhir/Patient?url=redacted'],
    ['/fhir/Patient?token=s3cr3t', '/fhir/Patient?token=redacted'],
    ['//user:s3cr3t@host/fhir', '//host/fhir'],
    ['/fhir/Patient?url=https://user:s3cr3t@host/', '/fhir/Patient?url=https://host/'],
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
    '/fhir/Patient?identifier=http://hospital.example:80|a@b',
    '/fhir/Observation?code=a&_tokens=c&patient:launchpad=d',
    '/fhir/Patient?name=the%20password%20is',
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
          expect(withoutCredentials(form)).toBe(form);
        },
      ),
    );
  });
});
