/** Which bytes of the discovery documents change, and that no others do. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createDiscoveryDocuments,
  oauthUris,
  oauthUrisUrl,
} from '../../../gateway/smart/discovery-documents.ts';

const authorizeUrl = 'https://gw.example.org/fhir/auth/authorize';
const documents = createDiscoveryDocuments({
  authorizeUrl,
  gatewayBase: 'https://gw.example.org/fhir',
  upstreamBase: 'https://ehr.example.org/api/R4',
  upstreamAliases: ['http://internal:8080/R4'],
});

function configuration(text: string): string {
  return Buffer.from(documents.configuration(Buffer.from(text))).toString();
}

function capabilities(value: unknown): unknown {
  const bytes = documents.capabilities(Buffer.from(JSON.stringify(value)), value);
  return JSON.parse(Buffer.from(bytes).toString());
}

const vendor = `{
  "issuer": "https://ehr.example.org/api/R4",
  "jwks_uri": "https://ehr.example.org/api/R4/jwks",
  "authorization_endpoint" : "https:\\/\\/auth.example.org\\/authorize",
  "token_endpoint": "https://auth.example.org/tenants/1/hosts/ehr.example.org/api/R4/token",
  "management_endpoint": "https://ehr.example.org/api/R4",
  "introspection_endpoint": "https://auth.example.org/introspect",
  "revocation_endpoint": "https://auth.example.org/revoke",
  "registration_endpoint": "https://auth.example.org/register",
  "token_endpoint_auth_methods": [ "client_secret_basic" ],
  "x_vendor": { "authorization_endpoint": "https://ehr.example.org/api/R4", "n": 1.0 },
  "code_challenge_methods_supported": ["S256"],
  "capabilities": ["launch-ehr", "été"]
}`;

describe('smart-configuration', () => {
  it('has another authorization_endpoint, and not one other byte', () => {
    const wanted = vendor.replace('https:\\/\\/auth.example.org\\/authorize', authorizeUrl);
    expect(wanted).not.toBe(vendor);
    expect(configuration(vendor)).toBe(wanted);
  });

  it('has its relative endpoints made absolute against the base of the upstream', () => {
    expect(
      JSON.parse(
        configuration(
          '{"authorization_endpoint":"oauth/authorize","token_endpoint":"oauth/token","jwks_uri":"/keys","revocation_endpoint":"//auth.example.org/r"}',
        ),
      ),
    ).toEqual({
      authorization_endpoint: authorizeUrl,
      token_endpoint: 'https://ehr.example.org/api/R4/oauth/token',
      jwks_uri: 'https://ehr.example.org/keys',
      revocation_endpoint: 'https://auth.example.org/r',
    });
  });

  it('names the gateway among the associated endpoints where it named the upstream', () => {
    const urls = [
      'https://ehr.example.org/api/R4',
      'https://EHR.example.org:443/api/R4/',
      'http://internal:8080/R4',
      'https://ehr.example.org/api/R4/other',
      'https://other.example.org/api/R4',
      '',
    ];
    const text = JSON.stringify({
      associated_endpoints: urls.map((url) => ({ capabilities: ['a'], url })),
    });
    const result = JSON.parse(configuration(text)) as {
      associated_endpoints: readonly { url: string }[];
    };
    expect(result.associated_endpoints.map(({ url }) => url)).toEqual([
      'https://gw.example.org/fhir',
      'https://gw.example.org/fhir',
      'https://gw.example.org/fhir',
      ...urls.slice(3),
    ]);
  });

  it('is the very same array when there is nothing to change', () => {
    for (const text of ['{"token_endpoint":"https://a.example/t"}', '[]', '"x"', '{}', '7']) {
      const bytes = Buffer.from(text);
      expect(documents.configuration(bytes)).toBe(bytes);
    }
  });

  it('does not get an authorization_endpoint that it did not have, nor one for an empty one', () => {
    for (const value of ['""', 'null', '7', '"   "', '"http://[bad"', '{"a":"b"}']) {
      const text = `{"authorization_endpoint":${value},"token_endpoint":"https://a.example/t"}`;
      expect(configuration(text)).toBe(text);
    }
  });

  it('is changed wherever a member stands twice, so that no reader finds the other', () => {
    const text =
      '{"authorization_endpoint":"https://a.example","authorization_endpoint":"https://b.example"}';
    expect(configuration(text)).not.toMatch(/[ab]\.example"/);
  });

  it('is changed under a name that is written with escapes, and behind a byte order mark', () => {
    const text = '\ufeff{ "authorization\\u005fendpoint":"https://a.example"}';
    expect(configuration(text)).toContain(authorizeUrl);
  });

  it('keeps every other member, whatever it is', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (others) => {
        const value = { ...others, authorization_endpoint: 'https://auth.example.org/a' };
        const wanted = { ...value, authorization_endpoint: authorizeUrl };
        const touched = Object.keys(others).some((key) =>
          /_endpoint|jwks_uri|user_access|associated/.test(key),
        );
        fc.pre(!touched);
        expect(configuration(JSON.stringify(value))).toBe(JSON.stringify(wanted));
      }),
    );
  });
});

const child = (url: string, valueUri: string): unknown => ({ valueUri, url });

describe('a CapabilityStatement', () => {
  it('has each authorize of each oauth-uris changed, in any order, in any rest', () => {
    const statement = {
      resourceType: 'CapabilityStatement',
      url: 'https://ehr.example.org/api/R4/metadata',
      rest: [
        { mode: 'server', resource: [{ type: 'Patient' }] },
        {
          security: {
            extension: [
              { extension: [child('authorize', 'http://[malformed')], url: oauthUrisUrl },
              {
                url: 'https://other.example.org',
                extension: [child('authorize', 'https://a.example')],
              },
              {
                extension: [
                  child('token', 'oauth/token'),
                  child('authorize', 'https://auth.example.org/a'),
                  child('introspect', 'https://auth.example.org/i'),
                ],
                url: oauthUrisUrl,
              },
            ],
            service: [{ text: 'SMART-on-FHIR' }],
          },
        },
      ],
    };
    const wanted = structuredClone(statement);
    const extension = wanted.rest[1]?.security?.extension[2];
    if (extension === undefined) throw new Error('not there');
    extension.extension = [
      child('token', 'https://ehr.example.org/api/R4/oauth/token'),
      child('authorize', authorizeUrl),
      child('introspect', 'https://auth.example.org/i'),
    ];
    expect(capabilities(statement)).toEqual(wanted);
  });

  it.each([
    {},
    [],
    null,
    { rest: {} },
    { rest: [null, { security: [] }] },
    { rest: [{ security: { extension: [7, { url: oauthUrisUrl, extension: {} }] } }] },
    {
      rest: [
        {
          security: {
            extension: [{ url: oauthUrisUrl, extension: [{ url: 'token', valueUri: 7 }] }],
          },
        },
      ],
    },
  ])('of an odd shape stays as it is: %j', (value) => {
    expect(capabilities(value)).toEqual(value);
  });

  it('tells its endpoints', () => {
    const security = { extension: [{ url: oauthUrisUrl, extension: [child('token', 't')] }] };
    expect(oauthUris({ rest: [{ security }] })).toEqual([['token', 't']]);
  });
});
