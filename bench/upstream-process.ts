/**
 * The upstream of the benchmark as a process of its own: a plain `node:http` server with prebuilt
 * bodies, so that it costs little and is the same for every leg. It ends with the IPC channel.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { BENCH_CASES, caseBody } from './bodies.ts';

const bodies = new Map<string, Buffer>();

const server = createServer((request, response) => {
  const body = bodies.get(request.url ?? '');
  request.resume();
  if (body === undefined) {
    response.writeHead(404, { 'content-length': 0 }).end();
    return;
  }
  response.writeHead(200, {
    'content-type': 'application/fhir+json;charset=utf-8',
    'content-length': body.length,
    etag: 'W/"3"',
    'last-modified': 'Thu, 01 Jan 2026 00:00:00 GMT',
  });
  response.end(body);
});
server.keepAliveTimeout = 60_000;

process.on('disconnect', () => process.exit(0));
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  const base = `http://127.0.0.1:${String(port)}/fhir`;
  for (const benchCase of BENCH_CASES) {
    bodies.set(`/fhir${benchCase.target}`, caseBody(benchCase, base));
  }
  process.send?.({ kind: 'ready', port });
});
