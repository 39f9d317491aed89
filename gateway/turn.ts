/**
 * One request of a connection at a time. Node hands out pipelined requests at once; if the first
 * answer then closes the connection, the second has already run upstream and is never answered.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Flow } from './flow.ts';

const latest = new WeakMap<Duplex, ServerResponse>();

/** Runs `flow` when the request before it on the same connection has been answered. */
export function inTurn(
  request: IncomingMessage,
  response: ServerResponse,
  flow: Flow,
): Promise<void> {
  const { socket } = request;
  const before = latestOpen(socket);
  latest.set(socket, response);
  if (before === undefined) return flow(request, response);
  return new Promise((resolve) => {
    before.once('close', () => {
      void flow(request, response).then(resolve);
    });
  });
}

/** The last request of a connection that has not been answered yet. */
export function latestOpen(socket: Duplex): ServerResponse | undefined {
  const response = latest.get(socket);
  return response === undefined || response.closed ? undefined : response;
}
