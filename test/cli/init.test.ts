import { existsSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { exitCodes } from '../../cli/exit-codes.ts';
import { runCommand, runVerify } from '../support/command.ts';
import { makeConfigFolder, type ConfigFolder } from '../support/config-file.ts';
import { openTestLedger } from '../support/temporary-ledger.ts';

let folder: ConfigFolder;
let config: string;

beforeEach(() => {
  folder = makeConfigFolder();
  folder.write('auditor.token', 'a-token-of-the-test\n');
  config = folder.write(
    'chaperone.yaml',
    [
      'gateway: { listen: "localhost:0" }',
      'upstream: { baseUrl: "http://127.0.0.1:1/fhir" }',
      'review:',
      '  listen: "127.0.0.1:0"',
      '  readers: [{ name: auditor, role: auditor, tokenFile: auditor.token }]',
      'audit: { directory: ledger, origin: chaperone.example.org/test }',
      'keys: { directory: keys }',
      '',
    ].join('\n'),
  );
});
afterEach(() => {
  folder.remove();
});

const ledger = (): string => path.join(folder.path, 'ledger');

describe('chaperone init', () => {
  it('creates a ledger that verifies and the keys, and ends', async () => {
    const done = await runCommand(['init', '--config', config]);
    expect(done).toMatchObject({ code: exitCodes.well, stderr: '' });
    expect(done.stdout).toContain('created ');
    expect(await runVerify(ledger())).toMatchObject({ ok: true, problems: [] });
    expect(existsSync(path.join(folder.path, 'keys', 'token-digest.key'))).toBe(true);
    expect(existsSync(path.join(folder.path, 'keys', 'index.key'))).toBe(true);
  });

  it('leaves a ledger that is there as it is', async () => {
    await runCommand(['init', '--config', config]);
    const before = await runVerify(ledger());
    const again = await runCommand(['init', '--config', config]);
    expect(again.code).toBe(exitCodes.well);
    expect(again.stdout).toContain('there is a ledger already');
    expect(await runVerify(ledger())).toEqual(before);
  });

  it('leaves the ledger of a running gateway alone', async () => {
    await openTestLedger(ledger());
    const done = await runCommand(['init', '--config', config]);
    expect(done.code).toBe(exitCodes.ledgerLocked);
  });

  it('refuses a configuration that serve would refuse, and none at all', async () => {
    await runCommand(['init', '--config', config]);
    const other = config.replace('chaperone.yaml', 'other.yaml');
    folder.write('other.yaml', 'upstream: { baseUrl: 7 }\n');
    expect((await runCommand(['init', '--config', other])).code).toBe(exitCodes.usage);
    expect((await runCommand(['init'])).code).toBe(exitCodes.usage);
  });
});
