/**
 * A new user's first hour: a fresh clone, the README and the tour, their commands as they stand. The
 * FHIR server that it talks of is the sample upstream, on the port that the README names.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSampleEhr, type SampleEhr } from '../../sample/index.ts';

const root = path.resolve(import.meta.dirname, '..', '..');
const clone = mkdtempSync(path.join(tmpdir(), 'chaperone-readme-'));
let upstream: SampleEhr;

/** A shell without what `npm test` adds to its children. Certificates that the machine trusts stay. */
const environment = Object.fromEntries(
  Object.entries(process.env).filter(
    ([name]) => !/^(npm_|NODE(?!_EXTRA_CA_CERTS$)|VITEST)/i.test(name),
  ),
);

beforeAll(async () => {
  upstream = await startSampleEhr({ port: 8081, access: 'open' });
  spawnSync('git', ['clone', '--quiet', root, clone]);
});
afterAll(async () => {
  for (const child of started) if (child.exitCode === null) child.kill('SIGTERM');
  await upstream.close();
  rmSync(clone, { recursive: true, force: true });
});

/** Code blocks of a page in one language, in their order. */
function blocks(language: string, page = 'README.md'): string[] {
  const text = readFileSync(path.join(clone, page), 'utf8');
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\``, 'gm'))].map((found) =>
    (found[1] ?? '').trim(),
  );
}

function block(language: string, part: string, page?: string): string {
  const found = blocks(language, page).filter((text) => text.includes(part));
  expect(found, `one ${language} block with ${part}`).toHaveLength(1);
  return found[0] ?? '';
}

function sh(command: string): { code: number | null; out: string } {
  const done = spawnSync('bash', ['-c', command], {
    cwd: clone,
    env: environment,
    encoding: 'utf8',
    timeout: 300_000,
  });
  return { code: done.status, out: `${done.stdout}${done.stderr}` };
}

const started: ChildProcess[] = [];

interface Serving {
  readonly child: ChildProcess;
  readonly app: string;
  readonly review: string;
  output(): string;
  stop(): Promise<number | null>;
}

/** Runs a command that serves, until it says that it is ready. */
async function serving(command: string, until = /^ready .*pid=\d+$/m): Promise<Serving> {
  const child = spawn('bash', ['-c', `exec ${command}`], {
    cwd: clone,
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  const exited = new Promise<number | null>((resolve) => child.on('exit', resolve));
  const ready = new Promise<void>((resolve, reject) => {
    const onData = (chunk: Buffer): void => {
      text += chunk.toString();
      if (until.test(text)) resolve();
    };
    child.stdout.on('data', onData);
    child.stderr.on('data', onData);
    void exited.then((code) => {
      reject(new Error(`ended with ${String(code)}: ${text}`));
    });
  });
  started.push(child);
  await ready;
  const [, app = '', review = '', pid = ''] =
    /^ready app=(\S+) review=(\S+) pid=(\d+)$/m.exec(text) ?? [];
  return {
    child,
    app,
    review,
    output: () => text,
    stop() {
      process.kill(Number(pid), 'SIGTERM');
      return exited;
    },
  };
}

describe('someone who follows the README in a fresh clone', () => {
  it('starts the sample with one command, which installs what it needs', async () => {
    expect(existsSync(path.join(clone, 'node_modules'))).toBe(false);
    const sample = await serving(block('sh', 'npm start'), /The record:\n/);
    const hints = [...sample.output().matchAll(/^ {2}(curl .*)$/gm)].map((found) => found[1] ?? '');
    expect(hints.length).toBeGreaterThanOrEqual(3);
    for (const hint of hints) expect(sh(hint).code).toBe(0);
    const search = /^ {2}(npm run chaperone -- search .*)$/m.exec(sample.output())?.[1] ?? '';
    expect(sh(search).out).toContain('Patient/zoe');
    await expect.poll(() => sample.output()).toMatch(/read .*Patient\/zoe/);
    for (const command of block('sh', 'curl -H', 'docs/demo.md').split('\n')) {
      expect([command, sh(command).code]).toEqual([command, 0]);
    }
    for (const [url] of readFileSync(path.join(clone, 'docs/demo.md'), 'utf8').matchAll(
      /(?<=`)http:\/\/127\.0\.0\.1:80[67]0\/(?:launcher)?(?=`)/g,
    )) {
      expect([url, (await fetch(url)).status]).toEqual([url, 200]);
    }
    expect(await sample.stop()).toBe(0);
  });

  it('plays a day of the clinic on fresh data', async () => {
    const day = await serving(block('sh', '--traffic', 'docs/demo.md'), /The day is over: .*\n/);
    expect(day.output()).toContain('Aoife Byrne, using Chart Review, read Patient/ines');
    expect(await day.stop()).toBe(0);
  });

  it('finds the test command that CI calls', () => {
    const test = block('sh', 'npm test');
    expect(readFileSync(path.join(clone, '.ci/run'), 'utf8')).toContain(`\n${test}\n`);
  });

  it('points it at a FHIR server, uses it as an app would, and sees what was recorded', async () => {
    const gateway = await serving(block('sh', '--upstream'));
    expect(gateway.output()).toContain('chaperone-data/auditor.token');
    expect(gateway.app).toBe('http://localhost:8080/fhir');
    const answer = await fetch(`${gateway.app}/Patient/zoe`);
    expect(answer.status).toBe(200);
    const found = sh(block('sh', 'search'));
    expect(found).toMatchObject({ code: 0 });
    expect(found.out).toContain('Patient/zoe');
    const verified = sh(block('sh', 'verify'));
    expect(verified).toMatchObject({ code: 0 });
    expect(verified.out).toMatch(/root hash +\S{44}/);
    expect(await gateway.stop()).toBe(0);
  });

  it('writes the least configuration, checks it and serves with it', async () => {
    const yaml = block('yaml', 'upstream:').replace(
      /baseUrl: \S+/,
      `baseUrl: ${upstream.fhirBaseUrl}`,
    );
    writeFileSync(path.join(clone, 'chaperone.yaml'), yaml);
    writeFileSync(path.join(clone, 'privacy-office.token'), 'a-token-of-the-test\n', {
      mode: 0o600,
    });
    const [check = '', serve = ''] = block('sh', 'config check').split('\n');
    expect(sh(check)).toMatchObject({ code: 0 });
    const gateway = await serving(serve);
    expect((await fetch(`${gateway.app}/metadata`)).status).toBe(200);
    expect(await gateway.stop()).toBe(0);
    const again = sh(serve.replace(' --init', '').replace('chaperone.yaml', 'missing.yaml'));
    expect(again.code).toBe(2);
  });
});
