/**
 * Good requests with a few bytes changed, many of them, one behind the other on a connection. What
 * becomes of each is not foretold; what holds for all of them is: whatever the upstream believes it
 * received was sent by the gateway, is recorded, and is recorded once.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyLedger } from '../../audit/ledger/index.ts';
import { validateAuditEvent } from '../support/balp/index.ts';
import { detailOf, requestIdOf, startFace } from '../support/face-under-test.ts';
import type { Face } from '../support/face-under-test.ts';
import { fin, sendRaw, waitFor } from '../support/raw-client.ts';
import { headerOf } from '../support/recording-upstream.ts';

let face: Face;
beforeAll(async () => {
  face = await startFace();
});
afterAll(async () => {
  await face.stop();
});

const body = '{"resourceType":"Patient"}';
const inner = 'GET /fhir/Patient/smuggled HTTP/1.1\r\nHost: x\r\n\r\n';

function requests(host: string): readonly string[] {
  const head = (line: string, ...headers: readonly string[]): string =>
    `${[line, `Host: ${host}`, ...headers].join('\r\n')}\r\n\r\n`;
  const json = 'Content-Type: application/fhir+json';
  const chunk = `${inner.length.toString(16)}\r\n${inner}\r\n0\r\n\r\n`;
  return [
    head('GET /fhir/Patient/1 HTTP/1.1', 'Accept: application/fhir+json'),
    `${head('POST /fhir/Patient HTTP/1.1', json, 'Content-Length: 26')}${body}`,
    `${head('POST /fhir/Patient HTTP/1.1', json, 'Transfer-Encoding: chunked')}1a\r\n${body}\r\n0\r\n\r\n`,
    `${head('PUT /fhir/Binary/1 HTTP/1.1', 'Content-Type: text/plain', `Content-Length: ${String(inner.length)}`)}${inner}`,
    `${head('DELETE /fhir/Patient/1 HTTP/1.1', 'Transfer-Encoding: chunked')}${chunk}`,
    `${head('PUT /fhir/Binary/1 HTTP/1.1', 'Content-Type: text/plain', 'Transfer-Encoding: chunked')}${chunk}`,
  ];
}

const odd = [
  '\r', '\n', '\r\n', '\r\n\r\n', ' ', '\t', '\0', ':', ',', ';', '0', '1', 'f', '\xff', '\x0b',
  'Content-Length: 0\r\n', 'Content-Length: 5\r\n', 'Transfer-Encoding: chunked\r\n',
  'Transfer-Encoding: identity\r\n', 'Connection: close\r\n', 'Expect: 100-continue\r\n', inner,
]; // prettier-ignore

/** Where (as a share of the length), how many characters go, what comes. */
const mutation = fc.tuple(
  fc.double({ min: 0, max: 1, noNaN: true }),
  fc.constantFrom(0, 0, 1, 2, 8),
  fc.constantFrom('', ...odd),
);

function mutated(text: string, changes: readonly [number, number, string][]): string {
  return changes.reduce((before, [share, removed, added]) => {
    const at = Math.floor(share * before.length);
    return before.slice(0, at) + added + before.slice(at + removed);
  }, text);
}

describe('requests with a few bytes changed', () => {
  it('never reach the upstream unrecorded, and never stop the gateway', async () => {
    const pick = fc.tuple(
      fc.array(fc.nat(5), { minLength: 1, maxLength: 3 }),
      fc.array(mutation, { minLength: 1, maxLength: 3 }),
    );
    const good = requests(face.host);
    const all = fc
      .sample(pick, { numRuns: 600, seed: 20_261_125 })
      .map(([which, changes]) => mutated(which.map((at) => good[at] ?? '').join(''), changes));
    const lanes = Array.from({ length: 24 }, async (_, lane) => {
      for (let at = lane; at < all.length; at += 24) {
        await sendBytes(all[at] ?? '');
      }
    });
    await Promise.all(lanes);
    await waitFor(() => face.gateway.load().inFlight === 0);
    await face.gateway.close();

    const events = face.gateway.events();
    const forwarded = events.filter(
      (event) =>
        detailOf(event, 'record-kind') === 'event' &&
        (detailOf(event, 'refusal-reason') === undefined ||
          detailOf(event, 'upstream-status') !== undefined),
    );
    const recorded = forwarded.map(requestIdOf);
    const seen = face.upstream.seen.map((request) => headerOf(request, 'x-request-id'));
    // Nothing was smuggled: each has the one id that the gateway gave it.
    for (const id of seen) expect(id).toMatch(/^[0-9A-Z]{26}$/);
    expect(new Set(seen).size).toBe(seen.length);
    const ids = new Set(recorded);
    expect(seen.filter((id) => !ids.has(id))).toEqual([]);
    // A read whose client had left may be recorded without having been sent.
    const unsent = forwarded.filter((event) => !seen.includes(requestIdOf(event)));
    expect(unsent.filter((event) => detailOf(event, 'http-status') !== undefined)).toEqual([]);
    for (const event of events) expect(validateAuditEvent(event)).toEqual([]);
    expect(verifyLedger(face.gateway.directory)).toMatchObject({ ok: true, openIntents: 0 });
    expect(face.gateway.logged).toEqual([]);
    expect(seen.length).toBeGreaterThan(50);
    expect(events.length - forwarded.length).toBeGreaterThan(50);
  });
});

/** Sends, waits a moment for answers, closes; a connection that stays open would be a hang. */
async function sendBytes(text: string): Promise<void> {
  await sendRaw({
    port: face.gateway.port,
    steps: [Buffer.from(text, 'latin1'), { waitMs: 80 }, fin],
  }).catch((error: unknown) => {
    throw new Error(`${String(error)} for ${JSON.stringify(text)}`, { cause: error });
  });
}
