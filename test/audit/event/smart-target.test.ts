/** Targets of the SMART routes, as they may be recorded. */
import { describe, expect, it } from 'vitest';
import { withoutCredentials } from '../../../audit/event/index.ts';
import { recordableUrl } from '../../../audit/event/smart-target.ts';

const names = [
  ...['state', 'launch', 'nonce', 'code', 'login_hint', 'id_token_hint', 'request', 'request_uri'],
  ...[
    'code_challenge',
    'code_verifier',
    'redirect_uri',
    'session_state',
    'x',
    'aud',
    'iss',
    '%73tate',
  ],
];
const routes = [
  '/fhir/auth/authorize',
  '/auth/authorize/',
  '/fhir/%61uth/authorize',
  '/fhir/AUTH/Authorize',
  '/fhir/launch/vitals',
  '/launch/',
  '/fhir/launch/%76itals/',
];

describe('a target of a SMART route', () => {
  it.each(routes)('%s is recorded without the values of its secrets', (path) => {
    for (const name of names) {
      const target = `${path}?client_id=a&${name}=SECRET&scope=b`;
      expect(withoutCredentials(target)).toBe(`${path}?client_id=a&${name}=redacted&scope=b`);
    }
  });

  it.each(['?SECRET', '?SECRET&a', ';SECRET', '?a;state=SECRET', '#SECRET', '?a?state=SECRET'])(
    'is recorded without %s',
    (rest) => {
      for (const path of routes) {
        expect(withoutCredentials(`${path}${rest}`)).not.toContain('SECRET');
      }
    },
  );

  it('keeps what says who asked for what, and URLs that are nothing more', () => {
    const target =
      '/fhir/auth/authorize?response_type=code&client_id=a&scope=patient%2F*.rs+openid&aud=https%3A%2F%2Fgw.example%2Ffhir&code_challenge_method=S256';
    expect(withoutCredentials(target)).toBe(target);
  });

  it.each([
    'https://u:SECRET@a.example',
    'https://a.example/?SECRET',
    'https://a.example/#SECRET',
    `https://a.example/${'SECRET'.repeat(60)}`,
  ])('keeps no URL that holds more: %s', (url) => {
    const target = `/fhir/auth/authorize?aud=${encodeURIComponent(url)}`;
    expect(withoutCredentials(target)).toBe('/fhir/auth/authorize?aud=redacted');
  });

  it('takes a token out of what is kept', () => {
    const token = 'eyJhbGciOiJub25lIn0.eyJTRUNSRVQiOjF9.SECRET';
    expect(withoutCredentials(`/fhir/auth/authorize?scope=${token}`)).not.toContain('SECRET');
  });
});

describe('any other target', () => {
  it.each([
    '/fhir/Patient?code=a&state=b',
    '/fhir/Patient?address-state=MA',
    '/fhir/auth/authorize/x?state=b',
    '/fhir/Observation?code=http://loinc.org|1234-5',
    '/fhir/launchers?state=b',
  ])('%s stays as it is', (target) => {
    expect(withoutCredentials(target)).toBe(target);
  });
});

describe('a URL for the record', () => {
  it.each([
    ['https://app.example/cb?code=x#y', 'https://app.example/cb'],
    ['https://u:p@app.example/cb', 'https://redacted@app.example/cb'],
    ['myapp://cb?x', 'myapp://cb'],
    ['com.example.app:/cb', 'com.example.app:/cb'],
    ['not a URL', undefined],
    ['', undefined],
  ])('of %j is %j', (text, wanted) => {
    expect(recordableUrl(text)).toBe(wanted);
  });
});
