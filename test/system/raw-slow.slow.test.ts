/** Slow senders and slow servers, with the real time limits: takes about a minute. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startFace, summaries } from '../support/face-under-test.ts';
import type { Face } from '../support/face-under-test.ts';
import { sendRaw, waitFor } from '../support/raw-client.ts';
import type { ClientStep, RawResult } from '../support/raw-client.ts';
import { answerText, patientBody } from '../support/recording-upstream.ts';

const json = 'Content-Type: application/fhir+json';
const senders = 60;

let face: Face;
beforeAll(async () => {
  face = await startFace({ limits: { inFlight: 16 } });
});
afterAll(async () => {
  await face.stop();
});

/** So many connections that send `first`, and then a byte a second. */
function slowly(first: string): Promise<RawResult[]> {
  const drops = Array.from({ length: 80 }, (): ClientStep[] => [{ waitMs: 1000 }, 'a']).flat();
  return Promise.all(
    Array.from({ length: senders }, () =>
      sendRaw({ port: face.gateway.port, steps: [first, ...drops], timeoutMs: 75_000 }),
    ),
  );
}

async function isServed(): Promise<void> {
  const send = `GET /fhir/Patient/1 HTTP/1.1\r\nHost: ${face.host}\r\n\r\n`;
  const { answers } = await sendRaw({ port: face.gateway.port, steps: [send], answers: 1 });
  expect(answers[0]?.status).toBe(200);
}

describe('slow senders', () => {
  it.each([
    ['of heads', () => `GET /fhir/Patient/1 HTTP/1.1\r\nHost: ${face.host}\r\nX-A: `],
    [
      'of bodies',
      () =>
        `POST /fhir/Patient HTTP/1.1\r\nHost: ${face.host}\r\n${json}\r\nContent-Length: 900\r\n\r\n`,
    ],
    [
      'of chunks',
      () =>
        `POST /fhir/Patient HTTP/1.1\r\nHost: ${face.host}\r\n${json}\r\nTransfer-Encoding: chunked\r\n\r\n900\r\n`,
    ],
  ])('%s are let go in time, on record, and keep nobody out', async (_, first) => {
    const before = face.gateway.events().length;
    const seen = face.upstream.seen.length;
    const all = slowly(first());
    await new Promise((resolve) => setTimeout(resolve, 3000));
    await isServed();
    for (const result of await all) {
      expect(result.answers.map((it) => it.status)).toEqual([408]);
      expect(result.closed).toBe(true);
    }
    await waitFor(() => face.gateway.load().inFlight === 0);
    const events = face.gateway.events().slice(before);
    const kinds = Map.groupBy(summaries(events), (it) => it);
    expect([...kinds].map(([kind, { length }]) => [kind, length])).toEqual([
      ['event 200 0', 1],
      ['event request-timeout 8', senders],
    ]);
    expect(face.upstream.seen.length).toBe(seen + 1);
  });
});

describe('a slow server', () => {
  it('is waited for longer than an idle connection is kept', async () => {
    const run = await face.run({
      send: `GET /fhir/Patient/1 HTTP/1.1\r\nHost: ${face.host}\r\n\r\n`,
      answers: 1,
      timeoutMs: 12_000,
      upstream: () => [{ waitMs: 6000 }, answerText('200 OK', [json], patientBody)],
    });
    expect(run.answers[0]?.status).toBe(200);
    expect(summaries(run.events)).toEqual(['event 200 0']);
  });

  it('may take its time between the bytes of an answer', async () => {
    const drops = patientBody.split('').flatMap((byte) => [{ waitMs: 120 }, byte]);
    const run = await face.run({
      send: `GET /fhir/Patient/1 HTTP/1.1\r\nHost: ${face.host}\r\n\r\n`,
      answers: 1,
      timeoutMs: 20_000,
      upstream: () => [
        answerText('200 OK', [json, `Content-Length: ${String(patientBody.length)}`], undefined),
        ...drops,
      ],
    });
    expect(run.answers[0]?.body.toString()).toBe(patientBody);
  });
});
