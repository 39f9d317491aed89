/** Each key: values that are taken and what they become, values that are refused. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConfigError, loadConfig, readTokenFile } from '../../config/index.ts';
import type { Config } from '../../config/index.ts';
import { makeConfigFolder } from '../support/config-file.ts';
import type { ConfigFolder } from '../support/config-file.ts';

let folder: ConfigFolder;

beforeEach(() => {
  folder = makeConfigFolder();
});

afterEach(() => {
  folder.remove();
});

function load(sections: Record<string, unknown>): Config {
  const text = JSON.stringify({
    upstream: { baseUrl: 'https://ehr.example.org/fhir' },
    ...sections,
  });
  return loadConfig(folder.write('chaperone.yaml', text));
}

/** Keys of the problems; empty when it loads. */
function refused(sections: Record<string, unknown>): readonly string[] {
  try {
    load(sections);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(({ key }) => key);
    throw error;
  }
}

describe('listen', () => {
  it.each([
    ['localhost:9000', { host: 'localhost', port: 9000 }],
    ['127.0.0.1:0', { host: '127.0.0.1', port: 0 }],
    ['[::1]:65535', { host: '::1', port: 65_535 }],
  ])('%s', (listen, expected) => {
    expect(load({ gateway: { listen } }).gateway.listen).toEqual(expected);
    expect(load({ review: { listen } }).review.listen).toEqual(expected);
  });

  it.each(['localhost', ':8080', '8080', 'localhost:65536', '::1:80', '[::g]:80', 'a b:1', 8080])(
    'not %j',
    (listen) => {
      expect(refused({ gateway: { listen } })).toEqual(['gateway.listen']);
      expect(refused({ review: { listen } })).toEqual(['review.listen']);
    },
  );
});

describe('a base URL', () => {
  it.each([
    ['https://ehr.example.org/fhir/', 'https://ehr.example.org/fhir'],
    ['https://EHR.example.org:443/fhir', 'https://ehr.example.org/fhir'],
    ['http://10.0.0.1:8080', 'http://10.0.0.1:8080'],
  ])('%s is taken as %s', (baseUrl, expected) => {
    expect(load({ upstream: { baseUrl } }).upstream.baseUrl).toBe(expected);
    const aliases = load({ upstream: { baseUrl: 'https://x.example', aliases: [baseUrl] } });
    expect(aliases.upstream.aliases).toEqual([expected]);
    const upstream = { baseUrl: 'https://x.example' };
    const faces = load({
      upstream,
      gateway: { publicBaseUrl: baseUrl },
      review: { publicBaseUrl: baseUrl },
    });
    expect(faces.gateway.publicBaseUrl).toBe(expected);
    expect(faces.review.publicBaseUrl).toBe(expected);
  });

  it.each([
    '/fhir',
    'ehr.example.org/fhir',
    'ftp://x/',
    'https://',
    'https://u:p@x/',
    'https://u@x/',
    'https://x/?a',
    'https://x/#a',
    'https://x/?',
    'https://x/\\a',
    'https://x/a b',
    7,
    null,
  ])('%j is refused', (url) => {
    expect(refused({ upstream: { baseUrl: url } })).toEqual(['upstream.baseUrl']);
    expect(refused({ gateway: { publicBaseUrl: url } })).toEqual(['gateway.publicBaseUrl']);
    expect(refused({ review: { publicBaseUrl: url } })).toEqual(['review.publicBaseUrl']);
  });
});

describe('lists', () => {
  it.each([
    ['allowedHosts', ['A.example:8443', '[::1]:80', 'b'], ['a.example:8443', '[::1]:80', 'b']],
    ['trustedProxies', ['10.0.0.0/8', '::1', 'fd00::/64', '192.0.2.1'], undefined],
    ['cookieAllowList', ['JSESSIONID', '__Host-x'], undefined],
  ])('gateway.%s takes %j', (name, given, expected) => {
    const gateway = load({ gateway: { [name]: given } }).gateway as Readonly<
      Record<string, unknown>
    >;
    expect(gateway[name]).toEqual(expected ?? given);
  });

  it.each([
    ['allowedHosts', 'https://a.example'],
    ['allowedHosts', 'a.example/x'],
    ['trustedProxies', 1],
    ['trustedProxies', '10.0.0.0/33'],
    ['trustedProxies', '10.0.0.0/'],
    ['trustedProxies', '10.0.0.0/8/8'],
    ['trustedProxies', 'fd00::/129'],
    ['trustedProxies', 'loopback'],
    ['cookieAllowList', 'a=b'],
    ['cookieAllowList', ''],
  ])('gateway.%s refuses %j', (name, value) => {
    expect(refused({ gateway: { [name]: [value] } })).toEqual([`gateway.${name}[0]`]);
    expect(refused({ gateway: { [name]: 'x' } })).toEqual([`gateway.${name}`]);
  });

  it('cors.allowedOrigins takes origins and *, nothing else', () => {
    const origins = (value: unknown) => ({ gateway: { cors: { allowedOrigins: [value] } } });
    expect(load(origins('*')).gateway.cors.allowedOrigins).toEqual(['*']);
    expect(load(origins('https://A.example:443')).gateway.cors.allowedOrigins).toEqual([
      'https://a.example',
    ]);
    for (const value of ['https://a.example/', 'https://a.example/x', 'a.example', 'null', '**']) {
      expect(refused(origins(value))).toEqual(['gateway.cors.allowedOrigins[0]']);
    }
  });
});

describe('choices', () => {
  it('are taken as written and no others', () => {
    expect(load({ inspect: { onUninspectable: 'flag' } }).inspect.onUninspectable).toBe('flag');
    expect(refused({ inspect: { onUninspectable: 'pass' } })).toEqual(['inspect.onUninspectable']);
    expect(load({ gateway: { behindTlsProxy: true } }).gateway.behindTlsProxy).toBe(true);
    expect(refused({ gateway: { behindTlsProxy: 'yes' } })).toEqual(['gateway.behindTlsProxy']);
  });
});

describe('audit.origin', () => {
  it.each(['localhost/chaperone', 'chaperone.example.org:8443/a/b-1', 'a'])(
    'may be %s',
    (origin) => {
      expect(load({ audit: { origin } }).audit.origin).toBe(origin);
    },
  );

  it.each(['', 'https://a.example/x', 'a/', 'a/..', 'a//b', 'a b', 'a+b', '/a', 'a/.hidden'])(
    'may not be %j',
    (origin) => {
      expect(refused({ audit: { origin } })).toEqual(['audit.origin']);
    },
  );
});

describe('limits', () => {
  it.each([
    [1, 1],
    ['16 KiB', 16_384],
    ['10MiB', 10_485_760],
    ['2 GiB', 2_147_483_648],
  ])('a size of %j is %d bytes', (value, bytes) => {
    for (const name of [
      'headerBytes',
      'requestBodyBytes',
      'heldAnswerBytes',
      'heldTotalBytes',
      'ledgerQueueBytes',
    ] as const) {
      expect(load({ limits: { [name]: value } }).limits[name]).toBe(bytes);
    }
  });

  it.each([
    0,
    -1,
    1.5,
    '16 kB',
    '16 kib',
    '16',
    '0 KiB',
    '1.5 MiB',
    '9999999999999 GiB',
    true,
    null,
  ])('a size of %j is refused', (value) => {
    expect(refused({ limits: { headerBytes: value } })).toEqual(['limits.headerBytes']);
  });

  it.each([
    'headerCount',
    'inFlight',
    'appendTimeoutMs',
    'connectTimeoutMs',
    'answerTimeoutMs',
    'drainTimeoutMs',
    'refusalsPerPeerPerMinute',
  ] as const)('%s is a whole number that a timer can hold', (name) => {
    expect(load({ limits: { [name]: 1 } }).limits[name]).toBe(1);
    expect(load({ limits: { [name]: 2 ** 31 - 1 } }).limits[name]).toBe(2 ** 31 - 1);
    for (const value of [0, 1.5, 2 ** 31, '5 s', '100']) {
      expect(refused({ limits: { [name]: value } })).toEqual([`limits.${name}`]);
    }
  });

  it('the identity budget may be 0', () => {
    expect(load({ smart: { identityBudgetMs: 0 } }).smart.identityBudgetMs).toBe(0);
    expect(refused({ smart: { identityBudgetMs: -1 } })).toEqual(['smart.identityBudgetMs']);
  });
});

describe('issuers', () => {
  const issuer = (changes: Record<string, unknown>) => ({
    smart: { issuers: [{ issuer: 'https://as.example.org/', ...changes }] },
  });

  it('are kept character by character', () => {
    const given = {
      jwksUri: 'https://as.example.org/jwks',
      audience: ['a', 'b'],
      preset: 'generic',
    };
    expect(load(issuer(given)).smart.issuers).toEqual([
      { issuer: 'https://as.example.org/', ...given },
    ]);
  });

  it.each([
    'https://as.example.org',
    'http://localhost:9000',
    'http://127.0.0.1',
    'http://[::1]:1',
  ])('%s may be an issuer and a key set', (url) => {
    expect(refused(issuer({ issuer: url }))).toEqual([]);
    expect(refused(issuer({ jwksUri: url }))).toEqual([]);
  });

  it.each(['http://as.example.org', 'http://127.0.0.1.evil.example', 'http://10.0.0.1', 'as', ''])(
    '%j may be neither',
    (url) => {
      expect(refused(issuer({ issuer: url }))).toEqual(['smart.issuers[0].issuer']);
      expect(refused(issuer({ jwksUri: url }))).toEqual(['smart.issuers[0].jwksUri']);
    },
  );

  it('need a key set when they are no web address', () => {
    const urn = 'urn:oid:1.2.3';
    expect(refused(issuer({ issuer: urn }))).toEqual(['smart.issuers[0].issuer']);
    expect(refused(issuer({ issuer: urn, jwksUri: 'https://as.example.org/jwks' }))).toEqual([]);
  });

  it('are there once, with a preset that exists', () => {
    const [one] = issuer({}).smart.issuers;
    const two = { issuer: 'https://as.example.org' };
    expect(refused({ smart: { issuers: [one, one] } })).toEqual(['smart.issuers[1].issuer']);
    expect(refused({ smart: { issuers: [one, two] } })).toEqual([]);
    expect(refused(issuer({ preset: 'epic' }))).toEqual(['smart.issuers[0].preset']);
    expect(refused(issuer({ audience: 'a' }))).toEqual(['smart.issuers[0].audience']);
    expect(refused(issuer({ audience: [''] }))).toEqual(['smart.issuers[0].audience[0]']);
  });
});

describe('a listener', () => {
  it.each(['gateway', 'review'])(
    'of the %s beyond loopback needs TLS, or a proxy that does it',
    (face) => {
      const certificateFile = folder.write('c.pem', 'x');
      const keyFile = folder.write('k.pem', 'x');
      const listen = '0.0.0.0:9000';
      expect(refused({ [face]: { listen } })).toEqual([`${face}.listen`]);
      expect(refused({ [face]: { listen: '[::]:9000' } })).toEqual([`${face}.listen`]);
      expect(refused({ [face]: { listen: 'fhir.example.org:9000' } })).toEqual([`${face}.listen`]);
      expect(refused({ [face]: { listen, behindTlsProxy: true } })).toEqual([]);
      expect(refused({ [face]: { listen, tls: { certificateFile, keyFile } } })).toEqual([]);
      expect(refused({ [face]: { listen: '127.0.0.2:9000' } })).toEqual([]);
      expect(() => load({ [face]: { listen } })).toThrow(
        /loopback.*tls\.certificateFile.*tls\.keyFile.*behindTlsProxy/,
      );
    },
  );

  it.each(['gateway', 'review'])(
    'of the %s with TLS needs both files, and they must be there',
    (face) => {
      const certificateFile = folder.write('c.pem', 'x');
      expect(refused({ [face]: { tls: { certificateFile } } })).toEqual([`${face}.tls.keyFile`]);
      expect(refused({ [face]: { tls: { certificateFile, keyFile: 'none.pem' } } })).toEqual([
        `${face}.tls.keyFile`,
      ]);
    },
  );

  it.each([
    ['localhost:9000', 'localhost:9000', true],
    ['localhost:9000', '127.0.0.1:9000', true],
    ['0.0.0.0:9000', '127.0.0.1:9000', true],
    ['localhost:0', 'localhost:0', false],
    ['localhost:9000', 'localhost:9001', false],
    ['10.0.0.1:9000', '10.0.0.2:9000', false],
  ])('at %s and one at %s clash: %s', (app, reviewers, isClash) => {
    const found = refused({
      gateway: { listen: app, behindTlsProxy: true },
      review: { listen: reviewers, behindTlsProxy: true },
    });
    expect(found).toEqual(isClash ? ['review.listen'] : []);
  });
});

describe('the public base of the gateway', () => {
  it('is not one of the upstream', () => {
    const upstream = { baseUrl: 'https://a.example/fhir', aliases: ['https://b.example/fhir'] };
    const of = (publicBaseUrl: string) => refused({ upstream, gateway: { publicBaseUrl } });
    expect(of('https://a.example/fhir/')).toEqual(['gateway.publicBaseUrl']);
    expect(of('https://b.example/fhir')).toEqual(['gateway.publicBaseUrl']);
    expect(of('https://c.example/fhir')).toEqual([]);
  });
});

describe('readers', () => {
  const reader = (changes: Record<string, unknown> = {}) => ({
    name: 'A',
    role: 'auditor',
    tokenFile: 'a.token',
    ...changes,
  });

  it('need a name, a role that exists and a token file', () => {
    folder.write('a.token', 'x');
    expect(refused({ review: { readers: [reader()] } })).toEqual([]);
    expect(refused({ review: { readers: [reader({ role: 'operator' })] } })).toEqual([]);
    for (const changes of [
      { name: '' },
      { name: 'a\nb' },
      { name: 'x'.repeat(101) },
      { role: 'root' },
    ]) {
      const [key] = Object.keys(changes);
      expect(refused({ review: { readers: [reader(changes)] } })).toEqual([
        `review.readers[0].${String(key)}`,
      ]);
    }
  });

  it('have names and token files of their own', () => {
    folder.write('a.token', 'x');
    folder.write('b.token', 'x');
    const second = (changes: Record<string, unknown>) =>
      refused({ review: { readers: [reader(), reader(changes)] } });
    expect(second({ tokenFile: 'b.token' })).toEqual(['review.readers[1].name']);
    expect(second({ name: 'B' })).toEqual(['review.readers[1].tokenFile']);
    expect(second({ name: 'B', tokenFile: 'b.token' })).toEqual([]);
  });

  it('have a token file that only its owner can read', () => {
    const of = () => refused({ review: { readers: [reader()] } });
    expect(of()).toEqual(['review.readers[0].tokenFile']);
    for (const [name, mode, isRefused] of [
      ['1.token', 0o600, false],
      ['2.token', 0o400, false],
      ['3.token', 0o640, true],
      ['4.token', 0o604, true],
    ] as const) {
      folder.write(name, 'x', mode);
      expect(refused({ review: { readers: [reader({ tokenFile: name })] } })).toEqual(
        isRefused ? ['review.readers[0].tokenFile'] : [],
      );
    }
    expect(refused({ review: { readers: [reader({ tokenFile: '.' })] } })).toEqual([
      'review.readers[0].tokenFile',
    ]);
  });

  it('do not see their token repeated when it stands where the path should', () => {
    const tokenFile = 'canary-token-8f4e4b6fa1f50d9d';
    expect(() => load({ review: { readers: [reader({ tokenFile })] } })).toThrow(
      expect.not.objectContaining({
        message: expect.stringContaining(tokenFile) as string,
      }) as Error,
    );
  });
});

describe('a token file', () => {
  it('gives its content without white space around it', () => {
    expect(readTokenFile(folder.write('a.token', '  secret-1 \r\n'))).toBe('secret-1');
  });

  it.each(['', ' \n', 'two words', 'two\nlines', 'nul\0', 'ümlaut', 'x'.repeat(4097)])(
    'is refused when it does not hold one token: %j',
    (content) => {
      expect(() => readTokenFile(folder.write('a.token', content))).toThrow(ConfigError);
    },
  );

  it('is refused when it is not there or open to others', () => {
    expect(() => readTokenFile(`${folder.path}/none`)).toThrow(ConfigError);
    expect(() => readTokenFile(folder.write('b.token', 'x', 0o644))).toThrow(ConfigError);
  });
});

describe('SMART discovery and launches', () => {
  const urls = ['configurationUrl', 'authorizationEndpoint', 'audience'] as const;
  const launches = (...given: readonly object[]): Record<string, unknown> => ({
    smart: { launches: given },
  });
  const app = { name: 'growth-chart', launchUrl: 'https://app.example.org/launch?a=b' };

  it('take URLs character by character', () => {
    for (const key of urls) {
      for (const url of ['https://EHR.example.org/fhir/', 'http://localhost:1/a?b=c']) {
        expect(load({ smart: { discovery: { [key]: url } } }).smart.discovery[key]).toBe(url);
      }
    }
    expect(load(launches(app)).smart.launches).toEqual([app]);
  });

  it.each([
    ...['', 'ehr.example.org', '/authorize', 'ftp://ehr.example.org/', 'javascript:alert(1)'],
    ...['https://user@ehr.example.org/', 'https://ehr.example.org/#a', 'https://ehr.example.org/é'],
  ])('refuse %j', (url) => {
    for (const key of urls) {
      expect(refused({ smart: { discovery: { [key]: url } } })).toEqual([`smart.discovery.${key}`]);
    }
    expect(refused(launches({ ...app, launchUrl: url }))).toEqual(['smart.launches[0].launchUrl']);
  });

  it('take a name for an app that can stand in a path, once', () => {
    for (const name of ['', 'a/b', 'a b', 'é', '..', 'a%2Fb', 'x'.repeat(65)]) {
      expect(refused(launches({ ...app, name }))).toEqual(['smart.launches[0].name']);
    }
    expect(refused(launches(app, app))).toEqual(['smart.launches[1].name']);
    expect(refused(launches(app, { ...app, name: 'other' }))).toEqual([]);
  });

  it('take the base of the EHR as it is written for the audience, unless another is set', () => {
    const of = (baseUrl: string, discovery: object = {}): string | undefined =>
      load({ upstream: { baseUrl }, smart: { discovery } }).smart.discovery.audience;
    expect(of('https://EHR.example.org/fhir/')).toBe('https://EHR.example.org/fhir/');
    expect(of('https://ehr.example.org/fhir')).toBeUndefined();
    expect(of('https://ehr.example.org/fhir/', { audience: 'https://b.example' })).toBe(
      'https://b.example',
    );
  });
});
