/**
 * A client that writes bytes to a socket and reads what comes back, for what no HTTP library would
 * send. Every wait is bounded: what takes longer is a hang, and says so.
 */
import { connect } from 'node:net';
import type { Socket } from 'node:net';

/** One step of what a client does. */
export type ClientStep =
  | string
  | Uint8Array
  | { readonly waitMs: number }
  /** Waits until something is true. */
  | { readonly until: () => boolean }
  /** `leave` resets the connection, `fin` closes the sending side. */
  | { readonly do: 'leave' | 'fin' };

/** Breaks the connection. */
export const leave: ClientStep = { do: 'leave' };
/** Closes the sending side. */
export const fin: ClientStep = { do: 'fin' };

/** An answer that came back. */
export interface RawAnswer {
  readonly status: number;
  readonly statusText: string;
  /** Lower-case names. Several values of one name are joined by ` | `. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** Everything that came of one connection. */
export interface RawResult {
  /** Final answers, in order. */
  readonly answers: readonly RawAnswer[];
  /** Status codes of interim answers. */
  readonly interim: readonly number[];
  /** Exact bytes received. */
  readonly bytes: Buffer;
  /** The gateway closed the connection. */
  readonly closed: boolean;
}

/** How to send. */
export interface SendOptions {
  readonly port: number;
  readonly steps: readonly ClientStep[];
  /** Resolves once so many final answers are complete; left out: when the connection closes. */
  readonly answers?: number;
  /** Methods of the requests, so that answers to HEAD are read as such. */
  readonly methods?: readonly string[];
  readonly localAddress?: string;
  readonly timeoutMs?: number;
}

/** Sends and collects. Rejects when nothing conclusive happens in time. */
export async function sendRaw(options: SendOptions): Promise<RawResult> {
  const { steps, methods = [], timeoutMs = 8000 } = options;
  const socket = connect({
    port: options.port,
    host: '127.0.0.1',
    noDelay: true,
    // A closed sending side must not end the reading.
    allowHalfOpen: true,
    ...(options.localAddress === undefined ? {} : { localAddress: options.localAddress }),
  });
  const chunks: Buffer[] = [];
  let closed = false;
  let left = false;
  const ended = new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => {
      const had = Buffer.concat(chunks).toString('latin1').slice(0, 300);
      reject(new Error(`the connection hangs after ${JSON.stringify(had)}`));
    }, timeoutMs);
    const done = (): void => {
      clearTimeout(timer);
      resolve();
    };
    socket.on('data', (chunk) => {
      chunks.push(chunk);
      if (options.answers === undefined) return;
      if (parseAnswers(Buffer.concat(chunks), methods).answers.length >= options.answers) done();
    });
    socket.on('end', () => {
      closed = true;
      done();
    });
    socket.on('close', () => {
      closed = !left;
      done();
    });
    socket.on('error', () => undefined);
  });
  const sent = playSteps(socket, steps).then((leaves) => {
    left = leaves;
  });
  try {
    await ended;
  } finally {
    socket.destroy();
  }
  await sent;
  const bytes = Buffer.concat(chunks);
  return { ...parseAnswers(bytes, methods), bytes, closed };
}

async function playSteps(socket: Socket, steps: readonly ClientStep[]): Promise<boolean> {
  for (const step of steps) {
    if (socket.destroyed) return false;
    if (typeof step === 'string') socket.write(step, 'latin1');
    else if (step instanceof Uint8Array) socket.write(step);
    else if ('until' in step) await waitFor(step.until);
    else if ('waitMs' in step) await new Promise((resolve) => setTimeout(resolve, step.waitMs));
    else if (step.do === 'fin') socket.end();
    else {
      socket.resetAndDestroy();
      return true;
    }
  }
  return false;
}

/** Waits until a condition holds; rejects when it does not in time. */
export async function waitFor(condition: () => boolean, timeoutMs = 8000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error('what was waited for did not happen');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

interface ParsedAnswers {
  readonly answers: readonly RawAnswer[];
  readonly interim: readonly number[];
}

/** Complete answers in `bytes`. Throws for what is not HTTP with an exact length. */
export function parseAnswers(bytes: Buffer, methods: readonly string[]): ParsedAnswers {
  const answers: RawAnswer[] = [];
  const interim: number[] = [];
  let rest = bytes;
  for (;;) {
    const end = rest.indexOf('\r\n\r\n');
    if (end < 0) return { answers, interim };
    const lines = rest.subarray(0, end).toString('latin1').split('\r\n');
    const line = /^HTTP\/1\.[01] (\d{3})(?: (.*))?$/.exec(lines[0] ?? '');
    if (line === null) throw new Error(`not a status line: ${JSON.stringify(lines[0])}`);
    const status = Number(line[1]);
    const headers = headersOf(lines.slice(1));
    const after = end + 4;
    if (status < 200) {
      interim.push(status);
      rest = rest.subarray(after);
      continue;
    }
    const isBodiless = status === 204 || status === 304 || methods[answers.length] === 'HEAD';
    const length = isBodiless ? 0 : Number(headers['content-length']);
    if (Number.isNaN(length)) throw new Error('an answer without an exact length');
    if (rest.length < after + length) return { answers, interim };
    const body = rest.subarray(after, after + length);
    answers.push({ status, statusText: line[2] ?? '', headers, body });
    rest = rest.subarray(after + length);
  }
}

function headersOf(lines: readonly string[]): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  for (const text of lines) {
    const colon = text.indexOf(':');
    const name = text.slice(0, colon).toLowerCase();
    const value = text.slice(colon + 1).trim();
    const before = headers[name];
    headers[name] = before === undefined ? value : `${before} | ${value}`;
  }
  return headers;
}
