/** `chaperone sample-ehr` as a person runs it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { runCommand } from '../support/command.ts';
import { projectRoot } from '../support/gateway-process.ts';

it('runs until it is stopped, says where, and logs who asked', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'chaperone-ehr-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  const log = join(folder, 'access.jsonl');
  const args = ['sample-ehr', '--port', '0', '--json', '--access-log', log];
  const child = spawn(process.execPath, [join(projectRoot, 'bin', 'chaperone.mjs'), ...args]);
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const ready = JSON.parse(line.toString()) as { fhirBaseUrl: string; issuer: string };
  expect((await fetch(`${ready.fhirBaseUrl}/metadata`)).status).toBe(200);
  const refused = await fetch(`${ready.fhirBaseUrl}/Patient/zoe`, {
    headers: { 'x-request-id': 'r-1', authorization: 'Bearer canary-token' },
  });
  expect(refused.status).toBe(401);
  expect((await fetch(`${ready.issuer}/.well-known/openid-configuration`)).status).toBe(200);
  child.kill('SIGTERM');
  const [code] = (await once(child, 'exit')) as [number];
  expect(code).toBe(0);
  const entries = readFileSync(log, 'utf8').trim().split('\n');
  expect(entries).toHaveLength(2);
  expect(entries[1]).toContain('"requestId":"r-1"');
  expect(entries.join()).not.toContain('canary-token');
});

it.each<readonly [string, readonly string[], string]>([
  ['a port that is none', ['--port', 'x'], '--port takes a port number'],
  ['an account that is none', ['--sign-in', 'nobody'], 'ana-souza'],
  ['a sign-in where there is none', ['--open', '--sign-in', 'ana-souza'], 'With --open'],
  ['a patient without a sign-in', ['--patient', 'zoe'], '--sign-in'],
])('refuses %s', async (_name, args, text) => {
  const { code, stderr } = await runCommand(['sample-ehr', ...args]);
  expect(code).toBe(2);
  expect(stderr).toContain(text);
});
