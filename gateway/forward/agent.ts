/**
 * The connections to the upstream: kept alive, with a limit on the time to connect, and with no
 * header of an answer hidden from us.
 */
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import tls from 'node:tls';

/** How long an idle connection is kept. Below what servers usually allow, so that we close first. */
const idleMs = 4000;

/** Options of {@link createAgent}; times in milliseconds. */
export interface AgentOptions {
  readonly secure: boolean;
  readonly ca?: string;
  readonly maxSockets: number;
  readonly connectTimeoutMs: number;
}

/** Makes the agent. A connection that takes too long fails with code `CHAPERONE_CONNECT_TIMEOUT`. */
export function createAgent(options: AgentOptions): http.Agent {
  const settings = {
    keepAlive: true,
    maxSockets: options.maxSockets,
    maxFreeSockets: options.maxSockets,
    timeout: idleMs,
    ...(options.ca === undefined ? {} : { ca: options.ca }),
  };
  const agent = options.secure ? new https.Agent(settings) : new http.Agent(settings);
  const open = agent.createConnection.bind(agent);
  agent.createConnection = (connect, callback) => {
    const socket = open(connect, callback);
    if (socket instanceof net.Socket) limitConnectTime(socket, options.connectTimeoutMs);
    return socket;
  };
  showAllHeaders(agent);
  return agent;
}

function limitConnectTime(socket: net.Socket, timeoutMs: number): void {
  const timer = setTimeout(() => {
    socket.destroy(
      Object.assign(new Error('connect timeout'), { code: 'CHAPERONE_CONNECT_TIMEOUT' }),
    );
  }, timeoutMs);
  const stop = (): void => {
    clearTimeout(timer);
  };
  socket.once(socket instanceof tls.TLSSocket ? 'secureConnect' : 'connect', stop);
  socket.once('close', stop);
}

/**
 * Node shows at most 2,000 headers of an answer and obeys the hidden ones
 * (https://github.com/nodejs/node/issues/65010). The limit is read when the request gets its
 * socket, which is before any event of it, so it is lifted where the agent takes the request.
 */
function showAllHeaders(agent: http.Agent): void {
  const internal = agent as unknown as {
    addRequest: (request: http.ClientRequest, ...rest: unknown[]) => void;
  };
  const add = internal.addRequest.bind(agent);
  internal.addRequest = (request, ...rest) => {
    request.maxHeadersCount = 0;
    add(request, ...rest);
  };
}
