/**
 * A relay that stands between the gateway and the FHIR server and writes down every request that
 * arrives. It passes `Host` and all other headers as they are, so the server makes its URLs from
 * the relay's address: for the gateway the relay *is* the server.
 */
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request that reached the server. */
export interface Sighting {
  readonly method: string;
  readonly target: string;
  readonly requestId: string | undefined;
}

/** A running relay. */
export interface Relay {
  /** `http://127.0.0.1:PORT`, without a path. */
  readonly origin: string;
  /** Everything seen so far, in order. */
  readonly seen: readonly Sighting[];
  readonly close: () => Promise<void>;
}

/** Starts a relay on a free loopback port. `target` is the server's origin, plain http. */
export async function startRelay(target: string): Promise<Relay> {
  const { hostname, port } = new URL(target);
  const seen: Sighting[] = [];
  const agent = new http.Agent({ keepAlive: true });
  const server = http.createServer((request, response) => {
    const id = request.headers['x-request-id'];
    seen.push({
      method: request.method ?? '',
      target: request.url ?? '',
      requestId: typeof id === 'string' ? id : undefined,
    });
    const onward = http.request({
      hostname,
      port,
      method: request.method,
      path: request.url,
      headers: request.rawHeaders,
      setHost: false,
      agent,
    });
    onward.once('response', (answer) => {
      response.sendDate = false;
      response.writeHead(answer.statusCode ?? 502, answer.statusMessage, answer.rawHeaders);
      answer.pipe(response);
      answer.once('aborted', () => response.destroy());
    });
    onward.once('error', () => response.destroy());
    request.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${String(address.port)}`,
    seen,
    close: async () => {
      agent.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
