/**
 * The forwarder on http-proxy-middleware 4 (engine httpxy).
 *
 * The middleware is given stand-ins for the client's request and response: it destroys the
 * upstream request when it sees a client leave, skips its hooks under `Expect`, and writes error
 * pages of its own. With stand-ins it can do none of that: the whole of what the client sees is
 * decided elsewhere, and a change in flight is always completed.
 */
import { EventEmitter } from 'node:events';
import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http';
import { createProxyMiddleware } from 'http-proxy-middleware';
import type { UnreachableReason } from '../../audit/event/index.ts';
import { createAgent, type AgentOptions } from './agent.ts';
import type { AnswerHead, Forwarded, Forwarder, ForwardRequest, Verdict } from './forward.ts';

/** Options of {@link createMiddlewareForwarder}. */
export interface MiddlewareForwarderOptions extends Omit<AgentOptions, 'secure'> {
  /** Scheme, host and port of the upstream; any path is ignored. */
  readonly upstreamOrigin: URL;
  /** Milliseconds from sending the request to the last byte of the answer. */
  readonly answerTimeoutMs: number;
}

type Ending = 'timed-out' | 'cancelled' | 'too-long';

/** What the middleware sees as the client's request: complete, and bound to no socket. */
class StandInRequest extends EventEmitter {
  readonly method: string;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly httpVersion = '1.1';
  readonly httpVersionMajor = 1;
  readonly socket = { writable: true };
  readonly body: Uint8Array | undefined;
  readonly attempt: Attempt;

  constructor(request: ForwardRequest, attempt: Attempt) {
    super();
    this.method = request.method;
    this.url = request.target;
    this.headers = { ...request.headers };
    if (request.body !== undefined) this.headers['content-length'] = String(request.body.length);
    this.body = request.body;
    this.attempt = attempt;
  }

  /** The middleware pipes the request's body into the upstream request: here it is, complete. */
  pipe(destination: ClientRequest): ClientRequest {
    destination.end(this.body);
    return destination;
  }
}

/** What the middleware sees as the client's response: closed to it. */
class StandInResponse extends EventEmitter {
  readonly headersSent = true;
  readonly finished = true;
  readonly writableFinished = true;
  readonly destroyed = true;
}

/** One try to get an answer. */
class Attempt {
  readonly #settle: (forwarded: Forwarded) => void;
  readonly #maxBodyBytes: number;
  readonly #method: string;
  readonly #timer: NodeJS.Timeout;
  readonly #signal: AbortSignal;
  #upstream: ClientRequest | undefined;
  #bytesBefore = 0;
  #ending: Ending | undefined;
  #answered = false;

  constructor(
    request: ForwardRequest,
    signal: AbortSignal,
    limits: { readonly maxBodyBytes: number; readonly answerTimeoutMs: number },
    settle: (forwarded: Forwarded) => void,
  ) {
    this.#settle = settle;
    this.#method = request.method;
    this.#maxBodyBytes = limits.maxBodyBytes;
    this.#signal = signal;
    this.#timer = setTimeout(this.#timeOut, limits.answerTimeoutMs);
    signal.addEventListener('abort', this.#cancel, { once: true });
  }

  readonly #timeOut = (): void => {
    this.#giveUp('timed-out');
  };

  readonly #cancel = (): void => {
    this.#giveUp('cancelled');
  };

  #giveUp(ending: Ending): void {
    this.#ending ??= ending;
    this.#upstream?.destroy();
    if (!this.#answered && ending !== 'too-long') this.#settle({ kind: ending });
  }

  #release(): void {
    clearTimeout(this.#timer);
    this.#signal.removeEventListener('abort', this.#cancel);
  }

  sending(upstream: ClientRequest): void {
    this.#upstream = upstream;
    this.#bytesBefore = upstream.socket?.bytesRead ?? 0;
    // Node ends an unwanted switch of protocols without an error: nothing else would tell.
    upstream.once('upgrade', (_message, socket) => {
      socket.destroy();
      this.failed({ code: 'HPE_UPGRADE' });
    });
    upstream.once('close', () => {
      this.failed(undefined);
    });
    if (this.#ending !== undefined || this.#signal.aborted) upstream.destroy();
  }

  /** Sent over a kept-alive connection on which not one byte came back: it had been closed. */
  get wasUnheard(): boolean {
    const upstream = this.#upstream;
    return upstream?.reusedSocket === true && upstream.socket?.bytesRead === this.#bytesBefore;
  }

  failed(error: unknown): void {
    this.#release();
    if (this.#answered) return;
    this.#settle(this.#signal.aborted ? { kind: 'cancelled' } : failure(error, this.#ending));
  }

  answered(message: IncomingMessage): void {
    this.#answered = true;
    let verdict: Verdict = 'cut-short';
    message.on('error', () => undefined);
    const conclude = (value: Verdict): void => {
      verdict = value;
      this.#release();
    };
    this.#settle({
      kind: 'answered',
      head: headOf(message, this.#method),
      chunks: this.#read(message, conclude),
      verdict: () => verdict,
    });
  }

  async *#read(
    message: IncomingMessage,
    conclude: (verdict: Verdict) => void,
  ): AsyncGenerator<Uint8Array, void> {
    let size = 0;
    try {
      for await (const chunk of message as AsyncIterable<Uint8Array>) {
        size += chunk.length;
        if (size > this.#maxBodyBytes) {
          this.#giveUp('too-long');
          break;
        }
        yield chunk;
      }
    } catch {
      // A broken connection: the verdict says so.
    }
    conclude(this.#ending ?? (message.complete ? 'complete' : 'cut-short'));
  }
}

function headOf(message: IncomingMessage, method: string): AnswerHead {
  const status = message.statusCode ?? 0;
  const bodiless = method === 'HEAD' || status === 204 || status === 304;
  const framing = bodiless
    ? 'none'
    : message.headers['transfer-encoding'] !== undefined
      ? 'chunked'
      : message.headers['content-length'] !== undefined
        ? 'length'
        : 'until-close';
  return {
    status,
    statusText: message.statusMessage ?? '',
    rawHeaders: message.rawHeaders,
    framing,
  };
}

const connectCodes: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
]);

function failure(error: unknown, ending: Ending | undefined): Forwarded {
  if (ending === 'timed-out' || ending === 'cancelled') return { kind: ending };
  return { kind: 'unreachable', reason: reasonOf(codeOf(error)) };
}

function reasonOf(code: string): UnreachableReason {
  if (code === 'CHAPERONE_CONNECT_TIMEOUT' || code === 'ETIMEDOUT') return 'connect-timeout';
  if (code.startsWith('HPE_')) return 'protocol';
  // A certificate that is not trusted, a handshake that fails: no connection was made.
  if (connectCodes.has(code) || /CERT|TLS|SSL|SELF_SIGNED|ISSUER/.test(code)) return 'connect';
  return 'reset';
}

function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  const code: unknown = Reflect.get(error, 'code');
  return typeof code === 'string' ? code : '';
}

interface Sent {
  readonly attempt: Attempt;
  readonly forwarded: Promise<Forwarded>;
}

/** Safe to send again when a kept-alive connection turns out to have been closed. */
const repeatable: ReadonlySet<string> = new Set(['GET', 'HEAD']);

/** Makes the forwarder; it owns the connections to the upstream until `close`. */
export function createMiddlewareForwarder(options: MiddlewareForwarderOptions): Forwarder {
  const agent = createAgent({ ...options, secure: options.upstreamOrigin.protocol === 'https:' });
  const middleware = createProxyMiddleware({
    target: options.upstreamOrigin.origin,
    agent,
    selfHandleResponse: true,
    pathFilter: () => true,
    ejectPlugins: true,
    plugins: [report],
  });
  const send = (request: ForwardRequest, signal: AbortSignal, maxBodyBytes: number): Sent => {
    const { promise, resolve } = Promise.withResolvers<Forwarded>();
    const limits = { maxBodyBytes, answerTimeoutMs: options.answerTimeoutMs };
    const attempt = new Attempt(request, signal, limits, resolve);
    void middleware(
      new StandInRequest(request, attempt) as unknown as IncomingMessage,
      new StandInResponse() as unknown as ServerResponse,
      (error?: unknown) => {
        attempt.failed(error);
      },
    );
    return { attempt, forwarded: promise };
  };
  return {
    async forward(request, signal, maxBodyBytes) {
      const { attempt, forwarded } = send(request, signal, maxBodyBytes);
      const first = await forwarded;
      const isReset = first.kind === 'unreachable' && first.reason === 'reset';
      if (!isReset || !attempt.wasUnheard || !repeatable.has(request.method)) return first;
      return send(request, signal, maxBodyBytes).forwarded;
    },
    close() {
      agent.destroy();
    },
  };
}

/** The only plugin: tells the attempt what happens. Defaults are ejected: they answer clients. */
function report(proxy: EventEmitter): void {
  proxy.on('proxyReq', (upstream: ClientRequest, request: StandInRequest) => {
    request.attempt.sending(upstream);
  });
  proxy.on('proxyRes', (message: IncomingMessage, request: StandInRequest) => {
    request.attempt.answered(message);
  });
  const failed = (error: unknown, request: StandInRequest): void => {
    request.attempt.failed(error);
  };
  proxy.on('error', failed);
  proxy.on('econnreset', failed);
}
