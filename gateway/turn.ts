/**
 * One request of a connection at a time. Node hands out pipelined requests at once; if the first
 * answer then closes the connection, the second has already run upstream and is never answered.
 */
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Flow } from './flow.ts';

const latest = new WeakMap<Socket, ServerResponse>();

/** Runs `flow` when the request before it on the same connection has been answered. */
export function inTurn(
  request: IncomingMessage,
  response: ServerResponse,
  flow: Flow,
): Promise<void> {
  const { socket } = request;
  const before = latest.get(socket);
  latest.set(socket, response);
  if (before === undefined || before.closed) return flow(request, response);
  return once(before, 'close').then(() => flow(request, response));
}
