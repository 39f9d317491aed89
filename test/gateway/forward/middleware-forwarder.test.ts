import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createMiddlewareForwarder } from '../../../gateway/forward/middleware-forwarder.ts';
import type { Forwarded, Forwarder, ForwardRequest } from '../../../gateway/forward/forward.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function upstream(answer: http.RequestListener): Promise<URL> {
  const server = http.createServer({ keepAliveTimeout: 60_000 }, answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return new URL(`http://127.0.0.1:${String((server.address() as AddressInfo).port)}`);
}

async function rawUpstream(onConnection: (socket: net.Socket) => void): Promise<URL> {
  const server = net.createServer(onConnection);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => server.close());
  return new URL(`http://127.0.0.1:${String((server.address() as AddressInfo).port)}`);
}

function forwarder(upstreamOrigin: URL, answerTimeoutMs = 5000): Forwarder {
  const made = createMiddlewareForwarder({
    upstreamOrigin,
    answerTimeoutMs,
    connectTimeoutMs: 500,
    maxSockets: 8,
  });
  closers.push(() => {
    made.close();
  });
  return made;
}

const get: ForwardRequest = {
  method: 'GET',
  target: '/fhir/Patient/1?_elements=id',
  headers: { host: 'ehr.example', accept: 'application/fhir+json' },
  body: undefined,
};
const never = new AbortController().signal;

async function read(forwarded: Forwarded): Promise<{ body: string; verdict: string }> {
  if (forwarded.kind !== 'answered') throw new Error(`no answer: ${forwarded.kind}`);
  const chunks: Uint8Array[] = [];
  for await (const chunk of forwarded.chunks) chunks.push(chunk);
  return { body: Buffer.concat(chunks).toString(), verdict: forwarded.verdict() };
}

describe('a request', () => {
  it('reaches the upstream with exactly its target, headers and body', async () => {
    let seen: unknown;
    const origin = await upstream((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { method, url, headers } = request;
        seen = { method, url, headers, body: Buffer.concat(chunks).toString() };
        response.end('{}');
      });
    });
    const request = { ...get, method: 'POST', body: Buffer.from('{"resourceType":"Patient"}') };
    expect(await read(await forwarder(origin).forward(request, never, 100))).toEqual({
      body: '{}',
      verdict: 'complete',
    });
    expect(seen).toEqual({
      method: 'POST',
      url: get.target,
      headers: {
        host: 'ehr.example',
        accept: 'application/fhir+json',
        'content-length': '26',
        connection: 'keep-alive',
      },
      body: '{"resourceType":"Patient"}',
    });
  });

  it('is sent again when the kept-alive connection had been closed, if it is a read', async () => {
    let connections = 0;
    const origin = await rawUpstream((socket) => {
      connections += 1;
      let requests = 0;
      socket.on('error', () => undefined);
      socket.on('data', () => {
        requests += 1;
        // The second request on a connection meets a server that has just closed it.
        if (requests === 2) socket.resetAndDestroy();
        else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}');
      });
    });
    const sender = forwarder(origin);
    await read(await sender.forward(get, never, 100));
    expect(await read(await sender.forward(get, never, 100))).toMatchObject({ body: '{}' });
    expect(connections).toBe(2);
  });

  it('is not sent again when it can change something', async () => {
    let requests = 0;
    const origin = await rawUpstream((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', () => {
        requests += 1;
        if (requests === 2) socket.resetAndDestroy();
        else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}');
      });
    });
    const sender = forwarder(origin);
    const change = { ...get, method: 'DELETE' };
    await read(await sender.forward(change, never, 100));
    expect(await sender.forward(change, never, 100)).toEqual({
      kind: 'unreachable',
      reason: 'reset',
    });
    expect(requests).toBe(2);
  });
});

describe('a body', () => {
  it.each([
    ['ends early', 'Content-Length: 10\r\n\r\nabc', 'cut-short'],
    ['is chunked and ends early', 'Transfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n', 'cut-short'],
    ['has a bad chunk', 'Transfer-Encoding: chunked\r\n\r\n5\r\nabcdeXX', 'cut-short'],
    ['is whole', 'Content-Length: 3\r\n\r\nabc', 'complete'],
    ['ends with the connection', '\r\nabc', 'complete'],
  ])('that %s is told apart', async (_name, rest, verdict) => {
    const origin = await rawUpstream((socket) => {
      socket.once('data', () => socket.end(`HTTP/1.1 200 OK\r\n${rest}`));
    });
    const result = await read(await forwarder(origin).forward(get, never, 100));
    expect(result.verdict).toBe(verdict);
  });

  it('beyond the limit is given up', async () => {
    const origin = await upstream((_request, response) => {
      response.write('x'.repeat(90));
      setTimeout(() => response.write('x'.repeat(90)), 20);
    });
    const result = await read(await forwarder(origin).forward(get, never, 100));
    expect(result.verdict).toBe('too-long');
  });

  it('that stalls is given up at the deadline', async () => {
    const origin = await upstream((_request, response) => {
      response.write('x');
    });
    const result = await read(await forwarder(origin, 100).forward(get, never, 100));
    expect(result.verdict).toBe('timed-out');
  });
});

describe('no answer', () => {
  it('in time is a case of its own', async () => {
    const origin = await upstream(() => undefined);
    expect(await forwarder(origin, 100).forward(get, never, 100)).toEqual({ kind: 'timed-out' });
  });

  it('because nobody listens says so', async () => {
    const origin = await rawUpstream(() => undefined);
    await closers.pop()?.();
    expect(await forwarder(origin).forward(get, never, 100)).toEqual({
      kind: 'unreachable',
      reason: 'connect',
    });
  });

  it('because the connection is not made in time says so', async () => {
    // It accepts, and never takes part in the handshake.
    const origin = await rawUpstream((socket) => socket.on('error', () => undefined));
    const secure = new URL(origin.href.replace('http:', 'https:'));
    expect(await forwarder(secure).forward(get, never, 100)).toEqual({
      kind: 'unreachable',
      reason: 'connect-timeout',
    });
  });

  it('because it is not HTTP says so', async () => {
    const origin = await rawUpstream((socket) => {
      socket.once('data', () => socket.end('SSH-2.0-x\r\n'));
    });
    expect(await forwarder(origin).forward(get, never, 100)).toEqual({
      kind: 'unreachable',
      reason: 'protocol',
    });
  });

  it('because the upstream switches protocols is not an answer', async () => {
    const origin = await rawUpstream((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () =>
        socket.write(
          'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n',
        ),
      );
    });
    expect(await forwarder(origin).forward(get, never, 100)).toMatchObject({ kind: 'unreachable' });
  });

  it('because it was given up closes the connection to the upstream', async () => {
    let closed: Promise<unknown> | undefined;
    const origin = await upstream((request) => {
      closed = new Promise((resolve) => request.socket.on('close', resolve));
    });
    const giveUp = new AbortController();
    const forwarded = forwarder(origin).forward(get, giveUp.signal, 100);
    while (closed === undefined) await new Promise((resolve) => setTimeout(resolve, 5));
    giveUp.abort();
    expect(await forwarded).toEqual({ kind: 'cancelled' });
    await closed;
  });
});

describe('the headers of an answer', () => {
  it('are all shown, beyond the number that Node shows by itself', async () => {
    const many = Array.from({ length: 2100 }, () => 'a: 1\r\n').join('');
    const origin = await rawUpstream((socket) => {
      socket.once('data', () =>
        socket.end(`HTTP/1.1 200 OK\r\n${many}last: 1\r\nContent-Length: 0\r\n\r\n`),
      );
    });
    const forwarded = await forwarder(origin).forward(get, never, 100);
    if (forwarded.kind !== 'answered') throw new Error(forwarded.kind);
    expect(forwarded.head.rawHeaders).toContain('last');
    await read(forwarded);
  });
});
