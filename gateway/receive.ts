/**
 * Receives a request: checks its head, decides on admission, reads the whole body. Stage 1 of 6.
 * The body is complete before an upstream connection is taken, so that slow senders cannot use
 * those up.
 */
import type { IncomingMessage } from 'node:http';
import { withoutCredentials, type RefusalReason, type RequestFacts } from '../audit/event/index.ts';
import type { Hold } from './answer/budget.ts';
import type { Arrival } from './arrival.ts';
import { onBroken, type BrokenReason } from './broken-request.ts';
import type { ForwardRequest } from './forward/forward.ts';
import {
  admit,
  checkBodyMedia,
  requestHeadersForUpstream,
  type Admitted,
  type BodyKind,
  type GateOptions,
  type Refused,
  type UpstreamRequestHeaders,
} from './gate/index.ts';
import { ownRouteOf } from './smart/own-route.ts';
import type { UrlMap } from './urls/index.ts';

/** A request that may be forwarded, and what will be recorded of it. */
export interface Received {
  readonly kind: 'received';
  readonly facts: RequestFacts;
  readonly forward: ForwardRequest;
  readonly admitted: Admitted;
}

/** A request that goes no further. */
export interface NotReceived {
  readonly kind: 'refused';
  readonly reason: RefusalReason;
  /** Set once the head was understood. */
  readonly admitted?: Admitted;
}

/** What receiving needs to know. */
export interface ReceiveOptions {
  readonly gate: GateOptions;
  readonly urls: UrlMap;
  /** Path of the upstream's base, without trailing slash. */
  readonly upstreamPath: string;
  /** `host[:port]` of the upstream. */
  readonly upstreamHost: string;
  readonly requestBodyBytes: number;
  /** Takes the bytes of the body; refuses them when too much is held. */
  readonly hold: Hold;
  /** A reason when no new exchange may start. */
  overload(): RefusalReason | undefined;
  /** Lets the client go on (`Expect: 100-continue`). */
  goOn(): void;
}

/** Head checks alone: pure, so that preflights can be told apart before the body. */
export function checkHead(
  arrival: Arrival,
  httpVersion: string,
  gate: GateOptions,
): Admitted | NotReceived {
  if (httpVersion !== '1.1' && httpVersion !== '1.0')
    return { kind: 'refused', reason: 'http-version' };
  return admit(
    {
      method: arrival.method,
      target: arrival.rawTarget,
      rawHeaders: arrival.rawHeaders,
      httpVersion,
      peerAddress: arrival.peer.address,
    },
    gate,
  );
}

/** Reads the rest of an admitted request. Never throws. */
export async function receive(
  arrival: Arrival,
  admitted: Admitted,
  request: IncomingMessage,
  options: ReceiveOptions,
): Promise<Received | NotReceived> {
  const refuse = (reason: RefusalReason): NotReceived => ({ kind: 'refused', reason, admitted });
  const { framing, fields, expectContinue } = admitted.headers;
  const media = checkBodyMedia({
    method: admitted.method,
    path: admitted.target.path,
    contentType: fieldOf(fields, 'content-type'),
    hasBody: framing.kind === 'chunked' || (framing.kind === 'length' && framing.bytes > 0),
  });
  if (media.kind === 'refused') return refuse(media.reason);
  if (
    framing.kind !== 'none' &&
    (fieldOf(fields, 'content-encoding') ?? 'identity') !== 'identity'
  ) {
    return refuse('body-encoding-unknown');
  }
  const headersFor = (form: string | undefined): UpstreamRequestHeaders | Refused =>
    requestHeadersForUpstream(admitted.headers, {
      requestId: arrival.requestId,
      query: admitted.target.query,
      path: admitted.target.path,
      ...(form === undefined ? {} : { form }),
      inwardHeader: (name, value) => options.urls.inwardHeader(name, value),
    });
  const beforeBody = headersFor(undefined);
  if (beforeBody.kind === 'refused') return refuse(beforeBody.reason);
  const overload = options.overload();
  if (overload !== undefined) return refuse(overload);
  if (framing.kind === 'length' && framing.bytes > options.requestBodyBytes) {
    return refuse('body-too-large');
  }
  if (expectContinue) options.goOn();
  const body = framing.kind === 'none' ? undefined : await readBody(request, options);
  if (typeof body === 'string') return refuse(body);
  // A form can ask for a format too, and only the body tells.
  const headers =
    body !== undefined && media.body === 'form'
      ? headersFor(Buffer.from(body).toString('latin1'))
      : beforeBody;
  if (headers.kind === 'refused') return refuse(headers.reason);
  const sent = body === undefined ? undefined : inward(body, media.body, options.urls);
  const query = options.urls.inwardQuery(admitted.target.query);
  return {
    kind: 'received',
    admitted,
    facts: factsOf(admitted, arrival.rawTarget, query, sent, media.body),
    forward: {
      method: admitted.method,
      target: `${options.upstreamPath}${admitted.target.pathSuffix}${admitted.target.hasQuery ? `?${query}` : ''}`,
      headers: toRecord(headers.fields, options.upstreamHost),
      body: sent,
    },
  };
}

/** What is recorded of a request whose head was understood, the body left out. */
export function headFacts(admitted: Admitted, rawTarget: string): RequestFacts {
  return factsOf(admitted, rawTarget, admitted.target.query, undefined, 'none');
}

function factsOf(
  admitted: Admitted,
  rawTarget: string,
  query: string,
  body: Uint8Array | undefined,
  kind: BodyKind,
): RequestFacts {
  const headers: Record<string, string> = {};
  for (const [name, value] of admitted.headers.fields) {
    if (recordedHeaders.has(name)) headers[name] = withoutCredentials(value);
  }
  return {
    method: admitted.method,
    target: withoutCredentials(rawTarget),
    path: withoutCredentials(admitted.target.path),
    // Of the SMART routes all that may be kept is in the target.
    query: ownRouteOf(admitted) === undefined ? withoutCredentials(query) : '',
    headers,
    body: body !== undefined && kind === 'form' ? formWithoutCredentials(body) : body,
  };
}

/** Request headers that the record may hold. */
const recordedHeaders: ReadonlySet<string> = new Set([
  'accept',
  'content-type',
  'if-match',
  'if-modified-since',
  'if-none-exist',
  'if-none-match',
  'prefer',
  'user-agent',
]);

function formWithoutCredentials(body: Uint8Array): Uint8Array {
  const text = Buffer.from(body).toString('latin1');
  const cleaned = withoutCredentials(text);
  return cleaned === text ? body : Buffer.from(cleaned, 'latin1');
}

function inward(body: Uint8Array, kind: BodyKind, urls: UrlMap): Uint8Array {
  switch (kind) {
    case 'json':
    case 'json-patch':
      return urls.inwardBody(body).bytes;
    case 'form':
      return urls.inwardForm(body);
    case 'none':
    case 'opaque':
      return body;
  }
}

/** All bytes of the body, or why there are none. Never rejects. */
export function readBody(
  request: IncomingMessage,
  { requestBodyBytes, hold }: Pick<ReceiveOptions, 'requestBodyBytes' | 'hold'>,
): Promise<Uint8Array | 'body-too-large' | 'body-incomplete' | 'overloaded' | BrokenReason> {
  return new Promise((resolve) => {
    const chunks: Uint8Array[] = [];
    let size = 0;
    onBroken(request, resolve);
    request.on('data', (chunk: Uint8Array) => {
      size += chunk.length;
      const refused =
        size > requestBodyBytes
          ? 'body-too-large'
          : hold.take(chunk.length)
            ? undefined
            : 'overloaded';
      if (refused === undefined) chunks.push(chunk);
      else {
        chunks.length = 0;
        // What is still to come is dropped: the refusal ends the connection.
        request.removeAllListeners('data').resume();
        resolve(refused);
      }
    });
    request.on('end', () => {
      resolve(Buffer.concat(chunks));
    });
    request.on('error', () => {
      resolve('body-incomplete');
    });
    request.on('close', () => {
      resolve('body-incomplete');
    });
  });
}

function fieldOf(fields: Admitted['headers']['fields'], wanted: string): string | undefined {
  for (const [name, value] of fields) if (name === wanted) return value;
  return undefined;
}

function toRecord(
  fields: readonly (readonly [string, string])[],
  upstreamHost: string,
): Record<string, string> {
  const record: Record<string, string> = { host: upstreamHost };
  for (const [name, value] of fields) {
    const before = record[name];
    record[name] = before === undefined ? value : `${before}, ${value}`;
  }
  return record;
}
