/** The folder of the demo: thrown away on request, but never under a running demo. */
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { openLedger } from '../../audit/ledger/index.ts';
import { demoConfig } from '../../cli/demo-config.ts';
import { emptyFolder, isNewFolder, writeHeaderFile } from '../../cli/demo-folder.ts';
import { temporaryFolder } from '../support/temporary-ledger.ts';

const around = {
  upstreamUrl: 'http://127.0.0.1:9/fhir',
  issuer: 'http://127.0.0.1:9/auth',
  appOrigin: 'http://127.0.0.1:9',
  launchUrl: 'http://127.0.0.1:9/launch.html',
};

function folder(): { directory: string; config: ReturnType<typeof demoConfig> } {
  const directory = path.join(temporaryFolder(), 'chaperone-demo');
  const config = demoConfig(around, directory, { port: 0, reviewPort: 0 });
  return { directory, config };
}

function open({ config }: ReturnType<typeof folder>): ReturnType<typeof openLedger> {
  return openLedger({
    directory: config.audit.directory,
    origin: config.audit.origin,
    init: true,
    clock: () => new Date(),
    queueBytes: config.limits.ledgerQueueBytes,
    appendTimeoutMs: config.limits.appendTimeoutMs,
    onWarning: () => undefined,
  });
}

describe('the folder of the demo', () => {
  it('is emptied on request', async () => {
    const demo = folder();
    expect(isNewFolder(demo.directory)).toBe(true);
    await (await open(demo)).close();
    expect(isNewFolder(demo.directory)).toBe(false);
    emptyFolder(demo.directory, demo.config);
    expect(isNewFolder(demo.directory)).toBe(true);
  });

  it('is left alone while another demo uses it', async () => {
    const demo = folder();
    const ledger = await open(demo);
    expect(() => {
      emptyFolder(demo.directory, demo.config);
    }).toThrow(expect.objectContaining({ code: 'LEDGER_LOCKED' }));
    expect(existsSync(demo.config.audit.directory)).toBe(true);
    await ledger.close();
  });

  it('is emptied when its ledger is beyond use', async () => {
    const demo = folder();
    await (await open(demo)).close();
    const config = { ...demo.config, audit: { ...demo.config.audit, origin: 'other.example/2' } };
    emptyFolder(demo.directory, config);
    expect(isNewFolder(demo.directory)).toBe(true);
  });

  it('gets header files for curl that only their owner can read, new ones each time', () => {
    const { directory } = folder();
    const file = writeHeaderFile(directory, 'ana-souza', 'one');
    writeFileSync(file, 'Authorization: Bearer one\n', { mode: 0o644 });
    expect(writeHeaderFile(directory, 'ana-souza', 'two')).toBe(file);
    expect(readFileSync(file, 'utf8')).toBe('Authorization: Bearer two\n');
    expect(statSync(file).mode % 0o1000).toBe(0o600);
  });
});
