import { describe, expect, it } from 'vitest';
import { checkBodyMedia, type Method } from '../../../gateway/gate/index.ts';

function check(
  method: Method,
  path: string,
  contentType: string | undefined,
  hasBody = true,
): string {
  const result = checkBodyMedia({ method, path, contentType, hasBody });
  return result.kind === 'refused' ? result.reason : result.body;
}

const refused = 'unsupported-media-type';

describe('a request body', () => {
  it.each<[Method, string, string, string]>([
    ['POST', 'Patient', 'application/fhir+json', 'json'],
    ['PUT', 'Patient/1', 'application/json; charset=UTF-8', 'json'],
    ['POST', '', 'application/fhir+json; fhirVersion="4.0"', 'json'],
    ['POST', 'Patient/$match', 'application/json', 'json'],
    ['PATCH', 'Patient/1', 'application/json-patch+json', 'json-patch'],
    ['PATCH', 'Patient/1', 'application/fhir+json', 'json'],
    ['POST', 'Patient/_search', 'application/x-www-form-urlencoded', 'form'],
    ['POST', '_search', 'application/x-www-form-urlencoded;charset=utf-8', 'form'],
    ['POST', 'Patient/1/Observation/_searc%68', 'APPLICATION/X-WWW-FORM-URLENCODED', 'form'],
  ])('%s %s of %s passes as %s', (method, path, contentType, expected) => {
    expect(check(method, path, contentType)).toBe(expected);
  });

  it.each<[Method, string, string | undefined]>([
    ['POST', 'Patient', 'application/fhir+xml'],
    ['POST', 'Patient', 'application/xml'],
    ['POST', 'Patient', 'text/xml; charset=utf-8'],
    ['PATCH', 'Patient/1', 'application/xml-patch+xml'],
    ['PUT', 'Patient/1', 'application/json-patch+json'],
    ['POST', 'Patient', 'application/x-www-form-urlencoded'],
    ['POST', 'Patient/_search', 'application/json'],
    ['GET', 'Patient/_search', 'application/x-www-form-urlencoded'],
    ['POST', 'Patient', 'application/json; charset=utf-16'],
    ['POST', 'Patient', 'application/json; charset=utf-8; charset=utf-16'],
    ['POST', 'Patient', 'multipart/form-data; boundary=x'],
    ['POST', 'Patient', 'json'],
    ['POST', 'Patient', ''],
    ['POST', 'Patient', undefined],
    ['POST', 'Binary/_search', 'image/png'],
    ['PATCH', 'Binary/1', 'application/xml'],
  ])('%s %s of %s is refused', (method, path, contentType) => {
    expect(check(method, path, contentType)).toBe(refused);
  });

  it('of a Binary may be anything', () => {
    expect(check('POST', 'Binary', 'application/pdf')).toBe('opaque');
    expect(check('PUT', 'Binary/1', 'application/fhir+xml')).toBe('opaque');
    expect(check('POST', 'Binary', undefined)).toBe('opaque');
    expect(check('POST', 'Binary', 'application/fhir+json')).toBe('json');
    expect(check('POST', 'Binary', 'application/json; charset=utf-16')).toBe('opaque');
  });

  it('that is not there needs no media type', () => {
    expect(check('POST', 'Patient/$everything', undefined, false)).toBe('none');
    expect(check('POST', 'Patient', 'application/xml', false)).toBe('none');
  });
});
