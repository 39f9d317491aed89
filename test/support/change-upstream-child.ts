/**
 * An upstream in a process of its own that survives the gateway. It writes the `X-Request-Id` of
 * every change that it saw into a file before it answers, one a line; some changes take their time.
 *
 * Argument: the file. Says its port on stdout. Ends with its standard input.
 */
import { appendFileSync } from 'node:fs';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';

const [logFile = ''] = process.argv.slice(2);
/** Milliseconds that changes take, in turn. */
const delays = [0, 5, 20, 80, 200, 400];
let changes = 0;

const patients = ['a', 'b', 'c'].map((id) => ({ resource: { resourceType: 'Patient', id } }));
const searchset = JSON.stringify({ resourceType: 'Bundle', type: 'searchset', entry: patients });
const observation = JSON.stringify({
  resourceType: 'Observation',
  id: '1',
  subject: { reference: 'Patient/a' },
});

const server = http.createServer((request, response) => {
  const answer = (status: number, body: string): void => {
    response.writeHead(status, { 'Content-Type': 'application/fhir+json' }).end(body);
  };
  request.resume().once('end', () => {
    if (request.method === 'GET') {
      answer(200, request.url?.includes('?') === true ? searchset : observation);
      return;
    }
    appendFileSync(logFile, `${String(request.headers['x-request-id'])}\n`);
    setTimeout(
      () => {
        answer(request.method === 'POST' ? 201 : 200, observation);
      },
      delays[changes++ % delays.length],
    );
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${String((server.address() as AddressInfo).port)}\n`);
});
process.stdin.resume().once('end', () => process.exit(0));
