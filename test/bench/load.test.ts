/** The load generator against real sockets: it must count right answers and see every wrong one. */
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { runLoad } from '../../bench/load.ts';
import type { LoadOrder, LoadResult } from '../../bench/load.ts';

const BODY = Buffer.from('{"resourceType":"Patient","name":[{"text":"Zoë"}]}', 'utf8');
const HEAD = `HTTP/1.1 200 OK\r\nContent-Type: application/fhir+json\r\nContent-Length: ${String(BODY.length)}\r\n`;
const REQUEST = 'GET /fhir/Patient/1 HTTP/1.1\r\nhost: x\r\n\r\n';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** Serves raw bytes: `answer` is called once for each request. */
async function loadAgainst(
  answer: (socket: Socket, count: number) => void,
  order: Partial<LoadOrder> = {},
): Promise<LoadResult & { readonly seen: number }> {
  let seen = 0;
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', () => {
      seen += 1;
      answer(socket, seen);
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const result = await runLoad({
    port,
    request: REQUEST,
    expected: BODY,
    connections: 2,
    durationMs: 60,
    ...order,
  });
  return { ...result, seen };
}

describe('right answers', () => {
  it('are counted, one for each request', async () => {
    const result = await loadAgainst((socket) => {
      socket.write(Buffer.concat([Buffer.from(`${HEAD}\r\n`), BODY]));
    });
    expect(result.faults).toEqual({});
    expect(result.requests).toBe(result.seen);
    expect(result.requests).toBeGreaterThan(2);
    expect(result.p50Ms).toBeGreaterThan(0);
    expect(result.p99Ms).toBeGreaterThanOrEqual(result.p50Ms);
  });

  it('may arrive in pieces, cut within the head and within a character', async () => {
    const bytes = Buffer.concat([Buffer.from(`${HEAD}\r\n`), BODY]);
    const cuts = [0, 5, HEAD.length + 1, bytes.length - 6, bytes.length];
    const result = await loadAgainst(
      (socket) => {
        cuts.slice(1).forEach((end, index) => {
          setTimeout(() => socket.write(bytes.subarray(cuts[index], end)), 2 * index);
        });
      },
      { connections: 1 },
    );
    expect(result.faults).toEqual({});
    expect(result.requests).toBe(result.seen);
  });

  it('may each end their connection', async () => {
    const result = await loadAgainst((socket) => {
      socket.end(Buffer.concat([Buffer.from(`${HEAD}Connection: close\r\n\r\n`), BODY]));
    });
    expect(result.faults).toEqual({});
    expect(result.requests).toBeGreaterThan(2);
  });
});

describe('a wrong answer is a fault and is not counted', () => {
  const wrong: readonly (readonly [string, string, string | Buffer])[] = [
    ['cut short', 'cut-short', Buffer.concat([Buffer.from(`${HEAD}\r\n`), BODY.subarray(0, -1)])],
    ['cut short within its head', 'cut-short', HEAD],
    [
      'of another status',
      'wrong-status',
      `HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n`,
    ],
    ['of another length', 'wrong-length', `HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}`],
    [
      'without a length',
      'no-content-length',
      `HTTP/1.1 200 OK\r\nX-A: b\r\n\r\n${BODY.toString()}`,
    ],
    ['of another protocol', 'bad-head', 'SMTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'],
    [
      'with one byte changed',
      'wrong-body',
      Buffer.concat([Buffer.from(`${HEAD}\r\n`), Buffer.from(BODY.toString().replace('P', 'Q'))]),
    ],
    [
      'followed by bytes that nobody asked for',
      'surplus-bytes',
      Buffer.concat([Buffer.from(`${HEAD}\r\n`), BODY, Buffer.from('x')]),
    ],
  ];

  it.each(wrong)('%s', async (_, kind, bytes) => {
    const result = await loadAgainst((socket, count) => {
      if (count > 1) socket.write(Buffer.concat([Buffer.from(`${HEAD}\r\n`), BODY]));
      else socket.end(bytes);
    });
    expect(result.faults).toEqual({ [kind]: 1 });
    expect(result.requests).toBe(result.seen - 1);
  });

  it('that never comes', async () => {
    const result = await loadAgainst(() => undefined, { connections: 1, graceMs: 50 });
    expect(result.faults).toEqual({ 'timed-out': 1 });
    expect(result.requests).toBe(0);
  });

  it('and one that only stops coming', async () => {
    const result = await loadAgainst(
      (socket) => {
        socket.write(Buffer.concat([Buffer.from(`${HEAD}\r\n`), BODY.subarray(0, 10)]));
      },
      { connections: 1, graceMs: 50 },
    );
    expect(result.faults).toEqual({ 'timed-out': 1 });
  });
});
