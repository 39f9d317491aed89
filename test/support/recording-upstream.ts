/**
 * A raw TCP upstream for the suites about HTTP itself. It parses leniently, as a careless server
 * would, and writes down every request that it *believes* it received: that, not what the client
 * thinks it sent, shows a smuggled request. It answers with whatever bytes the test says.
 */
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

/** A request that the upstream believes it received. */
export interface BelievedRequest {
  readonly method: string;
  readonly target: string;
  readonly version: string;
  /** Lower-case names, in their order, duplicates included. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Body bytes as Latin-1 text, chunking taken off. */
  readonly body: string;
  /** Number of the connection, from 0. */
  readonly connection: number;
}

/** One step of an answer. */
export type Step =
  | string
  | Uint8Array
  | { readonly waitMs: number }
  | { readonly until: Promise<unknown> }
  /** `end` closes the connection in order, `reset` does not, `hang` does nothing more. */
  | { readonly do: 'end' | 'reset' | 'hang' };

/** Closes in order. */
export const end: Step = { do: 'end' };
/** Breaks the connection. */
export const reset: Step = { do: 'reset' };
/** Nothing more comes. */
export const hang: Step = { do: 'hang' };

/** Says what to answer; called once for each believed request. */
export type Script = (request: BelievedRequest, index: number) => readonly Step[];

/** A running upstream. */
export interface RecordingUpstream {
  /** FHIR base, without trailing slash. */
  readonly base: string;
  readonly host: string;
  /** Everything it believes it received, in order. */
  readonly seen: BelievedRequest[];
  /** Connections that the other side closed while an answer was still due. */
  readonly abandoned: () => number;
  /** Changes what is answered from now on. */
  answerWith(script: Script): void;
  close(): Promise<void>;
}

/** An answer as text, with an exact length. */
export function answerText(
  status: string,
  headers: readonly string[],
  body: string | undefined,
): string {
  const length =
    body === undefined ? [] : [`Content-Length: ${String(Buffer.byteLength(body, 'latin1'))}`];
  return `${[`HTTP/1.1 ${status}`, ...headers, ...length].join('\r\n')}\r\n\r\n${body ?? ''}`;
}

/** A patient, as FHIR JSON. */
export const patientBody = '{"resourceType":"Patient","id":"1","gender":"female"}';

/** A good answer to a read. */
export const patientAnswer: Script = (request) => [
  answerText(
    '200 OK',
    ['Content-Type: application/fhir+json'],
    request.method === 'HEAD' ? undefined : patientBody,
  ),
];

/** Starts one on loopback. */
export async function startRecordingUpstream(
  first: Script = patientAnswer,
): Promise<RecordingUpstream> {
  const seen: BelievedRequest[] = [];
  const sockets = new Set<Socket>();
  let script = first;
  let connections = 0;
  let abandoned = 0;
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    const connection = connections++;
    let rest = '';
    let due = 0;
    let turn = Promise.resolve();
    socket.on('data', (chunk: Buffer) => {
      rest += chunk.toString('latin1');
      for (;;) {
        const parsed = parseRequest(rest, connection);
        if (parsed === undefined) return;
        rest = parsed.rest;
        const steps = script(parsed.request, seen.push(parsed.request) - 1);
        due++;
        turn = turn
          .then(() => play(socket, steps))
          .then(() => {
            due--;
          });
      }
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      sockets.delete(socket);
      if (due > 0) abandoned++;
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  return {
    base: `http://${host}/fhir`,
    host,
    seen,
    abandoned: () => abandoned,
    answerWith(next) {
      script = next;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function play(socket: Socket, steps: readonly Step[]): Promise<void> {
  for (const step of steps) {
    if (socket.destroyed) return;
    if (typeof step === 'string') socket.write(step, 'latin1');
    else if (step instanceof Uint8Array) socket.write(step);
    else if ('until' in step) await step.until;
    else if ('waitMs' in step) await new Promise((resolve) => setTimeout(resolve, step.waitMs));
    else if (step.do === 'end') socket.end();
    else if (step.do === 'reset') socket.resetAndDestroy();
    else await new Promise((resolve) => socket.once('close', resolve));
  }
}

interface Parsed {
  readonly request: BelievedRequest;
  readonly rest: string;
}

/** The first request in `text`; undefined when it is not complete. Takes bare LF, anything. */
function parseRequest(text: string, connection: number): Parsed | undefined {
  const start = /^[\r\n]*/.exec(text)?.[0].length ?? 0;
  const head = /\r?\n\r?\n/.exec(text.slice(start));
  if (head === null) return undefined;
  const lines = text.slice(start, start + head.index).split(/\r?\n/);
  const [method = '', target = '', version = ''] = (lines[0] ?? '').split(' ');
  const headers = lines.slice(1).map((line): readonly [string, string] => {
    const colon = line.indexOf(':');
    return colon < 0
      ? [line.trim().toLowerCase(), '']
      : [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()];
  });
  const after = text.slice(start + head.index + head[0].length);
  const body = takeBody(headers, after);
  if (body === undefined) return undefined;
  return {
    request: { method, target, version, headers, body: body.body, connection },
    rest: body.rest,
  };
}

function takeBody(
  headers: readonly (readonly [string, string])[],
  text: string,
): { readonly body: string; readonly rest: string } | undefined {
  const coding = headers.find(([name]) => name === 'transfer-encoding')?.[1] ?? '';
  if (/chunked/i.test(coding)) return takeChunks(text);
  const length = Number(headers.find(([name]) => name === 'content-length')?.[1] ?? '0');
  if (text.length < length) return undefined;
  return { body: text.slice(0, length), rest: text.slice(length) };
}

function takeChunks(text: string): { readonly body: string; readonly rest: string } | undefined {
  let body = '';
  let at = 0;
  for (;;) {
    const size = /^([0-9a-f]+)[^\n]*\n/i.exec(text.slice(at));
    if (size === null) return undefined;
    const bytes = parseInt(size[1] ?? '', 16);
    at += size[0].length;
    if (bytes === 0) {
      const end = /^(?:[^\r\n]+\r?\n)*\r?\n/.exec(text.slice(at));
      return end === null ? undefined : { body, rest: text.slice(at + end[0].length) };
    }
    if (text.length < at + bytes) return undefined;
    body += text.slice(at, at + bytes);
    at += bytes;
    at += /^\r?\n/.exec(text.slice(at))?.[0].length ?? 0;
  }
}

/** The value of a header; undefined when it is not there. Several are joined by ` | `. */
export function headerOf(request: BelievedRequest, name: string): string | undefined {
  const values = request.headers.filter(([key]) => key === name).map(([, value]) => value);
  return values.length === 0 ? undefined : values.join(' | ');
}
