/** One request on a connection of its own, and when the first byte of what came back arrived. */
import { connect } from 'node:net';
import { parseAnswers, type RawAnswer } from './raw-client.ts';

/** What came of it. */
export interface TimedExchange {
  /** Port of the client's end, to find the connection in a trace. */
  readonly clientPort: number;
  /** Milliseconds from the last byte sent to the first byte received. */
  readonly firstByteMs: number;
  /** Everything received. */
  readonly bytes: Buffer;
  readonly answer: RawAnswer;
}

/** Sends `head` lines (without `Host`) and a body; rejects when no complete answer comes. */
export async function exchangeRaw(
  base: string,
  head: readonly string[],
  body = '',
  timeoutMs = 30_000,
): Promise<TimedExchange> {
  const { host, port } = new URL(base);
  const socket = connect({ port: Number(port), host: '127.0.0.1', noDelay: true });
  const length = body === '' ? [] : [`Content-Length: ${String(Buffer.byteLength(body))}`];
  const [line = '', ...fields] = head;
  const lines = [line, `Host: ${host}`, ...fields, ...length, '', body];
  const method = line.slice(0, line.indexOf(' '));
  try {
    return await new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new Error(`no answer to ${line} within ${String(timeoutMs)} ms`));
      }, timeoutMs);
      let sentAt = 0;
      let firstByteMs: number | undefined;
      let bytes = Buffer.alloc(0);
      let clientPort = 0;
      socket.once('connect', () => {
        clientPort = socket.localPort ?? 0;
        sentAt = performance.now();
        socket.write(lines.join('\r\n'));
      });
      socket.on('data', (chunk: Buffer) => {
        firstByteMs ??= performance.now() - sentAt;
        bytes = Buffer.concat([bytes, chunk]);
        const [answer] = parseAnswers(bytes, [method]).answers;
        if (answer === undefined) return;
        clearTimeout(timer);
        resolve({ clientPort, firstByteMs, bytes, answer });
      });
      socket.once('error', reject);
      socket.once('close', () => {
        clearTimeout(timer);
        reject(new Error(`the connection ended without an answer to ${line}`));
      });
    });
  } finally {
    socket.destroy();
  }
}
