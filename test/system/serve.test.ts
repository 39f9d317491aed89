/** The shipped command from outside: how `serve` starts, ends and recovers, and what `verify` sees. */
import { cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { runCommand, runVerify } from '../support/command.ts';
import { detailsOf, requestIdOf } from '../support/face-under-test.ts';
import { GatewayNotReady, startGateway } from '../support/gateway-process.ts';
import type { ConfigTree, GatewayOptions, GatewayProcess } from '../support/gateway-process.ts';
import { epochFolder, isEffectUnknown, readEvents } from '../support/ledger-events.ts';
import { waitFor } from '../support/raw-client.ts';
import { answerText, headerOf, startRecordingUpstream } from '../support/recording-upstream.ts';
import type { RecordingUpstream } from '../support/recording-upstream.ts';
import { temporaryFolder } from '../support/temporary-ledger.ts';

const timeout = 60_000;
const patient = '{"resourceType":"Patient","id":"1"}';

/** An upstream that keeps every request waiting until it is told to answer. */
interface HeldUpstream extends RecordingUpstream {
  letAnswer(): void;
}

async function startHeldUpstream(): Promise<HeldUpstream> {
  let letAnswer = (): void => undefined;
  const held = new Promise<void>((resolve) => (letAnswer = resolve));
  const upstream = await startRecordingUpstream(({ method }) => [
    { until: held },
    answerText(
      method === 'POST' ? '201 Created' : '200 OK',
      ['Content-Type: application/fhir+json'],
      patient,
    ),
  ]);
  onTestFinished(() => upstream.close());
  return Object.assign(upstream, { letAnswer });
}

/** Starts a gateway that is gone when the test has ended. */
async function startForTest(options: GatewayOptions): Promise<GatewayProcess> {
  const gateway = await startGateway({ directory: temporaryFolder(), ...options });
  onTestFinished(async () => {
    await gateway.kill9();
  });
  return gateway;
}

async function failureOf(options: Partial<GatewayOptions>): Promise<GatewayNotReady> {
  const started = startForTest({ upstream: 'http://127.0.0.1:9/fhir', ...options });
  const failure = await started.catch((error: unknown) => error);
  if (failure instanceof GatewayNotReady) return failure;
  throw new Error('the gateway should not have started');
}

function read(gateway: GatewayProcess): Promise<Response> {
  return fetch(`${gateway.appUrl}/Patient/1`);
}

function create(gateway: GatewayProcess): Promise<Response> {
  const headers = { 'Content-Type': 'application/fhir+json' };
  return fetch(`${gateway.appUrl}/Patient`, { method: 'POST', headers, body: patient });
}

function requestId(response: Response): string {
  return response.headers.get('x-request-id') ?? '';
}

function eventsOf(gateway: GatewayProcess, id: string): ReturnType<typeof readEvents>['events'] {
  return readEvents(gateway.ledgerDirectory).events.filter((event) => requestIdOf(event) === id);
}

describe('a gateway that serves', { timeout }, () => {
  let upstream: RecordingUpstream;
  let gateway: GatewayProcess;
  beforeAll(async () => {
    upstream = await startRecordingUpstream();
    gateway = await startGateway({ upstream: upstream.base });
    expect((await read(gateway)).status).toBe(200);
  }, timeout);
  afterAll(async () => {
    await gateway.stop();
    await upstream.close();
  });

  it('says one line on stdout, with its bases and the process that writes the ledger', () => {
    const { appUrl, reviewUrl, pid } = gateway;
    expect(gateway.stdout()).toBe(`ready app=${appUrl} review=${reviewUrl} pid=${String(pid)}\n`);
    for (const url of [appUrl, reviewUrl])
      expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/fhir$/u);
    expect(() => process.kill(pid, 0)).not.toThrow();
  });

  it('lets nobody else write its ledger: a second process ends with 73', async () => {
    const config = { audit: { directory: gateway.ledgerDirectory } };
    const failure = await failureOf({ config, init: false });
    expect(failure).toMatchObject({ exit: { code: 73 }, stdout: '' });
    expect(failure.stderr).toContain('LEDGER_LOCKED');
    expect((await read(gateway)).status).toBe(200);
  });

  it('is found by a search at once: an answer that was given is an event that is seen', async () => {
    const headers = { Authorization: `Bearer ${gateway.readerToken}` };
    for (let i = 0; i < 20; i++) {
      const id = requestId(await read(gateway));
      const url = `${gateway.reviewUrl}/AuditEvent?entity.identifier=${id}`;
      const bundle = (await (await fetch(url, { headers })).json()) as { entry?: unknown[] };
      expect(bundle.entry?.length).toBe(1);
    }
  });

  it('is asked by `search`, which is itself recorded', async () => {
    const id = requestId(await read(gateway));
    const { reviewUrl, readerTokenFile } = gateway;
    const query = `AuditEvent?entity.identifier=${id}`;
    const where = ['--review', reviewUrl, '--token-file', readerTokenFile];
    const found = await runCommand(['search', query, ...where, '--json']);
    expect(found).toMatchObject({ code: 0, stderr: '' });
    const lines = found.stdout.trim().split('\n');
    expect(lines.length).toBe(1);
    expect(JSON.parse(lines[0] ?? '')).toEqual(eventsOf(gateway, id)[0]);
    const reviews = readEvents(gateway.ledgerDirectory).events.filter((event) =>
      detailsOf(event, 'record-kind').includes('review'),
    );
    expect(JSON.stringify(reviews.at(-1)?.agent)).toContain('test-auditor');
  });

  it('is verified while it writes, and as a copy', async () => {
    const reads = Array.from({ length: 50 }, () => read(gateway));
    const [live] = await Promise.all([runVerify(gateway.ledgerDirectory), ...reads]);
    expect(live).toMatchObject({ code: 0, ok: true, problems: [], openIntents: 0 });

    const copy = join(temporaryFolder(), 'copy');
    cpSync(gateway.ledgerDirectory, copy, { recursive: true });
    const { size } = readEvents(gateway.ledgerDirectory);
    expect(await runVerify(copy)).toMatchObject({ code: 0, ok: true, treeSize: size });
  });

  it('is not verified as part of a copy', async () => {
    // A ledger of its own, so young that its write-ahead log was never moved into the file.
    const young = await startGateway({ upstream: upstream.base });
    onTestFinished(() => young.stop());
    await read(young);
    const copy = join(temporaryFolder(), 'copy');
    cpSync(young.ledgerDirectory, copy, { recursive: true });
    expect(await runVerify(copy)).toMatchObject({ code: 0, ok: true });

    const log = readdirSync(epochFolder(copy)).filter((name) => name.endsWith('-wal'));
    expect(log).not.toEqual([]);
    for (const name of log) rmSync(join(epochFolder(copy), name));
    const partial = await runVerify(copy);
    expect(partial).toMatchObject({ code: 1, ok: false });
    expect(partial.problems.length).toBeGreaterThan(0);
  });
});

describe('verify', { timeout }, () => {
  it.each(['empty', 'missing'])('fails on a folder that is %s', async (kind) => {
    const directory = join(temporaryFolder(), 'ledger');
    if (kind === 'empty') mkdirSync(directory);
    const result = await runVerify(directory);
    expect(result).toMatchObject({ code: 1, ok: false, records: 0 });
    expect(result.problems.map(({ code }) => code)).toEqual(['nothing-to-check']);
  });
});

describe('a start that cannot be', { timeout }, () => {
  it('ends with 70 when there is no ledger, and makes none', async () => {
    const directory = temporaryFolder();
    const failure = await failureOf({ directory, init: false });
    expect(failure).toMatchObject({ exit: { code: 70 }, stdout: '' });
    expect(failure.stderr).toContain('LEDGER_MISSING');
    expect((await runVerify(join(directory, 'ledger'))).ok).toBe(false);
  });

  it.each(['gateway', 'review'])(
    'ends with 2 and names %s.listen when its port is in use',
    async (face) => {
      const other = createServer();
      await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
      onTestFinished(() => void other.close());
      const listen = `127.0.0.1:${String((other.address() as AddressInfo).port)}`;
      const config: ConfigTree = { [face]: { listen } };
      const failure = await failureOf({ config });
      expect(failure).toMatchObject({ exit: { code: 2 }, stdout: '' });
      expect(failure.stderr).toContain(`${face}.listen: ${listen} is in use`);
    },
  );

  it('ends with 2 and says file, line and column of what is wrong', async () => {
    const file = join(temporaryFolder(), 'chaperone.yaml');
    writeFileSync(file, 'gateway:\n  listen: 127.0.0.1:0\nupstream:\n  baseUlr: http://x/fhir\n');
    const result = await runCommand(['serve', '--config', file]);
    expect(result).toMatchObject({ code: 2, stdout: '' });
    expect(result.stderr).toContain(`${file}:4:3`);
    expect(result.stderr).toContain('baseUrl');
  });
});

describe('SIGTERM', { timeout }, () => {
  it('lets what is in flight end and be recorded, takes nothing new, and ends with 0', async () => {
    const upstream = await startHeldUpstream();
    const gateway = await startForTest({ upstream: upstream.base });
    const inFlight = [read(gateway), create(gateway)];
    await waitFor(() => upstream.seen.length === 2);

    process.kill(gateway.pid, 'SIGTERM');
    const readiness = new URL('/readyz', gateway.reviewUrl);
    const process_ = async (): Promise<unknown> => (await fetch(readiness)).json();
    await expect
      .poll(process_, { timeout: 10_000 })
      .toMatchObject({ status: 'unready', checks: { process: 'stopping' } });
    await expect(read(gateway)).rejects.toThrow('fetch failed');
    upstream.letAnswer();

    const answers = await Promise.all(inFlight);
    expect(answers.map(({ status }) => status)).toEqual([200, 201]);
    expect(await answers[0]?.text()).toBe(patient);
    expect(await gateway.exited).toEqual({ code: 0, signal: null });
    expect(upstream.seen.length).toBe(2);
    for (const answer of answers) {
      expect(eventsOf(gateway, requestId(answer)).map(({ outcome }) => outcome)).toEqual(['0']);
    }
    expect(await runVerify(gateway.ledgerDirectory)).toMatchObject({ ok: true, openIntents: 0 });
  });
});

describe('kill -9', { timeout }, () => {
  it('leaves what was answered, and the next start speaks for the change in flight', async () => {
    const upstream = await startRecordingUpstream();
    onTestFinished(() => upstream.close());
    const gateway = await startForTest({ upstream: upstream.base });
    const answered = requestId(await read(gateway));
    upstream.answerWith(() => [{ do: 'hang' }]);
    const change = create(gateway).catch(() => 'no answer');
    await waitFor(() => upstream.seen.at(-1)?.method === 'POST');
    await gateway.kill9();
    expect(await change).toBe('no answer');
    expect(await runVerify(gateway.ledgerDirectory)).toMatchObject({ ok: true, openIntents: 1 });

    const { directory } = gateway;
    const again = await startForTest({ upstream: upstream.base, directory, init: false });
    const [seen] = upstream.seen.slice(-1);
    const inFlight = seen === undefined ? '' : (headerOf(seen, 'x-request-id') ?? '');
    expect(eventsOf(again, inFlight).map(isEffectUnknown)).toEqual([true]);
    expect(eventsOf(again, answered).map(({ outcome }) => outcome)).toEqual(['0']);
    const recovered = await runVerify(again.ledgerDirectory);
    expect(recovered).toMatchObject({ ok: true, openIntents: 0 });
    await again.stop();
  });
});
