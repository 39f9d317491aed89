/**
 * One request of a connection at a time. Node hands out pipelined requests at once; if the first
 * answer then closes the connection, the second has already run upstream and is never answered.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Flow } from './flow.ts';

/** The last request of a connection. */
interface Turn {
  readonly request: IncomingMessage;
  /** Resolves when it was answered, or its connection has ended. */
  readonly ended: Promise<void>;
}

const latest = new WeakMap<Duplex, Turn>();
const waiting = new WeakMap<Duplex, number>();

/** Requests of one connection that may wait for their turn; beyond it the connection ends. */
const maxWaiting = 32;

/** Runs `flow` when the request before it on the same connection has been answered. */
export function inTurn(
  request: IncomingMessage,
  response: ServerResponse,
  flow: Flow,
): Promise<void> {
  const { socket } = request;
  const before = latest.get(socket);
  const exchange =
    before === undefined
      ? flow(request, response)
      : afterwards(socket, before).then(() => flow(request, response));
  const turn = { request, ended: exchange.then(() => closed(response)) };
  latest.set(socket, turn);
  void turn.ended.then(() => {
    if (latest.get(socket) === turn) latest.delete(socket);
  });
  return exchange;
}

/** The last request of a connection that has not been answered yet. */
export function openTurn(socket: Duplex): Turn | undefined {
  return latest.get(socket);
}

/** Requests are small and come faster than they are answered: what waits must be bounded. */
async function afterwards(socket: Duplex, before: Turn): Promise<void> {
  const count = (waiting.get(socket) ?? 0) + 1;
  waiting.set(socket, count);
  if (count > maxWaiting) socket.destroy();
  await before.ended;
  waiting.set(socket, (waiting.get(socket) ?? 1) - 1);
}

/** An answer that never got its connection has no `close`; it was destroyed then. */
function closed(response: ServerResponse): Promise<void> {
  if (response.closed || response.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    response.once('close', resolve);
  });
}
