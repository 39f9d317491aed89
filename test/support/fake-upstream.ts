/**
 * A FHIR server at the edge of a test: answers what the test says, on loopback, and writes down
 * every request that it believes it received.
 */
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request that arrived. */
export interface SeenRequest {
  readonly method: string;
  /** Exact request target: `/fhir/Patient?name=x`. */
  readonly target: string;
  /** Below the base, with the query, without leading slash: `Patient?name=x`. */
  readonly path: string;
  /** Lower-case names; duplicates joined as Node joins them. */
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

/** What to answer. */
export interface FakeAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as FHIR JSON; nothing when left out. */
  readonly body?: object;
}

/** A running fake. */
export interface FakeUpstream {
  /** FHIR base, without trailing slash. */
  readonly base: string;
  /** Everything that arrived so far, in order. */
  readonly seen: readonly SeenRequest[];
  readonly close: () => Promise<void>;
}

/** Starts it. `answer` gets the request and the fake's own base, for absolute URLs. */
export async function startFakeUpstream(
  answer: (request: SeenRequest, base: string) => FakeAnswer,
): Promise<FakeUpstream> {
  const seen: SeenRequest[] = [];
  let base = '';
  const server = http.createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.once('end', () => {
      const target = incoming.url ?? '';
      const request: SeenRequest = {
        method: incoming.method ?? '',
        target,
        path: target.replace(/^\/fhir\/?/u, ''),
        headers: incoming.headers,
        body: Buffer.concat(chunks).toString('utf8'),
      };
      seen.push(request);
      const { status, headers, body } = answer(request, base);
      outgoing.writeHead(status, {
        ...(body === undefined ? {} : { 'Content-Type': 'application/fhir+json;charset=UTF-8' }),
        ...headers,
      });
      outgoing.end(body === undefined ? undefined : JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  base = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/fhir`;
  return {
    base,
    seen,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
