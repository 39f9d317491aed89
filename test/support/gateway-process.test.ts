/** The helper that other suites judge the gateway with: it must notice what goes wrong. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GatewayNotReady, startGateway } from './gateway-process.ts';

// Nothing listens there, and nothing has to.
const upstream = 'http://127.0.0.1:9/fhir';

describe('a gateway that is started for a test', { timeout: 90_000 }, () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'chaperone-test-'));
  });
  afterAll(async () => {
    await rm(directory, { recursive: true, force: true });
  });

  it('stops with 0 and takes its temporary folder with it', async () => {
    const gateway = await startGateway({ upstream });
    expect(existsSync(gateway.ledgerDirectory)).toBe(true);
    await gateway.stop();
    expect(existsSync(gateway.directory)).toBe(false);
    expect(await gateway.exited).toEqual({ code: 0, signal: null });
  });

  it('survives kill -9 with its ledger, and starts on it again without --init', async () => {
    const first = await startGateway({ upstream, directory });
    await first.kill9();
    expect(() => process.kill(first.pid, 0)).toThrow('ESRCH');
    const second = await startGateway({ upstream, directory, init: false });
    expect(second.pid).not.toBe(first.pid);
    await second.stop();
    expect(existsSync(second.ledgerDirectory)).toBe(true);
  });

  it('rejects when it ends before it is ready, and says why', async () => {
    const started = startGateway({ upstream, config: { upstream: { baseUlr: 'x' } } });
    const failure = await started.catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(GatewayNotReady);
    expect(failure).toMatchObject({ exit: { code: 2 } });
    expect((failure as GatewayNotReady).stderr).toContain('baseUlr');
  });

  it('does not call it stopped when it did not end by itself', async () => {
    const gateway = await startGateway({ upstream });
    process.kill(gateway.pid, 'SIGKILL');
    await expect(gateway.stop()).rejects.toThrow('should end with 0');
    await rm(gateway.directory, { recursive: true, force: true });
  });
});
