/**
 * One HTTP request with nothing done behind our back: no redirect followed, no body decoded, no
 * header joined or added beyond what HTTP needs. Used by the HAPI suite on both sides.
 */
import * as http from 'node:http';
import * as https from 'node:https';

/** A request to send. */
export interface Request {
  readonly method: string;
  /** Absolute; sent as it is, never normalised. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** An answer as it came. */
export interface Response {
  readonly status: number;
  /** Names in lower case, in their order; duplicates stay apart. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
}

/** Sends one request and reads the whole answer. Rejects when the answer is cut short. */
export async function send(request: Request): Promise<Response> {
  const origin = /^(https?):\/\/[^/?#]+/u.exec(request.url);
  if (origin === null) throw new Error(`not an absolute URL: ${request.url}`);
  const { hostname, port } = new URL(origin[0]);
  const { request: open } = origin[1] === 'https' ? https : http;
  return new Promise((resolve, reject) => {
    const message = open({
      method: request.method,
      hostname,
      port,
      path: request.url.slice(origin[0].length),
      headers: {
        ...request.headers,
        ...(request.body === undefined
          ? {}
          : { 'Content-Length': String(Buffer.byteLength(request.body)) }),
      },
    });
    message.once('error', reject);
    message.once('response', (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.once('error', reject);
      answer.once('end', () => {
        resolve({
          status: answer.statusCode ?? 0,
          headers: pairs(answer.rawHeaders),
          body: Buffer.concat(chunks),
        });
      });
    });
    message.end(request.body);
  });
}

/** First value of a header, or undefined. */
export function header(response: Response, name: string): string | undefined {
  return response.headers.find(([key]) => key === name)?.[1];
}

function pairs(raw: readonly string[]): readonly (readonly [string, string])[] {
  const result: (readonly [string, string])[] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    result.push([(raw[i] ?? '').toLowerCase(), raw[i + 1] ?? '']);
  }
  return result;
}
