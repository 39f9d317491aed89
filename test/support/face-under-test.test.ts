/** The rules that the raw suites hold in every row can fail: each is shown a gateway that breaks it. */
import { afterEach, describe, expect, it } from 'vitest';
import type { Ledger } from '../../audit/ledger/index.ts';
import { startFace } from './face-under-test.ts';
import type { Face } from './face-under-test.ts';
import { sendRaw, waitFor } from './raw-client.ts';
import { startRecordingUpstream } from './recording-upstream.ts';
import { wrapped } from './wrapped-ledger.ts';

const opened: Face[] = [];
afterEach(async () => {
  for (const face of opened.splice(0)) await face.stop();
});

/** A gateway whose records are changed on their way into the ledger. */
async function withRecords(change: (body: string) => string): Promise<Face> {
  const face = await startFace({
    wrapLedger: (ledger): Ledger => {
      const append: Ledger['append'] = ([first, ...rest], options) => {
        const changed = { kind: 'record', body: change(first.body) } as const;
        return ledger.append([changed, ...rest], options);
      };
      return wrapped(ledger, { append });
    },
  });
  opened.push(face);
  return face;
}

function read(face: Face): ReturnType<Face['run']> {
  const send = `GET /fhir/Patient/1 HTTP/1.1\r\nHost: ${face.host}\r\n\r\n`;
  return face.run({ send, answers: 1 });
}

describe('the rules of every row', () => {
  it('hold for a gateway that is left alone', async () => {
    const face = await withRecords((body) => body);
    await expect(read(face)).resolves.toMatchObject({ seen: [{ target: '/fhir/Patient/1' }] });
  });

  it('fail for an answer that names no record', async () => {
    const face = await withRecords((body) => body.replace(/[0-9A-Z]{26}/g, '0'.repeat(26)));
    await expect(read(face)).rejects.toThrow('the answer names its record');
  });

  it('fail when what was forwarded is recorded as refused', async () => {
    const face = await withRecords((body) => body.replace('http-status', 'refusal-reason'));
    await expect(read(face)).rejects.toThrow('seen upstream = recorded as forwarded');
  });

  it('fail for an event that is not valid', async () => {
    const face = await withRecords((body) => body.replace('"action":"R"', '"action":"X"'));
    await expect(read(face)).rejects.toThrow('the event is valid');
  });
});

describe('the recording upstream', () => {
  it('believes in a request that was hidden in the body of another', async () => {
    const upstream = await startRecordingUpstream();
    const smuggled = 'GET /fhir/Patient/2 HTTP/1.1\r\nHost: x\r\n\r\n';
    const steps = [`DELETE /fhir/Patient/1 HTTP/1.1\r\nContent-Length: 0\r\n\r\n${smuggled}`];
    await sendRaw({ port: Number(upstream.host.split(':')[1]), steps, answers: 2 });
    await waitFor(() => upstream.seen.length === 2);
    expect(upstream.seen.map((it) => it.target)).toEqual(['/fhir/Patient/1', '/fhir/Patient/2']);
    await upstream.close();
  });
});
