/** Loading: what a file becomes, and everything that is wrong with it at once and in its place. */
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConfigError, configMarkdown, defaultConfig, loadConfig } from '../../config/index.ts';
import type { Config, ConfigProblem } from '../../config/index.ts';
import { listKeys } from '../../config/schema-tree.ts';
import { createConfigSchema } from '../../config/schema.ts';
import { makeConfigFolder } from '../support/config-file.ts';
import type { ConfigFolder } from '../support/config-file.ts';

const upstream = 'upstream: { baseUrl: https://ehr.example.org/fhir }\n';
const example = new URL('../../docs/examples/chaperone.yaml', import.meta.url);

let folder: ConfigFolder;

beforeEach(() => {
  folder = makeConfigFolder();
});

afterEach(() => {
  folder.remove();
});

function load(text: string | Uint8Array): Config {
  return loadConfig(folder.write('chaperone.yaml', text));
}

function problemsOf(text: string | Uint8Array): readonly ConfigProblem[] {
  try {
    load(text);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

/** `line:column key`, for each problem. */
function placesOf(text: string | Uint8Array): readonly string[] {
  return problemsOf(text).map(
    ({ line, column, key }) => `${String(line)}:${String(column)} ${key}`,
  );
}

describe('a file with the one required key', () => {
  it('has the documented defaults', () => {
    expect(load(upstream)).toEqual({
      gateway: {
        listen: { host: 'localhost', port: 8080 },
        allowedHosts: [],
        behindTlsProxy: false,
        trustedProxies: [],
        cookieAllowList: [],
        cors: { allowedOrigins: [] },
      },
      upstream: { baseUrl: 'https://ehr.example.org/fhir', aliases: [] },
      inspect: { onUninspectable: 'refuse' },
      review: { listen: { host: 'localhost', port: 8090 }, behindTlsProxy: false, readers: [] },
      audit: {
        directory: join(folder.path, 'chaperone-data/ledger'),
        origin: 'localhost/chaperone',
      },
      keys: { directory: join(folder.path, 'chaperone-data/keys') },
      smart: { issuers: [], discovery: {}, launches: [], identityBudgetMs: 250 },
      limits: {
        headerCount: 100,
        headerBytes: 16_384,
        requestBodyBytes: 10_485_760,
        heldAnswerBytes: 33_554_432,
        heldTotalBytes: 268_435_456,
        inFlight: 512,
        ledgerQueueBytes: 67_108_864,
        appendTimeoutMs: 5000,
        connectTimeoutMs: 2000,
        answerTimeoutMs: 60_000,
        drainTimeoutMs: 30_000,
        refusalsPerPeerPerMinute: 60,
      },
    });
  });

  it('gives a value that nobody can change', () => {
    const config = load(upstream);
    const visit = (value: unknown): void => {
      if (typeof value !== 'object' || value === null) return;
      expect(Object.isFrozen(value)).toBe(true);
      Object.values(value).forEach(visit);
    };
    visit(config);
    expect(() => (config.gateway.allowedHosts as string[]).push('x')).toThrow(TypeError);
  });

  it('may begin with a byte order mark', () => {
    expect(load(`\uFEFF${upstream}`).upstream.baseUrl).toBe('https://ehr.example.org/fhir');
  });
});

describe('the example in the documentation', () => {
  const text = readFileSync(example, 'utf8');

  function loadExample(): Config {
    for (const name of ['certificate.pem', 'key.pem', 'hospital-ca.pem']) {
      folder.write(`tls/${name}`, 'pem');
    }
    for (const name of ['privacy-office', 'operations']) {
      folder.write(`secrets/${name}.token`, 'token');
    }
    return load(text);
  }

  it('loads, with paths relative to its folder', () => {
    const config = loadExample();
    expect(config.gateway.tls).toEqual({
      certificateFile: join(folder.path, 'tls/certificate.pem'),
      keyFile: join(folder.path, 'tls/key.pem'),
    });
    expect(config.upstream.caFile).toBe(join(folder.path, 'tls/hospital-ca.pem'));
    expect(config.review.readers).toEqual([
      {
        name: 'Privacy office',
        role: 'auditor',
        tokenFile: join(folder.path, 'secrets/privacy-office.token'),
      },
      {
        name: 'Operations',
        role: 'operator',
        tokenFile: join(folder.path, 'secrets/operations.token'),
      },
    ]);
    expect(config.audit.directory).toBe('/var/lib/chaperone/ledger');
    expect(config.smart.issuers[1]).toEqual({
      issuer: 'urn:oid:1.2.840.114350.1.13.0.1.7.3.688884.100',
      jwksUri: 'https://ehr.hospital.example/api/epic/keys',
      audience: [],
      preset: 'generic',
    });
    expect(config.limits.headerBytes).toBe(16_384);
  });

  it('shows every key', () => {
    for (const { path } of listKeys(createConfigSchema('.'))) {
      expect(text, path).toContain(`${path.replace(/^.*\./, '')}:`);
    }
  });

  it('cannot load without the files that it names', () => {
    expect(placesOf(text)).toEqual([
      '14:22 gateway.tls.certificateFile',
      '15:14 gateway.tls.keyFile',
      '21:11 upstream.caFile',
      '34:18 review.readers[0].tokenFile',
      '37:18 review.readers[1].tokenFile',
    ]);
  });
});

describe('an unknown key', () => {
  it.each([
    [`${upstream}gatway: {}\n`, '2:1 gatway', '"gateway"'],
    [`gateway:\n  lisen: x\n${upstream}`, '2:3 gateway.lisen', '"listen"'],
    [`gateway: { Listen: x }\n${upstream}`, '1:12 gateway.Listen', '"listen"'],
    [`${upstream}listen: x\n`, '2:1 listen', '"gateway.listen"'],
    [`${upstream}publicBaseURL: x\n`, '2:1 publicBaseURL', '"'],
    [`review:\n  readers:\n    - rôle: x\n`, '3:7 review.readers[0].rôle', '"role"'],
    [`${upstream}__proto__: { x: 1 }\n`, '2:1 __proto__', '"'],
    [`${upstream}constructor: 1\n`, '2:1 constructor', '"'],
  ])('is refused in its place, with the nearest known one: %j', (text, place, suggestion) => {
    const found = problemsOf(text).find(({ sentence }) => sentence.includes('unknown'));
    expect(found).toBeDefined();
    expect(`${String(found?.line)}:${String(found?.column)} ${String(found?.key)}`).toBe(place);
    expect(found?.sentence).toContain(suggestion);
  });
});

describe('several problems', () => {
  it('are reported at once, each with line, column, key and what to do', () => {
    const text = [
      'gateway:',
      '  listen: 8080',
      '  cors:',
      '    allowedOrigin: []',
      'review:',
      '  readers:',
      '    - name: A',
      '      role: admin',
      'limits:',
      '  headerBytes: 16 kB',
      'keys:',
      '  directory: /data/ledger/keys',
      'audit:',
      '  directory: /data/ledger',
    ].join('\n');
    expect(placesOf(text)).toEqual([
      '1:1 upstream',
      '2:11 gateway.listen',
      '4:5 gateway.cors.allowedOrigin',
      '7:7 review.readers[0].tokenFile',
      '8:13 review.readers[0].role',
      '10:16 limits.headerBytes',
      '12:14 keys.directory',
    ]);
    for (const { sentence } of problemsOf(text)) expect(sentence).toMatch(/^[A-Z].*\.$/);
  });

  it('are rendered one a line as file:line:column key: sentence', () => {
    const file = folder.write('chaperone.yaml', 'upstream:\n  baseUrl: ehr\nkey: 1\n');
    expect(() => loadConfig(file)).toThrow(
      new RegExp(
        `^${file}:2:12 upstream\\.baseUrl: Write an absolute URL.*\\.\n${file}:3:1 key: Remove.*\\.$`,
      ),
    );
  });
});

describe('a file that is no configuration', () => {
  it.each([
    ['', '1:1 '],
    ['# only a comment\n', '1:1 '],
    ['- a\n- b\n', '1:1 '],
    ['just text\n', '1:1 '],
    ['a: [1\n', '2:1 '],
    ['a: 1\n\tb: 2\n', '2:1 '],
    ['---\na: 1\n---\nb: 2\n', '3:1 '],
    ['? [a]\n: x\n', '1:3 '],
    ['upstream: !secret x\n', '1:11 '],
  ])('is refused: %j', (text, place) => {
    expect(placesOf(text)[0]).toBe(place);
  });

  it('is refused beyond 1 MB, however much of it is a comment', () => {
    const fits = upstream + '#'.repeat(1024 * 1024 - upstream.length);
    expect(problemsOf(fits)).toEqual([]);
    expect(placesOf(`${fits}#`)).toEqual(['1:1 ']);
  });

  it('is refused when it is not UTF-8, even in a comment', () => {
    const text = (byte: number[]) =>
      Buffer.concat([Buffer.from(`${upstream}#`), Buffer.from(byte)]);
    expect(problemsOf(text([0xc3, 0xbc]))).toEqual([]);
    expect(placesOf(text([0xfc]))).toEqual(['1:1 ']);
  });

  it('is refused when it is not there, or a folder', () => {
    for (const file of [join(folder.path, 'none.yaml'), folder.path]) {
      expect(() => loadConfig(file)).toThrow(ConfigError);
    }
  });

  it('is refused with a key twice, and other problems are still seen', () => {
    const text = `gateway:\n  listen: localhost:1\n  listen: localhost:2\n${upstream}x: 1\n`;
    expect(placesOf(text)).toEqual(['3:3 gateway.listen', '5:1 x']);
  });

  it('is refused with aliases, however many they would become', () => {
    const bomb = [
      'a: &a [x, x, x, x, x, x, x, x, x]',
      ...Array.from({ length: 9 }, (_, n) => {
        const name = String.fromCodePoint(98 + n);
        const before = String.fromCodePoint(97 + n);
        return `${name}: &${name} [${Array.from({ length: 9 }, () => `*${before}`).join(', ')}]`;
      }),
    ].join('\n');
    expect(placesOf(bomb)[0]).toBe('2:8 b');
    expect(placesOf('upstream:\n  baseUrl: &u https://a.example/\n  aliases: [*u]\n')).toEqual([
      '3:13 upstream.aliases',
    ]);
    expect(problemsOf('upstream:\n  baseUrl: &u https://a.example/\n')).toEqual([]);
  });

  it('is refused when it is nested without end', () => {
    expect(problemsOf(`a: ${'['.repeat(50_000)}`).length).toBeGreaterThan(0);
    expect(problemsOf(`a: ${'{a: '.repeat(20_000)}`).length).toBeGreaterThan(0);
  });
});

describe('keys without a value', () => {
  it('are refused, sections too', () => {
    expect(placesOf(`gateway:\n${upstream}`)).toEqual(['1:1 gateway']);
    expect(placesOf('upstream:\n  baseUrl:\n')).toEqual(['2:3 upstream.baseUrl']);
    expect(placesOf(`gateway: 5\n${upstream}`)).toEqual(['1:10 gateway']);
  });
});

describe('the defaults of serve --upstream', () => {
  it('are those of a file with that URL in the working directory, and one reader', () => {
    const byFile = load(upstream);
    const byUrl = defaultConfig('https://ehr.example.org/fhir/', folder.path);
    const tokenFile = join(folder.path, 'chaperone-data/auditor.token');
    expect(byUrl).toEqual({
      ...byFile,
      smart: { ...byFile.smart, discovery: { audience: 'https://ehr.example.org/fhir/' } },
      review: { ...byFile.review, readers: [{ name: 'auditor', role: 'auditor', tokenFile }] },
    });
    expect(Object.isFrozen(byUrl.review.readers)).toBe(true);
  });

  it.each(['ehr.example.org', 'ftp://x', 'https://user:pass@ehr.example.org', ''])(
    'need a usable URL: %j is none',
    (url) => {
      expect(() => defaultConfig(url, folder.path)).toThrow(/^--upstream:1:1 upstream\.baseUrl: /);
    },
  );
});

describe('docs/configuration.md', () => {
  it('is what the schema says', () => {
    const page = new URL('../../docs/configuration.md', import.meta.url);
    expect(readFileSync(page, 'utf8')).toBe(configMarkdown());
  });

  it('names every key with its default', () => {
    for (const { path, isRequired } of listKeys(createConfigSchema('.'))) {
      const entry = configMarkdown().split(`### \`${path}\`\n`)[1]?.split('###')[0];
      expect(entry, path).toContain(isRequired ? '- Default: none, required' : '- Default: ');
      expect(entry, path).toContain('- Value: ');
    }
  });
});

describe('the folder of the keys', () => {
  it.each([
    ['/d/ledger', '/d/ledger', true],
    ['/d/ledger', '/d/ledger/keys', true],
    ['/d/ledger', '/d/ledger/../ledger/x/keys', true],
    ['/d/ledger', '/d/ledger/..keys', true],
    ['/d/ledger', '/d/ledger-keys', false],
    ['/d/ledger', '/d/keys', false],
    ['/d/ledger/a', '/d/ledger', false],
  ])('with the ledger in %s: %s is refused: %s', (ledger, keys, isRefused) => {
    const text = `${upstream}audit: { directory: ${ledger} }\nkeys:\n  directory: ${keys}\n`;
    expect(placesOf(text)).toEqual(isRefused ? ['4:14 keys.directory'] : []);
  });

  it('is refused when it is in the ledger by a symbolic link', () => {
    mkdirSync(join(folder.path, 'ledger'));
    symlinkSync(join(folder.path, 'ledger'), join(folder.path, 'elsewhere'));
    mkdirSync(join(folder.path, 'apart'));
    const text = (keys: string) =>
      `${upstream}audit: { directory: ledger }\nkeys:\n  directory: ${keys}\n`;
    expect(placesOf(text('elsewhere/keys'))).toEqual(['4:14 keys.directory']);
    expect(placesOf(text('apart/keys'))).toEqual([]);
  });
});
