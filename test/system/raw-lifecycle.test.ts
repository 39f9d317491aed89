/**
 * What happens around the bytes: clients that leave or never read, upstreams that are slow or gone,
 * a ledger that fails or lags, limits, floods; and what depends on the configuration. Every way out
 * leaves a record, and not one byte of an answer precedes it.
 */
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { LedgerFault, verifyLedger } from '../../audit/ledger/index.ts';
import type { LedgerState, Receipts } from '../../audit/ledger/index.ts';
import { validateAuditEvent } from '../support/balp/index.ts';
import { detailOf, startFace, summaries } from '../support/face-under-test.ts';
import type { Face } from '../support/face-under-test.ts';
import { leave, sendRaw, waitFor } from '../support/raw-client.ts';
import {
  answerText,
  end,
  hang,
  headerOf,
  patientAnswer,
  patientBody,
} from '../support/recording-upstream.ts';
import { wrapped } from '../support/wrapped-ledger.ts';

const json = 'Content-Type: application/fhir+json';
const patient = '{"resourceType":"Patient"}';
const opened: Face[] = [];

async function open(settings: Parameters<typeof startFace>[0] = {}): Promise<Face> {
  const face = await startFace({
    ...settings,
    limits: { drainTimeoutMs: 2000, ...settings.limits },
  });
  opened.push(face);
  return face;
}

afterEach(async () => {
  for (const face of opened.splice(0)) {
    const events = face.gateway.events();
    expect(verifyLedger(face.gateway.directory).problems).toEqual([]);
    await face.stop();
    for (const event of events) expect(validateAuditEvent(event)).toEqual([]);
  }
});

function message(line: string, face: Face, headers: readonly string[] = [], body = ''): string {
  return `${[line, `Host: ${face.host}`, ...headers].join('\r\n')}\r\n\r\n${body}`;
}

function get(face: Face, ...headers: readonly string[]): string {
  return message('GET /fhir/Patient/1 HTTP/1.1', face, headers);
}

function post(face: Face, body = patient, length = body.length): string {
  return message(
    'POST /fhir/Patient HTTP/1.1',
    face,
    [json, `Content-Length: ${String(length)}`],
    body,
  );
}

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const idle = { heldBytes: 0, inFlight: 0 };

describe('a client that leaves', () => {
  it('before its POST is complete: nothing is forwarded, and that is recorded', async () => {
    const face = await open();
    const run = await face.run({ send: [post(face, patient, 900), { waitMs: 30 }, leave] });
    expect(run.seen).toEqual([]);
    expect(summaries(run.events)).toEqual(['event body-incomplete 8']);
    expect(face.gateway.load()).toEqual(idle);
  });

  it('within a chunked POST: the same', async () => {
    const face = await open();
    const head = message('POST /fhir/Patient HTTP/1.1', face, [json, 'Transfer-Encoding: chunked']);
    const run = await face.run({ send: [`${head}5\r\nabcde\r\n`, { waitMs: 30 }, leave] });
    expect(run.seen).toEqual([]);
    expect(summaries(run.events)).toEqual(['event body-incomplete 8']);
  });

  it('within a head: that is recorded too', async () => {
    const face = await open();
    const run = await face.run({
      send: [`GET /fhir/Patient/1 HTTP/1.1\r\nHost:`, { waitMs: 30 }, { do: 'fin' }],
    });
    expect(run.seen).toEqual([]);
    expect(summaries(run.events)).toEqual(['event malformed-request 8']);
  });

  it('after its POST was forwarded: the change is completed, recorded, and marked not delivered', async () => {
    const face = await open();
    const before = face.gateway.ledger.size;
    const left = Promise.withResolvers<undefined>();
    const created = answerText(
      '201 Created',
      ['Location: /fhir/Patient/9/_history/1', 'ETag: W/"1"'],
      '',
    );
    face.upstream.answerWith(() => [{ until: left.promise }, created]);
    await sendRaw({
      port: face.gateway.port,
      steps: [post(face), { until: () => face.upstream.seen.length > 0 }, leave],
    });
    await wait(30);
    // The record is not there yet while the upstream is still at work: only the intent is.
    expect(face.gateway.events()).toEqual([]);
    expect(face.gateway.ledger.size).toBe(before + 1);
    left.resolve(undefined);
    await waitFor(() => face.gateway.events().length === 2);
    expect(face.upstream.abandoned()).toBe(0);
    expect(face.upstream.seen.map((it) => it.body)).toEqual([patient]);
    const events = face.gateway.events();
    expect(summaries(events)).toEqual(['event 201 0', 'addendum not-delivered 4']);
    expect(JSON.stringify(events[0])).toContain('Patient/9');
    expect(detailOf(events[1], 'original-record')).toBe(events[0]?.id);
    expect(face.gateway.load()).toEqual(idle);
  });

  it('during a slow read: the upstream request is given up, and that is recorded', async () => {
    const face = await open();
    const run = await face.run({
      send: [get(face), { until: () => face.upstream.seen.length > 0 }, leave],
      upstream: () => [hang],
    });
    expect(summaries(run.events)).toEqual(['event client-gone 4']);
    await waitFor(() => face.upstream.abandoned() === 1);
    expect(face.gateway.load()).toEqual(idle);
  });

  it('in the middle of the body of a read: the same', async () => {
    const face = await open();
    const run = await face.run({
      send: [get(face), { until: () => face.upstream.seen.length > 0 }, { waitMs: 30 }, leave],
      upstream: () => [
        answerText('200 OK', [json, 'Content-Length: 900'], undefined),
        '{"a":',
        hang,
      ],
    });
    expect(summaries(run.events)).toEqual(['event client-gone 4']);
    await waitFor(() => face.upstream.abandoned() === 1);
    expect(face.gateway.load()).toEqual(idle);
  });

  it('never, but does not read either: the answer is recorded, then marked not delivered', async () => {
    const face = await open({ limits: { drainTimeoutMs: 200 } });
    const big = `{"resourceType":"Patient","id":"1","a":"${'x'.repeat(12_000_000)}"}`;
    face.upstream.answerWith(() => [answerText('200 OK', [json], big)]);
    const socket = connect({ port: face.gateway.port, host: '127.0.0.1' });
    socket.on('error', () => undefined);
    socket.pause();
    socket.write(get(face));
    await waitFor(() => face.gateway.events().length === 2);
    expect(summaries(face.gateway.events())).toEqual(['event 200 0', 'addendum not-delivered 4']);
    await waitFor(() => face.gateway.load().heldBytes === 0);
    expect(face.gateway.load()).toEqual(idle);
    socket.destroy();
  });
});

describe('an upstream', () => {
  it('that is too slow with its head: 504', async () => {
    const face = await open({ limits: { answerTimeoutMs: 150 } });
    const run = await face.run({ send: get(face), answers: 1, upstream: () => [hang] });
    expect(run.answers[0]?.status).toBe(504);
    expect(summaries(run.events)).toEqual(['event 504 12']);
    await waitFor(() => face.upstream.abandoned() === 1);
  });

  it('that is too slow with its body: 504, and nothing of it', async () => {
    const face = await open({ limits: { answerTimeoutMs: 200 } });
    const drops = Array.from({ length: 50 }, () => ['x', { waitMs: 20 }]).flat();
    const run = await face.run({
      send: get(face),
      answers: 1,
      upstream: () => [answerText('200 OK', [json, 'Content-Length: 900'], undefined), ...drops],
    });
    expect(run.answers[0]?.status).toBe(504);
    expect(summaries(run.events)).toEqual(['event 504 12']);
  });

  it('that is too slow with a change: 504, and the effect is called unknown', async () => {
    const face = await open({ limits: { answerTimeoutMs: 150 } });
    const run = await face.run({ send: post(face), answers: 1, upstream: () => [hang] });
    expect(run.answers[0]?.status).toBe(504);
    expect(run.events[0]?.outcomeDesc).toContain('effect unknown');
  });

  it('that is not there: 502', async () => {
    const nobody = createServer().listen(0, '127.0.0.1');
    await once(nobody, 'listening');
    const { port } = nobody.address() as AddressInfo;
    await new Promise((resolve) => nobody.close(resolve));
    const baseUrl = `http://127.0.0.1:${String(port)}/fhir`;
    const face = await open({ gateway: { upstream: { baseUrl, aliases: [] } } });
    const { answers } = await sendRaw({ port: face.gateway.port, steps: [get(face)], answers: 1 });
    expect(answers[0]?.status).toBe(502);
    expect(summaries(face.gateway.events())).toEqual(['event connect 12']);
  });

  it('that answers before the whole body has arrived there is believed', async () => {
    const face = await open();
    const big = `{"resourceType":"Patient","a":"${'x'.repeat(2_000_000)}"}`;
    const run = await face.run({
      send: post(face, big),
      answers: 1,
      upstream: () => [answerText('422 No', [], ''), end],
    });
    expect(run.answers[0]?.status).toBe(422);
    expect(summaries(run.events)).toEqual(['event 422 8']);
  });
});

describe('limits', () => {
  it('of one answer: 502 too-costly, with the size on record', async () => {
    const face = await open({ limits: { heldAnswerBytes: 1000 } });
    const body = `{"resourceType":"Patient","id":"NEVER","a":"${'x'.repeat(1000)}"}`;
    const run = await face.run({
      send: get(face),
      answers: 1,
      upstream: () => [answerText('200 OK', [json], body)],
    });
    expect(run.answers[0]?.status).toBe(502);
    expect(run.answers[0]?.body.toString()).toContain('too-costly');
    expect(run.bytes.toString()).not.toContain('NEVER');
    expect(summaries(run.events)).toEqual(['event too-costly 12']);
    expect(detailOf(run.events[0], 'upstream-status')).toBe('200');
    const small = `{"resourceType":"Patient","id":"1","a":"${'x'.repeat(900)}"}`;
    const twin = await face.run({
      send: get(face),
      answers: 1,
      upstream: () => [answerText('200 OK', [json], small)],
    });
    expect(twin.answers[0]?.status).toBe(200);
  });

  it('of all held bytes: refused before contact while they are in use', async () => {
    const face = await open({ limits: { heldTotalBytes: 1000 } });
    const go = Promise.withResolvers<undefined>();
    face.upstream.answerWith((_, at) =>
      at === 0
        ? [
            answerText('200 OK', [json, 'Content-Length: 1000'], undefined),
            `"${'x'.repeat(998)}`,
            { until: go.promise },
            '"',
          ]
        : patientAnswer(face.upstream.seen[at] ?? never(), at),
    );
    const first = sendRaw({ port: face.gateway.port, steps: [get(face)], answers: 1 });
    await waitFor(() => face.gateway.load().heldBytes === 999);
    const second = await sendRaw({ port: face.gateway.port, steps: [get(face)], answers: 1 });
    go.resolve(undefined);
    expect((await first).answers[0]?.status).toBe(200);
    // The second was admitted with one byte to spare, and could not be held.
    expect(second.answers[0]?.status).toBe(503);
    await waitFor(() => face.gateway.load().heldBytes === 0);
    const third = await face.run({ send: get(face), answers: 1 });
    expect(third.answers[0]?.status).toBe(200);
  });

  it('of all held bytes count what clients send, and refuse it', async () => {
    const face = await open({ limits: { heldTotalBytes: 10_000 } });
    const big = `{"resourceType":"Patient","a":"${'x'.repeat(6000)}"}`;
    let refused = false;
    // One that stops just before its end holds on to its bytes.
    const slow = sendRaw({
      port: face.gateway.port,
      steps: [post(face, big.slice(0, -1), big.length), { until: () => refused }, leave],
    });
    await waitFor(() => face.gateway.load().heldBytes > 5000);
    const second = await face.run({ send: post(face, big), answers: 1, askNext: false });
    expect(second.answers[0]?.status).toBe(503);
    expect(summaries(second.events)).toEqual(['event overloaded 12']);
    expect(face.upstream.seen).toEqual([]);
    refused = true;
    await slow;
    await waitFor(() => face.gateway.load().heldBytes === 0);
    const third = await face.run({ send: post(face, big), answers: 1 });
    expect(third.answers[0]?.status).toBe(200);
  });

  it('of exchanges under way are not used up by slow senders', async () => {
    const face = await open({ limits: { inFlight: 2 } });
    let isServed = false;
    const slow = Array.from({ length: 5 }, () =>
      sendRaw({
        port: face.gateway.port,
        steps: [post(face, patient, 900), { until: () => isServed }, leave],
      }),
    );
    await waitFor(() => face.gateway.load().heldBytes === 5 * patient.length);
    const run = await face.run({ send: get(face), answers: 1, askNext: false });
    expect(run.answers[0]?.status).toBe(200);
    isServed = true;
    await Promise.all(slow);
  });

  it('of exchanges under way: refused before contact', async () => {
    const face = await open({ limits: { inFlight: 2 } });
    const go = Promise.withResolvers<undefined>();
    face.upstream.answerWith(() => [
      { until: go.promise },
      answerText('200 OK', [json], patientBody),
    ]);
    const slow = [1, 2].map(() =>
      sendRaw({ port: face.gateway.port, steps: [get(face)], answers: 1 }),
    );
    await waitFor(() => face.gateway.load().inFlight === 2);
    const third = await sendRaw({ port: face.gateway.port, steps: [get(face)], answers: 1 });
    expect(third.answers[0]?.status).toBe(503);
    expect(third.answers[0]?.headers['retry-after']).toBe('1');
    expect(face.upstream.seen).toHaveLength(2);
    go.resolve(undefined);
    for (const one of await Promise.all(slow)) expect(one.answers[0]?.status).toBe(200);
    expect(summaries(face.gateway.events())).toEqual([
      'event overloaded 12',
      'event 200 0',
      'event 200 0',
    ]);
  });
});

describe('many requests at once on one connection', () => {
  it('do not keep others out', async () => {
    const face = await open({ limits: { inFlight: 4 } });
    const go = Promise.withResolvers<undefined>();
    const ok = answerText('200 OK', [json], patientBody);
    face.upstream.answerWith((_, at) => (at === 0 ? [{ until: go.promise }, ok] : [ok]));
    const many = sendRaw({ port: face.gateway.port, steps: [get(face).repeat(20)], answers: 20 });
    await waitFor(() => face.upstream.seen.length === 1);
    const other = await sendRaw({ port: face.gateway.port, steps: [get(face)], answers: 1 });
    expect(other.answers[0]?.status).toBe(200);
    go.resolve(undefined);
    expect((await many).answers.map((it) => it.status)).toEqual(Array(20).fill(200));
  });

  it('are bounded, and all are on record', async () => {
    const face = await open({ limits: { refusalsPerPeerPerMinute: 10 } });
    const sent = 500;
    face.upstream.answerWith(() => [hang]);
    await sendRaw({ port: face.gateway.port, steps: [get(face).repeat(sent)] });
    await waitFor(() => face.gateway.load().inFlight === 0);
    await face.gateway.close();
    const events = face.gateway.events();
    const counted = events.map((event) => Number(detailOf(event, 'refusals-count') ?? '1'));
    expect(counted.reduce((sum, count) => sum + count, 0)).toBe(sent);
    expect(events.length).toBeLessThanOrEqual(12);
  });
});

describe('a flood of garbage from one peer', () => {
  it('neither fills the disk nor stops others, and is counted', async () => {
    const face = await open({ limits: { refusalsPerPeerPerMinute: 5 } });
    const garbage = 60;
    const kinds = [
      'garbage\r\n\r\n',
      'GET /admin HTTP/1.1\r\nHost: x\r\n\r\n',
      'GET / HTTP/9\r\n\r\n',
    ];
    for (let n = 0; n < garbage; n++) {
      const { answers } = await sendRaw({
        port: face.gateway.port,
        steps: [kinds[n % 3] ?? ''],
        answers: 1,
      });
      expect(answers[0]?.status).toBeGreaterThanOrEqual(400);
      expect(answers[0]?.headers['x-request-id']).toBeDefined();
    }
    expect(face.gateway.events()).toHaveLength(5);
    // Another peer is refused and recorded one by one meanwhile, and both are served.
    const other = await sendRaw({
      port: face.gateway.port,
      steps: ['garbage\r\n\r\n'],
      answers: 1,
      localAddress: '127.0.0.2',
    });
    expect(other.answers[0]?.status).toBe(400);
    expect(face.gateway.events()).toHaveLength(6);
    expect(JSON.stringify(face.gateway.events().at(-1))).toContain('"127.0.0.2"');
    for (const localAddress of ['127.0.0.1', '127.0.0.2']) {
      const good = await sendRaw({
        port: face.gateway.port,
        steps: [get(face)],
        answers: 1,
        localAddress,
      });
      expect(good.answers[0]?.status).toBe(200);
    }
    const { directory, ledger } = face.gateway;
    expect(directory).toBeDefined();
    await face.gateway.close();
    const aggregates = face.gateway
      .events()
      .filter((event) => detailOf(event, 'record-kind') === 'refusals');
    const counted = aggregates.map((event) => Number(detailOf(event, 'refusals-count')));
    expect(counted.reduce((sum, count) => sum + count, 0)).toBe(garbage - 5);
    expect(new Set(aggregates.map((event) => detailOf(event, 'refusal-reason')))).toEqual(
      new Set(['malformed-request', 'host-unknown']),
    );
    for (const event of aggregates) expect(JSON.stringify(event)).toContain('"127.0.0.1"');
    expect(ledger.state.kind).toBe('ready');
  });
});

const full = (): LedgerFault =>
  new LedgerFault({ code: 'LEDGER_FULL', message: 'The disk is full.' });

describe('a ledger', () => {
  it('that is slow: not one byte reaches the client before the append is durable', async () => {
    const go = Promise.withResolvers<undefined>();
    const face = await open({
      wrapLedger: (ledger) =>
        wrapped(ledger, {
          append: (records, options) => go.promise.then(() => ledger.append(records, options)),
        }),
    });
    const socket = connect({ port: face.gateway.port, host: '127.0.0.1' });
    let bytes = 0;
    socket.on('data', (chunk) => (bytes += chunk.length));
    socket.write(get(face));
    await waitFor(() => face.upstream.seen.length === 1);
    await wait(150);
    expect(bytes).toBe(0);
    go.resolve(undefined);
    await waitFor(() => bytes > 0);
    expect(summaries(face.gateway.events())).toEqual(['event 200 0']);
    socket.destroy();
  });

  it('that is slow with an intent: the upstream sees nothing before it is durable', async () => {
    const go = Promise.withResolvers<undefined>();
    const face = await open({
      wrapLedger: (ledger) =>
        wrapped(ledger, {
          openIntent: (intent, options) =>
            go.promise.then(() => ledger.openIntent(intent, options)),
        }),
    });
    const asked = sendRaw({ port: face.gateway.port, steps: [post(face)], answers: 1 });
    await wait(100);
    expect(face.upstream.seen).toEqual([]);
    go.resolve(undefined);
    expect((await asked).answers[0]?.status).toBe(200);
  });

  it('that fails: 503, nothing of the answer, and the intent of a change stands', async () => {
    let fails = true;
    const face = await open({
      wrapLedger: (ledger) =>
        wrapped(ledger, {
          append: (records, options) =>
            fails ? Promise.reject(full()) : ledger.append(records, options),
        }),
    });
    const before = face.gateway.ledger.size;
    for (const send of [get(face), post(face)]) {
      const { answers, bytes } = await sendRaw({
        port: face.gateway.port,
        steps: [send],
        answers: 1,
      });
      expect(answers[0]?.status).toBe(503);
      expect(answers[0]?.headers['retry-after']).toBe('5');
      expect(bytes.toString()).not.toContain('female');
    }
    expect(face.upstream.seen.map((it) => it.method)).toEqual(['GET', 'POST']);
    expect(face.gateway.events()).toEqual([]);
    expect(face.gateway.ledger.size).toBe(before + 1);
    fails = false;
    await face.gateway.close();
    const [aggregate] = face.gateway.events();
    expect(detailOf(aggregate, 'refusal-reason')).toBe('ledger-unavailable');
    // The read alone: the change is on record by its intent.
    expect(detailOf(aggregate, 'refusals-count')).toBe('1');
  });

  it('that takes no intent: 503, and the upstream is not touched', async () => {
    const face = await open({
      wrapLedger: (ledger) => wrapped(ledger, { openIntent: () => Promise.reject(full()) }),
    });
    const { answers } = await sendRaw({ port: face.gateway.port, steps: [post(face)], answers: 1 });
    expect(answers[0]?.status).toBe(503);
    expect(face.upstream.seen).toEqual([]);
    const twin = await sendRaw({ port: face.gateway.port, steps: [get(face)], answers: 1 });
    expect(twin.answers[0]?.status).toBe(200);
  });

  it('that has no room for the outcome of a change: 503, and the outcome follows when there is', async () => {
    const listeners: ((state: LedgerState) => void)[] = [];
    let hasRoom = false;
    const face = await open({
      wrapLedger: (ledger) =>
        wrapped(ledger, {
          append: (records, options) =>
            hasRoom ? ledger.append(records, options) : Promise.reject(full()),
          onState: (listener) => void listeners.push(listener),
        }),
    });
    const { answers } = await sendRaw({ port: face.gateway.port, steps: [post(face)], answers: 1 });
    expect(answers[0]?.status).toBe(503);
    expect(face.upstream.seen).toHaveLength(1);
    expect(face.gateway.events()).toEqual([]);
    // Still no room when it is tried: kept for the next time.
    for (const listener of listeners) listener({ kind: 'ready' });
    hasRoom = true;
    await new Promise((resolve) => setTimeout(resolve, 10));
    for (const listener of listeners) listener({ kind: 'ready' });
    await waitFor(() => face.gateway.events().length === 2);
    const events = face.gateway.events();
    expect(summaries(events)).toEqual(['event 200 0', 'addendum recorded-late 4']);
    expect(detailOf(events[1], 'original-record')).toBe(events[0]?.id);
    expect(verifyLedger(face.gateway.directory)).toMatchObject({ ok: true, openIntents: 0 });
    await face.gateway.close();
    expect(face.gateway.events()).toHaveLength(2);
  });

  it('that commits too late: 503, and an addendum says what became of the record', async () => {
    const late = Promise.withResolvers<Receipts>();
    let first = true;
    const face = await open({
      wrapLedger: (ledger) =>
        wrapped(ledger, {
          append: (records, options) => {
            if (!first) return ledger.append(records, options);
            first = false;
            void ledger.append(records, options).then(late.resolve);
            return Promise.reject(
              new LedgerFault({
                code: 'LEDGER_APPEND_TIMEOUT',
                message: 'Too late.',
                late: late.promise,
              }),
            );
          },
        }),
    });
    const { answers, bytes } = await sendRaw({
      port: face.gateway.port,
      steps: [get(face)],
      answers: 1,
    });
    expect(answers[0]?.status).toBe(503);
    expect(bytes.toString()).not.toContain('female');
    await waitFor(() => face.gateway.events().length === 2);
    const events = face.gateway.events();
    expect(summaries(events)).toEqual(['event 200 0', 'addendum recorded-late 4']);
    expect(detailOf(events[1], 'original-record')).toBe(events[0]?.id);
    // It is on record, so it is not also among those that are only counted.
    await face.gateway.close();
    expect(face.gateway.events()).toHaveLength(2);
  });

  it('that commits an intent too late: 503, not forwarded, and the intent does not end as unknown', async () => {
    const late = Promise.withResolvers<Receipts>();
    const face = await open({
      wrapLedger: (ledger) =>
        wrapped(ledger, {
          openIntent: (intent, options) => {
            void ledger.openIntent(intent, options).then((handle) => {
              late.resolve([handle] as unknown as Receipts);
            });
            return Promise.reject(
              new LedgerFault({
                code: 'LEDGER_APPEND_TIMEOUT',
                message: 'Too late.',
                late: late.promise,
              }),
            );
          },
        }),
    });
    const { answers } = await sendRaw({
      port: face.gateway.port,
      steps: [post(face)],
      answers: 1,
    });
    expect(answers[0]?.status).toBe(503);
    await waitFor(() => face.gateway.events().length === 1);
    await face.gateway.close();
    expect(summaries(face.gateway.events())).toEqual(['event ledger-unavailable 12']);
    expect(face.upstream.seen).toEqual([]);
    // Settled: nothing is left for recovery to call unknown.
    expect(verifyLedger(face.gateway.directory)).toMatchObject({ ok: true, openIntents: 0 });
  });
});

describe('before the upstream is touched', () => {
  it('a queue of the ledger that is full or stalled turns newcomers away', async () => {
    const face = await open({ wrapLedger: (ledger) => wrapped(ledger, { admits: () => false }) });
    const { answers } = await sendRaw({ port: face.gateway.port, steps: [get(face)], answers: 1 });
    expect(answers.map((answer) => answer.status)).toEqual([503]);
    expect(answers[0]?.headers['retry-after']).toBe('1');
    expect(face.upstream.seen).toEqual([]);
    expect(summaries(face.gateway.events())).toEqual(['event overloaded 12']);
  });

  it('a full disk turns newcomers away, reads and changes', async () => {
    const state: LedgerState = { kind: 'full' };
    const face = await open({ wrapLedger: (ledger) => wrapped(ledger, { state }) });
    for (const send of [get(face), post(face)]) {
      const { answers } = await sendRaw({ port: face.gateway.port, steps: [send], answers: 1 });
      expect(answers.map((answer) => answer.status)).toEqual([503]);
      expect(answers[0]?.body.toString()).toContain('cannot be recorded');
    }
    expect(face.upstream.seen).toEqual([]);
    expect(face.gateway.events()).toEqual([]);
  });
});

describe('what cannot be recorded one by one', () => {
  it('is counted when the ledger fails: refusals and unparsable requests too', async () => {
    let fails = true;
    const face = await open({
      wrapLedger: (ledger) =>
        wrapped(ledger, {
          append: (records, options) =>
            fails ? Promise.reject(full()) : ledger.append(records, options),
        }),
    });
    const sent = [
      'garbage\r\n\r\n',
      message('GET /elsewhere HTTP/1.1', face),
      'CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n',
    ];
    for (const send of sent) {
      const { answers } = await sendRaw({ port: face.gateway.port, steps: [send], answers: 1 });
      expect(answers[0]?.status).toBe(503);
      expect(answers[0]?.headers['x-request-id']).toBeDefined();
    }
    expect(face.gateway.events()).toEqual([]);
    fails = false;
    await face.gateway.close();
    const counts = face.gateway
      .events()
      .map((event) => [detailOf(event, 'refusal-reason'), detailOf(event, 'refusals-count')]);
    expect(counts).toEqual([
      ['malformed-request', '1'],
      ['not-found', '1'],
      ['method-unknown', '1'],
    ]);
  });

  it('is not lost when the gateway itself has a defect: 500, on record, and nothing of the answer', async () => {
    let defects = 1;
    const face = await open({
      wrapLedger: (ledger) =>
        wrapped(ledger, {
          append: (records, options) =>
            defects-- > 0
              ? Promise.reject(new TypeError('a defect with Bearer abc in its text'))
              : ledger.append(records, options),
        }),
    });
    const { answers, bytes } = await sendRaw({
      port: face.gateway.port,
      steps: [get(face)],
      answers: 1,
    });
    expect(answers[0]?.status).toBe(500);
    expect(bytes.toString()).not.toContain('female');
    expect(summaries(face.gateway.events())).toEqual(['event 500 12']);
    expect(face.gateway.logged.join()).toContain('defect of the gateway');
    expect(face.gateway.logged.join()).not.toContain('Bearer abc');
    expect(face.upstream.seen).toHaveLength(1);
    expect(face.gateway.load()).toEqual(idle);
  });
});

describe('the client’s address', () => {
  const addressOf = (face: Face, at = 0): string | undefined =>
    face.gateway.events()[at]?.agent.find((agent) => agent.requestor)?.network?.address;

  it('is the peer’s, whatever the client says', async () => {
    const face = await open();
    await face.run({
      send: get(face, 'X-Forwarded-For: 6.6.6.6', 'Forwarded: for=6.6.6.6'),
      answers: 1,
    });
    expect(addressOf(face)).toBe('127.0.0.1');
    expect(JSON.stringify(face.gateway.events())).not.toContain('6.6.6.6');
  });

  it('is what a trusted proxy says, with the chain beside it', async () => {
    const face = await open({ gateway: { trustedProxies: ['127.0.0.1'] } });
    await face.run({ send: get(face, 'X-Forwarded-For: 6.6.6.6, 9.9.9.9'), answers: 1 });
    expect(addressOf(face)).toBe('9.9.9.9');
    expect(detailOf(face.gateway.events()[0], 'forwarded-chain')).toBe('6.6.6.6, 9.9.9.9');
    expect(headerOf(face.upstream.seen[0] ?? never(), 'x-forwarded-for')).toBeUndefined();
  });
});

describe('cookies', () => {
  const answer = (): readonly string[] => [
    answerText(
      '200 OK',
      [json, 'Set-Cookie: route=b; Path=/', 'Set-Cookie: JSESSIONID=secret'],
      patientBody,
    ),
  ];
  const ask = (face: Face): ReturnType<Face['run']> =>
    face.run({
      send: get(face, 'Cookie: route=a; JSESSIONID=secret'),
      answers: 1,
      upstream: answer,
    });

  it('are dropped both ways', async () => {
    const run = await ask(await open());
    expect(headerOf(run.seen[0] ?? never(), 'cookie')).toBeUndefined();
    expect(run.answers[0]?.headers['set-cookie']).toBeUndefined();
  });

  it('pass both ways when they are allowed by name', async () => {
    const run = await ask(await open({ gateway: { cookieAllowList: ['route'] } }));
    expect(headerOf(run.seen[0] ?? never(), 'cookie')).toBe('route=a');
    expect(run.answers[0]?.headers['set-cookie']).toBe('route=b; Path=/');
    expect(JSON.stringify(run.events)).not.toContain('route');
  });
});

describe('an app in a browser', () => {
  const app = 'https://app.example';
  const preflight = (face: Face, origin: string): string =>
    message('OPTIONS /fhir/Patient/1 HTTP/1.1', face, [
      `Origin: ${origin}`,
      'Access-Control-Request-Method: DELETE',
      'Access-Control-Request-Headers: authorization, content-type',
    ]);

  it('gets its preflight answered here', async () => {
    const face = await open({ gateway: { allowedOrigins: [app] } });
    const run = await face.run({ send: preflight(face, app), answers: 1 });
    expect(run.seen).toEqual([]);
    expect(run.answers[0]).toMatchObject({
      status: 204,
      headers: {
        'access-control-allow-origin': app,
        'access-control-allow-headers': 'authorization, content-type',
        vary: 'Origin',
      },
    });
    expect(run.answers[0]?.headers['access-control-allow-methods']).toContain('DELETE');
    expect(summaries(run.events)).toEqual(['event preflight-answered 0']);
  });

  it('is refused from another origin', async () => {
    const face = await open({ gateway: { allowedOrigins: [app] } });
    const run = await face.run({ send: preflight(face, 'https://evil.example'), answers: 1 });
    expect(run.seen).toEqual([]);
    expect(run.answers[0]?.status).toBe(403);
    expect(run.answers[0]?.headers['access-control-allow-origin']).toBeUndefined();
    expect(summaries(run.events)).toEqual(['event preflight-refused 8']);
  });

  it.each([
    ['an answer', '/fhir/Patient/1', 200],
    ['a refusal', '/elsewhere', 404],
    ['a malformed target', '/fhir//', 400],
  ])('can read %s', async (_, target, status) => {
    const face = await open({ gateway: { allowedOrigins: [app] } });
    const run = await face.run({
      send: message(`GET ${target} HTTP/1.1`, face, [`Origin: ${app}`]),
      answers: 1,
    });
    expect(run.answers[0]?.status).toBe(status);
    expect(run.answers[0]?.headers['access-control-allow-origin']).toBe(app);
    expect(run.answers[0]?.headers['access-control-expose-headers']).toContain('X-Request-Id');
  });
});

describe('stopping', () => {
  it('lets what is under way end, and records it', async () => {
    const face = await open();
    const go = Promise.withResolvers<undefined>();
    face.upstream.answerWith(() => [
      { until: go.promise },
      answerText('200 OK', [json], patientBody),
    ]);
    const asked = sendRaw({ port: face.gateway.port, steps: [get(face)], answers: 1 });
    await waitFor(() => face.upstream.seen.length === 1);
    const closed = face.gateway.close();
    go.resolve(undefined);
    expect((await asked).answers[0]?.status).toBe(200);
    await closed;
    expect(summaries(face.gateway.events())).toEqual(['event 200 0']);
  });

  it('takes no new one on a connection that is still open, and records that', async () => {
    const face = await open();
    const go = Promise.withResolvers<undefined>();
    face.upstream.answerWith(() => [
      { until: go.promise },
      answerText('200 OK', [json], patientBody),
    ]);
    const steps = [get(face) + get(face)];
    const asked = sendRaw({ port: face.gateway.port, steps, answers: 2 });
    await waitFor(() => face.upstream.seen.length === 1);
    const closed = face.gateway.close();
    go.resolve(undefined);
    expect((await asked).answers.map((answer) => answer.status)).toEqual([200, 503]);
    await closed;
    expect(face.upstream.seen).toHaveLength(1);
    expect(summaries(face.gateway.events())).toEqual(['event 200 0', 'event shutting-down 12']);
  });

  it('does not wait for ever for one that never ends, and records it', async () => {
    const face = await open({ limits: { drainTimeoutMs: 200 } });
    face.upstream.answerWith(() => [hang]);
    const asked = sendRaw({ port: face.gateway.port, steps: [get(face)] });
    await waitFor(() => face.upstream.seen.length === 1);
    await face.gateway.close();
    expect((await asked).answers).toEqual([]);
    expect(summaries(face.gateway.events())).toEqual(['event client-gone 4']);
  });
});

function never(): never {
  throw new Error('nothing was seen');
}
