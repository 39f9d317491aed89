/**
 * "Nothing before durable", judged from outside on the shipped command: the kernel's own order of
 * syncs and socket writes under strace, syncs that are slow, syncs that fail, a disk that is full.
 * Needs root, strace and tmpfs.
 */
import { execFileSync } from 'node:child_process';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runVerify } from '../support/command.ts';
import { detailsOf, requestIdOf } from '../support/face-under-test.ts';
import { GatewayNotReady, startGateway } from '../support/gateway-process.ts';
import type { GatewayOptions, GatewayProcess } from '../support/gateway-process.ts';
import { isEffectUnknown, readEvents } from '../support/ledger-events.ts';
import { copyProject, type Patch } from '../support/project-copy.ts';
import { waitFor, type RawAnswer } from '../support/raw-client.ts';
import { answerText, headerOf, startRecordingUpstream } from '../support/recording-upstream.ts';
import type { RecordingUpstream, Script } from '../support/recording-upstream.ts';
import { stepsOf, traceCalls } from '../support/system-calls.ts';
import type { DiskFault, Step, Tracing } from '../support/system-calls.ts';
import { temporaryFolder } from '../support/temporary-ledger.ts';
import { exchangeRaw, type TimedExchange } from '../support/timed-exchange.ts';

/** Stands in every answer of the upstream: none of it may come through when nothing is recorded. */
const marker = 'content-of-the-upstream';
const json = 'Content-Type: application/fhir+json';
const patient = `{"resourceType":"Patient","id":"1","name":[{"family":"${marker}"}]}`;

const searchset = JSON.stringify({
  resourceType: 'Bundle',
  type: 'searchset',
  entry: ['a', 'b', 'c'].map((id) => ({
    resource: { resourceType: 'Patient', id, name: [{ family: marker }] },
  })),
});

const answer: Script = ({ method, target }) => {
  const headers = [json, `X-Upstream: ${marker}`];
  if (method === 'POST') return [answerText('201 Created', headers, patient)];
  return [answerText('200 OK', headers, target.includes('?') ? searchset : patient)];
};

interface Request {
  readonly name: string;
  readonly head: readonly string[];
  readonly body?: string;
  readonly status: number;
  /** What the kernel must have seen, in this order and nothing else. */
  readonly steps: readonly Step[];
  /** Events that must be there once it is answered. */
  readonly events: number;
}

const read: Request = {
  name: 'a read',
  head: ['GET /fhir/Patient/1 HTTP/1.1'],
  status: 200,
  steps: ['request', 'upstream', 'write', 'sync', 'answer'],
  events: 1,
};
const search: Request = {
  name: 'a search that finds several patients',
  head: ['GET /fhir/Patient?name=x HTTP/1.1'],
  status: 200,
  steps: ['request', 'upstream', 'write', 'sync', 'answer'],
  events: 3,
};
const create: Request = {
  name: 'a create, whose intent is synced before the upstream is asked',
  head: ['POST /fhir/Patient HTTP/1.1', json],
  body: patient,
  status: 201,
  steps: ['request', 'write', 'sync', 'upstream', 'write', 'sync', 'answer'],
  events: 1,
};
const refusal: Request = {
  name: 'a refusal',
  head: ['POST /fhir/Patient HTTP/1.1', 'Content-Type: text/csv'],
  body: 'a,b',
  status: 415,
  steps: ['request', 'write', 'sync', 'answer'],
  events: 1,
};
const requests: readonly Request[] = [read, search, create, refusal];

interface System {
  readonly upstream: RecordingUpstream;
  readonly gateway: GatewayProcess;
  send(request: Request): Promise<TimedExchange>;
}

/** Upstream and gateway; both are gone when the test has ended. One read is behind them. */
async function startSystem(options: Partial<GatewayOptions> = {}): Promise<System> {
  const upstream = await startRecordingUpstream(answer);
  onTestFinished(() => upstream.close());
  const gateway = await startGateway({
    upstream: upstream.base,
    directory: temporaryFolder(),
    ...options,
  });
  onTestFinished(async () => {
    await gateway.kill9();
  });
  const send = ({ head, body }: Request): Promise<TimedExchange> =>
    exchangeRaw(gateway.appUrl, head, body);
  const { answer: first } = await send(read);
  expect(first.status).toBe(200);
  // A gateway with a defect may be behind; the first commit also begins the write-ahead log.
  await expect
    .poll(() => eventsOf(gateway.ledgerDirectory, requestId(first)).length, { timeout: 10_000 })
    .toBe(1);
  return { upstream, gateway, send };
}

/** The steps of one exchange in a trace of the gateway. */
function stepsIn(
  lines: readonly string[],
  system: System,
  exchange: TimedExchange,
): readonly Step[] {
  return stepsOf(lines, {
    gatewayPort: Number(new URL(system.gateway.appUrl).port),
    upstreamPort: Number(new URL(system.upstream.base).port),
    clientPort: exchange.clientPort,
  });
}

/** A change that the upstream has seen and does not answer before it is told to. */
async function startChange(
  system: System,
): Promise<{ readonly change: Promise<TimedExchange>; readonly letAnswer: () => void }> {
  const { upstream } = system;
  let letAnswer = (): void => undefined;
  const held = new Promise<void>((resolve) => (letAnswer = resolve));
  upstream.answerWith((request, index) => [{ until: held }, ...answer(request, index)]);
  const change = system.send(create);
  await waitFor(() => upstream.seen.at(-1)?.method === 'POST');
  upstream.answerWith(answer);
  return { change, letAnswer };
}

async function trace(system: System, fault: DiskFault): Promise<Tracing> {
  return traceCalls(system.gateway.pid, fault);
}

function requestId(of: RawAnswer): string {
  return of.headers['x-request-id'] ?? '';
}

function eventsOf(ledgerDirectory: string, id: string): ReturnType<typeof readEvents>['events'] {
  return readEvents(ledgerDirectory).events.filter((event) => requestIdOf(event) === id);
}

/** 503 with an OperationOutcome, and nothing of what the upstream said. */
function expectUnrecorded({ answer: { status, headers, body }, bytes }: TimedExchange): void {
  expect(status).toBe(503);
  expect(headers['content-type']).toContain('application/fhir+json');
  expect(JSON.parse(body.toString())).toMatchObject({
    resourceType: 'OperationOutcome',
    issue: [{ severity: 'error', code: 'transient' }],
  });
  expect(bytes.includes(marker)).toBe(false);
}

/** Starts again on the same folder: recovered, and whole. */
async function restart(system: System): Promise<GatewayProcess> {
  const gateway = await startGateway({
    upstream: system.upstream.base,
    directory: system.gateway.directory,
    init: false,
  });
  onTestFinished(async () => {
    await gateway.kill9();
  });
  expect(await runVerify(gateway.ledgerDirectory)).toMatchObject({
    code: 0,
    ok: true,
    openIntents: 0,
    problems: [],
  });
  return gateway;
}

describe('while each sync takes long', () => {
  const delayMs = 300;

  it('no byte of an answer leaves before the sync of what covers it has ended', async () => {
    const system = await startSystem();
    const asked: number[] = [];
    system.upstream.answerWith((request, index) => {
      asked.push(performance.now());
      return answer(request, index);
    });
    const tracing = await trace(system, { kind: 'slow-sync', delayMs });
    const done: { request: Request; exchange: TimedExchange; upstreamAskedMs: number }[] = [];
    for (const request of requests) {
      const startedAt = performance.now();
      const exchange = await system.send(request);
      done.push({ request, exchange, upstreamAskedMs: (asked.at(-1) ?? 0) - startedAt });
      // What covers the answer is in the files by the time that the client has it.
      const events = eventsOf(system.gateway.ledgerDirectory, requestId(exchange.answer));
      expect(events.length, request.name).toBe(request.events);
    }
    const lines = await tracing.stop();
    for (const { request, exchange, upstreamAskedMs } of done) {
      expect(exchange.answer.status, request.name).toBe(request.status);
      expect(stepsIn(lines, system, exchange), request.name).toEqual(request.steps);
      // And as the client and the upstream see it: a lower bound, which no busy machine can break.
      const syncs = request.steps.filter((step) => step === 'sync').length;
      expect(exchange.firstByteMs, request.name).toBeGreaterThanOrEqual(syncs * delayMs);
      if (request === create) expect(upstreamAskedMs).toBeGreaterThanOrEqual(delayMs);
    }
    await system.gateway.stop();
  });

  it('is the same order without the delay, and the same answers', async () => {
    const system = await startSystem();
    const tracing = await trace(system, { kind: 'none' });
    const done: { request: Request; exchange: TimedExchange }[] = [];
    for (const request of requests) done.push({ request, exchange: await system.send(request) });
    const lines = await tracing.stop();
    for (const { request, exchange } of done) {
      expect(exchange.answer.status, request.name).toBe(request.status);
      expect(stepsIn(lines, system, exchange), request.name).toEqual(request.steps);
    }
    await system.gateway.stop();
  });
});

describe('a gateway with a defect', () => {
  const releasesFirst: readonly Patch[] = [
    {
      file: 'gateway/flow.ts',
      from: '    recorded = await options.recorder.record(done, intent);\n',
      to: `    deliver(course, prepared, { receipts: [{}], ids: [] } as never, options);
    recorded = await options.recorder.record(done, intent);\n`,
    },
    { file: 'gateway/flow.ts', from: '  deliver(course, prepared, recorded, options);\n', to: '' },
  ];
  const forwardsFirst: readonly Patch[] = [
    {
      file: 'gateway/flow.ts',
      from: '  if (changes) {\n',
      to: '  if (changes) await options.forwarder.forward(received.forward, new AbortController().signal, 1e6);\n  if (changes) {\n',
    },
  ];
  const noSync: Patch = {
    file: 'audit/ledger/ledger-file.ts',
    from: "db.pragma('synchronous = FULL')",
    to: "db.pragma('synchronous = OFF')",
  };
  const noCheck: Patch = {
    file: 'audit/ledger/ledger-file.ts',
    from: 'if (synchronous === 2 && ',
    to: 'if (',
  };

  it.each<[string, readonly Patch[], Request, readonly Step[]]>([
    [
      'that releases before it appends',
      releasesFirst,
      read,
      ['request', 'upstream', 'answer', 'write', 'sync'],
    ],
    ['that does not sync', [noSync, noCheck], read, ['request', 'upstream', 'write', 'answer']],
    [
      'that forwards before the intent',
      forwardsFirst,
      create,
      ['request', 'upstream', 'write', 'sync', 'upstream', 'write', 'sync', 'answer'],
    ],
  ])('%s is caught by the order of its system calls', async (_, patches, request, order) => {
    const system = await startSystem({ project: copyProject(patches) });
    const tracing = await trace(system, { kind: 'slow-sync', delayMs: 50 });
    const exchange = await system.send(request);
    const got = exchange.answer;
    expect(got.status).toBe(request.status);
    // Its record comes behind the answer, if it comes: wait for it, so that the list is complete.
    await expect
      .poll(() => eventsOf(system.gateway.ledgerDirectory, requestId(got)).length, {
        timeout: 10_000,
      })
      .toBe(1);
    const steps = stepsIn(await tracing.stop(), system, exchange);
    expect(steps).not.toEqual(request.steps);
    expect(steps).toEqual(order);
  });

  it('that does not sync does not even start, unless its own check is taken out', async () => {
    const started = startSystem({ project: copyProject([noSync]) });
    const failure = await started.catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(GatewayNotReady);
    expect(failure).toMatchObject({ exit: { code: 70 } });
    expect((failure as GatewayNotReady).stderr).toContain('LEDGER_NOT_DURABLE');
  });
});

describe('when the sync fails', () => {
  it.each([read, search, refusal])(
    '$name is answered 503 with nothing of it, the process ends with 70 and recovers',
    async (request) => {
      const system = await startSystem();
      const before = await system.send(request);
      expect(before.answer.status).toBe(request.status);
      const tracing = await trace(system, { kind: 'sync-fails' });
      expectUnrecorded(await system.send(request));
      expect(await system.gateway.exited).toEqual({ code: 70, signal: null });
      await tracing.stop();
      expect(system.gateway.stderr()).toContain('LEDGER_IO');
      const again = await restart(system);
      const events = eventsOf(again.ledgerDirectory, requestId(before.answer));
      expect(events.length).toBe(request.events);
      const after = await exchangeRaw(again.appUrl, request.head, request.body);
      expect(after.answer.status).toBe(request.status);
      await again.stop();
    },
  );

  it('a change is not forwarded when its intent cannot be synced', async () => {
    const system = await startSystem();
    const seenBefore = system.upstream.seen.length;
    await trace(system, { kind: 'sync-fails' });
    expectUnrecorded(await system.send(create));
    expect(await system.gateway.exited).toEqual({ code: 70, signal: null });
    expect(system.upstream.seen.length).toBe(seenBefore);
    await (await restart(system)).stop();
  });

  it.each<DiskFault['kind'] & ('sync-fails' | 'write-fails')>(['sync-fails', 'write-fails'])(
    'a change that the upstream saw is on record after the next start (%s)',
    async (kind) => {
      const system = await startSystem();
      const { change, letAnswer } = await startChange(system);
      await trace(system, { kind });
      letAnswer();
      const got = await change;
      expectUnrecorded(got);
      expect(await system.gateway.exited).toEqual({ code: 70, signal: null });
      const seen = system.upstream.seen.at(-1);
      const id = requestId(got.answer);
      expect(seen === undefined ? '' : headerOf(seen, 'x-request-id')).toBe(id);
      const again = await restart(system);
      const events = eventsOf(again.ledgerDirectory, id);
      expect(events.length).toBe(1);
      // What was written and not synced may be there. What was not written is not: the intent speaks.
      const isUnknown = events.map(isEffectUnknown).includes(true);
      expect(isUnknown || (kind === 'sync-fails' && events[0]?.outcome === '0')).toBe(true);
      await again.stop();
    },
  );
});

describe('when a sync takes longer than clients are kept waiting', () => {
  const config = { limits: { appendTimeoutMs: 1000 } };
  const fault: DiskFault = { kind: 'slow-sync', delayMs: 3000 };

  it('a read gets nothing, and the record says later that it was kept all the same', async () => {
    const system = await startSystem({ config });
    const tracing = await trace(system, fault);
    const seenBefore = system.upstream.seen.length;
    const first = system.send(read);
    await waitFor(() => system.upstream.seen.length === seenBefore + 1);
    // Half the time is over: who comes now is refused before the upstream is asked.
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect((await system.send(read)).answer.status).toBe(503);
    const got = await first;
    expectUnrecorded(got);
    expect(system.upstream.seen.length).toBe(seenBefore + 1);
    await tracing.stop();
    const outcomes = (): readonly string[] =>
      eventsOf(system.gateway.ledgerDirectory, requestId(got.answer)).map(
        (event) =>
          `${detailsOf(event, 'record-kind')[0] ?? ''} ${event.subtype?.at(-1)?.code ?? ''}`,
      );
    await expect
      .poll(outcomes, { timeout: 10_000 })
      .toEqual(['event read', 'addendum recorded-late']);
    // And it goes on.
    expect((await system.send(read)).answer.status).toBe(200);
    await system.gateway.stop();
  });

  it('a change is not forwarded, and its late intent ends as a refusal', async () => {
    const system = await startSystem({ config });
    const tracing = await trace(system, fault);
    const seenBefore = system.upstream.seen.length;
    const got = await system.send(create);
    expectUnrecorded(got);
    expect(system.upstream.seen.length).toBe(seenBefore);
    await tracing.stop();
    const events = (): ReturnType<typeof eventsOf> =>
      eventsOf(system.gateway.ledgerDirectory, requestId(got.answer));
    await expect.poll(() => events().length, { timeout: 10_000 }).toBe(1);
    expect(detailsOf(events()[0] ?? ({} as never), 'refusal-reason')).toEqual([
      'ledger-unavailable',
    ]);
    await system.gateway.stop();
    expect(await runVerify(system.gateway.ledgerDirectory)).toMatchObject({
      ok: true,
      openIntents: 0,
    });
  });
});

/** Writes until the disk takes nothing more. */
function fillDisk(file: string): void {
  const ballast = openSync(file, 'w');
  try {
    for (let size = 1024 * 1024; size >= 4096;) {
      try {
        writeSync(ballast, Buffer.alloc(size));
      } catch {
        size /= 2;
      }
    }
  } finally {
    closeSync(ballast);
  }
}

interface Readiness {
  readonly status: number;
  readonly checks: Readonly<Record<string, string>>;
}

async function readiness({ gateway }: System): Promise<Readiness> {
  const got = await fetch(new URL('/readyz', gateway.reviewUrl));
  const { checks } = (await got.json()) as Pick<Readiness, 'checks'>;
  return { status: got.status, checks };
}

describe('when the disk is full', () => {
  it('nothing is released, nothing is forwarded, and all goes on by itself with room', async () => {
    const disk = temporaryFolder();
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=96m', 'tmpfs', disk]);
    onTestFinished(() => {
      execFileSync('umount', ['-l', disk]);
    });
    const system = await startSystem({ directory: disk });
    const { gateway, upstream } = system;
    expect((await readiness(system)).status).toBe(200);

    // One change is at the upstream while the disk fills up.
    const { change: pending, letAnswer } = await startChange(system);
    fillDisk(join(disk, 'ballast'));
    letAnswer();
    const change = await pending;
    expectUnrecorded(change);

    const unready = await readiness(system);
    expect(unready).toMatchObject({ status: 503, checks: { ledger: 'full', process: 'ok' } });
    const seenBefore = upstream.seen.length;
    const refused = [read, search, create, refusal];
    for (const request of refused) expectUnrecorded(await system.send(request));
    expect(upstream.seen.length).toBe(seenBefore);

    rmSync(join(disk, 'ballast'));
    await expect.poll(() => readiness(system), { timeout: 30_000 }).toMatchObject({ status: 200 });
    for (const request of requests) {
      const { answer: got } = await system.send(request);
      expect(got.status, request.name).toBe(request.status);
      expect(eventsOf(gateway.ledgerDirectory, requestId(got)).length).toBe(request.events);
    }
    // The search of the review face has its index on the same disk. It may be down for a moment and
    // says so then; what it finds is never less than what was answered.
    const { answer: last } = await system.send(read);
    const url = `${gateway.reviewUrl}/AuditEvent?entity.identifier=${requestId(last)}`;
    const ask = async (): Promise<readonly [number, number | undefined]> => {
      const got = await fetch(url, { headers: { Authorization: `Bearer ${gateway.readerToken}` } });
      const { entry } = (await got.json()) as { entry?: readonly unknown[] };
      if (got.status === 200) expect(entry?.length).toBe(1);
      return [got.status, entry?.length];
    };
    await expect.poll(ask, { timeout: 30_000 }).toEqual([200, 1]);

    await gateway.stop();
    const aggregates = readEvents(gateway.ledgerDirectory).events.filter((event) =>
      detailsOf(event, 'record-kind').includes('refusals'),
    );
    const counts = aggregates.map((event) => [
      detailsOf(event, 'refusal-reason')[0],
      Number(detailsOf(event, 'refusals-count')[0]),
    ]);
    // What was refused for want of room; and, under its own reason, what would have been refused in
    // any case. The change is on record by itself.
    expect(counts.sort()).toEqual([
      ['ledger-unavailable', 3],
      ['unsupported-media-type', 1],
    ]);

    // The change was executed, and its outcome was kept until there was room.
    const again = await restart(system);
    const events = eventsOf(again.ledgerDirectory, requestId(change.answer));
    expect(events.map((event) => detailsOf(event, 'record-kind')[0])).toEqual([
      'event',
      'addendum',
    ]);
    expect(events[0]?.outcome).toBe('0');
    expect(events.some(isEffectUnknown)).toBe(false);
    await again.stop();
  });
});
