/**
 * What compose.yaml promises: the gateway without rights, nobody but the gateway at the FHIR server,
 * nothing in the clear beyond this machine, no secret in a file of the checkout; and that it fits
 * the image and the configuration.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { loadConfig } from '../../config/index.ts';
import { makeConfigFolder } from '../support/config-file.ts';
import { execForm, parseDockerfile, textsOf } from '../support/image/dockerfile.ts';

const project = path.resolve(import.meta.dirname, '..', '..');
const read = (file: string): string => readFileSync(path.join(project, file), 'utf8');

const service = z.strictObject({
  build: z.string().optional(),
  image: z.string(),
  restart: z.literal('unless-stopped'),
  user: z.string().optional(),
  read_only: z.boolean().optional(),
  tmpfs: z.array(z.string()).optional(),
  cap_drop: z.array(z.string()),
  security_opt: z.array(z.string()),
  pids_limit: z.number().optional(),
  stop_grace_period: z.string().optional(),
  volumes: z.array(z.string()).optional(),
  secrets: z.array(z.string()).optional(),
  healthcheck: z
    .strictObject({
      test: z.array(z.string()),
      interval: z.string(),
      timeout: z.string(),
      start_period: z.string(),
      retries: z.number(),
    })
    .optional(),
  environment: z.record(z.string(), z.string()).optional(),
  networks: z.array(z.string()),
  ports: z.array(z.string()).optional(),
});

/** The keys of the Compose specification that we use, and no other: a misspelt one is an error. */
const compose = z
  .strictObject({
    name: z.string(),
    services: z.strictObject({ gateway: service, hapi: service }),
    networks: z.strictObject({
      front: z.strictObject({}),
      ehr: z.strictObject({ internal: z.boolean() }),
    }),
    volumes: z.strictObject({ record: z.strictObject({}) }),
    secrets: z.record(z.string(), z.strictObject({ file: z.string() })),
  })
  .parse(parse(read('compose.yaml')));

const { gateway, hapi } = compose.services;
const image = parseDockerfile(read('Dockerfile')).at(-1);
if (image === undefined) throw new Error('the Dockerfile has no stage');

const folder = makeConfigFolder();
afterAll(() => {
  folder.remove();
});

/** The configuration, with the secret where this machine has one. */
function configured(): ReturnType<typeof loadConfig> {
  const token = folder.write('auditor.token', 'a-token-of-the-test\n');
  const text = read('docs/examples/compose.chaperone.yaml');
  expect(text).toContain('/run/secrets/auditor_token');
  return loadConfig(folder.write('c.yaml', text.replace('/run/secrets/auditor_token', token)));
}

describe('the gateway of compose.yaml', () => {
  it('has no right beyond its user, and writes to its volume and /tmp alone', () => {
    expect(gateway.user).toBe(textsOf(image, 'USER')[0]);
    expect(gateway.read_only).toBe(true);
    expect(gateway.cap_drop).toEqual(['ALL']);
    expect(gateway.security_opt).toEqual(['no-new-privileges:true']);
    expect(gateway.tmpfs?.map((each) => each.split(':')[0])).toEqual(['/tmp']);
    const [volume, ...others] = gateway.volumes ?? [];
    expect(volume).toBe('record:/data');
    for (const other of others) expect(other).toMatch(/:ro$/u);
  });

  it('is reached from this machine alone', () => {
    for (const port of gateway.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/u);
  });

  it('has the health check of the image', () => {
    const [text = ''] = textsOf(image, 'HEALTHCHECK');
    const command = execForm(text.replace(/^.*?CMD\s+/u, '')) ?? [];
    expect(gateway.healthcheck?.test).toEqual(['CMD', ...command]);
  });

  it('is given the time to end what is under way', () => {
    const graceMs = Number(/^(\d+)s$/u.exec(gateway.stop_grace_period ?? '')?.[1]) * 1000;
    // The review face takes up to five seconds after the app face.
    expect(graceMs).toBeGreaterThan(configured().limits.drainTimeoutMs + 5000);
  });

  it('is given files that are there', () => {
    for (const volume of gateway.volumes ?? []) {
      const [source = ''] = volume.split(':');
      if (source.startsWith('.')) expect(existsSync(path.join(project, source))).toBe(true);
      else expect(Object.keys(compose.volumes)).toContain(source);
    }
  });
});

describe('the FHIR server of compose.yaml', () => {
  it('is reached by the gateway alone', () => {
    expect(hapi.ports).toBeUndefined();
    expect(hapi.networks).toEqual(['ehr']);
    expect(compose.networks.ehr.internal).toBe(true);
    expect(gateway.networks).toContain('ehr');
    expect(Object.keys(compose.services)).toEqual(['gateway', 'hapi']);
  });

  it('has no right that it does not need, and a tag that names a version', () => {
    expect(hapi.cap_drop).toEqual(['ALL']);
    expect(hapi.security_opt).toEqual(['no-new-privileges:true']);
    expect(hapi.image).toMatch(/^hapiproject\/hapi:v\d+\.\d+\.\d+-\d+$/u);
  });
});

describe('the secrets of compose.yaml', () => {
  it('are files that git does not take', () => {
    for (const { file } of Object.values(compose.secrets)) {
      const asked = spawnSync('git', ['check-ignore', '--quiet', file], { cwd: project });
      expect(asked.status, file).toBe(0);
    }
  });

  it('are in no environment', () => {
    expect(gateway.environment).toBeUndefined();
    expect(Object.keys(hapi.environment ?? {})).toEqual(['hapi.fhir.fhir_version']);
  });
});

describe('the configuration of compose.yaml', () => {
  it('is one that serve takes', () => {
    expect(() => configured()).not.toThrow();
  });

  it('listens where the image and the health check expect it', () => {
    const { gateway: app, review } = configured();
    const ports = [app.listen.port, review.listen.port].map(String);
    expect(textsOf(image, 'EXPOSE')[0]?.split(' ')).toEqual(ports);
    expect(gateway.ports?.map((port) => port.split(':')[2])).toEqual(ports);
    expect([app.listen.host, review.listen.host]).toEqual(['0.0.0.0', '0.0.0.0']);
    expect(read('docker/healthcheck.mjs')).toContain(`http://127.0.0.1:${ports[1] ?? ''}/livez`);
  });

  it('keeps record and keys in the volume, apart', () => {
    const { audit, keys } = configured();
    expect(audit.directory).toBe('/data/ledger');
    expect(keys.directory).toBe('/data/keys');
  });

  it('asks the FHIR server by its name, and reads the secrets that it is given', () => {
    const { upstream } = configured();
    expect(Object.keys(compose.services)).toContain(new URL(upstream.baseUrl).hostname);
    const text = read('docs/examples/compose.chaperone.yaml');
    const wanted = [...text.matchAll(/\/run\/secrets\/(\w+)/gu)].map(([, name]) => name);
    expect(gateway.secrets).toEqual(wanted);
    expect(Object.keys(compose.secrets)).toEqual(wanted);
  });
});
