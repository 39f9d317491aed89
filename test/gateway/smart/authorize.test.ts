/** What of an authorization request goes on, byte for byte, and what is seen in it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createReadAuthorization, locationOf } from '../../../gateway/smart/authorize.ts';

const audience = 'https://ehr.example.org/api/R4/';
const read = createReadAuthorization({
  gatewayBase: 'https://gw.example.org/fhir',
  audience,
  handleDigest: (kind, value) => `digest of a ${kind} with ${String(value.length)} characters`,
});
const endpoint = 'https://auth.example.org/authorize';

const goesOn = (query: string): string => read(query, undefined).query;
const own = encodeURIComponent('https://gw.example.org/fhir');
const upstream = encodeURIComponent(audience);

describe('the audience', () => {
  it.each([
    ['as it is configured', own],
    ['with a slash at the end', `${own}%2F`],
    ['not encoded', 'https://gw.example.org/fhir'],
    ['with the host in capitals', 'https%3A%2F%2FGW.EXAMPLE.ORG%2Ffhir'],
    ['with the default port', 'https%3A%2F%2Fgw.example.org%3A443%2Ffhir'],
    [
      'with every character encoded',
      Buffer.from('https://gw.example.org/fhir').toString('hex').replace(/../g, '%$&'),
    ],
  ])('that is the gateway, %s, becomes the upstream', (_, value) => {
    for (const name of ['aud', 'resource', 'audience']) {
      expect(goesOn(`a=b&${name}=${value}&c=d`)).toBe(`a=b&${name}=${upstream}&c=d`);
    }
  });

  it.each([
    'https://other.example.org/fhir',
    `${own}%2Fx`,
    'https://gw.example.evil/fhir',
    'https://gw.example.org@evil.example/fhir',
    'https%3A%2F%2Fgw%40evil.example%2Ffhir',
    `${own}%3Fa`,
    encodeURIComponent(own),
    '',
  ])('%s goes on as it came', (value) => {
    expect(goesOn(`aud=${value}`)).toBe(`aud=${value}`);
  });

  it('is not added when there is none', () => {
    expect(goesOn('client_id=a')).toBe('client_id=a');
    expect(goesOn('')).toBe('');
  });

  it('is swapped in each place, and only there', () => {
    expect(goesOn(`resource=${own}&resource=https://b.example&aud=${own}&aud=${own}`)).toBe(
      `resource=${upstream}&resource=https://b.example&aud=${upstream}&aud=${upstream}`,
    );
    expect(goesOn(`AUD=${own}&xaud=${own}&redirect_uri=${own}&?aud=${own}`)).toBe(
      `AUD=${own}&xaud=${own}&redirect_uri=${own}&?aud=${own}`,
    );
    expect(goesOn(`%61ud=${own}`)).toBe(`%61ud=${upstream}`);
  });
});

describe('everything else', () => {
  it('goes on byte for byte, in its order, with its duplicates', () => {
    const query =
      'redirect_uri=https%3A%2F%2Fapp.example%2Fcb%3Fa%3Db%26c%3D%C3%A9&state=a+b%2Bc%F0%9F%98%80&&x&=y&x=1&x=2&launch=%7e~&code_challenge=abc&code_challenge_method=S256&scope=launch%20openid+fhirUser&%zz=%';
    expect(goesOn(query)).toBe(query);
    expect(goesOn(`${query}&aud=${own}`)).toBe(`${query}&aud=${upstream}`);
  });

  it('holds for any query', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...Array.from('aud=&+%2F;?é~x')) }),
        (query) => {
          expect(goesOn(query)).toBe(query);
        },
      ),
    );
  });
});

describe('a form', () => {
  it('goes on in the query, what a URL may not hold percent-encoded', () => {
    const asked = read('a=1', `aud=${own}&state=a b#"\u00e9\r\n{}&scope=x`);
    expect(locationOf(asked, endpoint)).toBe(
      `${endpoint}?a=1&aud=${upstream}&state=a%20b%23%22%E9%0D%0A%7B%7D&scope=x`,
    );
  });

  it('keeps the query that the endpoint has', () => {
    expect(locationOf(read('a=1', undefined), `${endpoint}?tenant=1`)).toBe(
      `${endpoint}?tenant=1&a=1`,
    );
    expect(locationOf(read('', undefined), endpoint)).toBe(endpoint);
  });
});

describe('what is seen', () => {
  it('is who asks for what, and digests in the place of secrets', () => {
    const { seen } = read(
      `response_type=code&client_id=vitals&scope=launch+openid&redirect_uri=https%3A%2F%2Fapp.example%2Fcb&launch=SECRET1&state=SECRET22&aud=${own}&resource=https://b.example&code_challenge=abc&code_challenge_method=S256`,
      undefined,
    );
    expect(seen).toEqual({
      kind: 'authorization-request',
      clientId: 'vitals',
      scopes: 'launch openid',
      audiences: ['https://gw.example.org/fhir', 'https://b.example'],
      swapped: 1,
      redirectUri: 'https://app.example/cb',
      launchDigest: 'digest of a launch with 7 characters',
      stateDigest: 'digest of a state with 8 characters',
      codeChallenge: 'abc',
      codeChallengeMethod: 'S256',
      warnings: [],
    });
  });

  it.each([
    ['client_id=a&request=eyJ.a.b', ['signed-request']],
    ['client_id=a&request_uri=urn:x', ['request-uri']],
    ['response_type=code&client_id=a', ['no-code-challenge']],
    ['response_type=code&code_challenge=x', []],
  ])('of %s warns of %j', (query, warnings) => {
    expect(read(query, undefined).seen.warnings).toEqual(warnings);
    expect(goesOn(query)).toBe(query);
  });
});
