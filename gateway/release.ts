/**
 * The only code that writes to a client on the app face (an import and lint rule keeps the rest
 * out). Stage 6 of 6. An answer of the upstream can be released only with the receipts of the
 * records that cover it, which only the ledger can make: releasing without persisting does not
 * compile. What the gateway itself answers carries nothing of the upstream.
 */
import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Receipts } from '../audit/ledger/index.ts';
import { faults, outcomeText, type FaultReason } from './faults.ts';

/** A header list for `writeHead`: name, value, name, value, ... */
export type HeaderList = readonly string[];

/** An answer of the upstream, ready for the client. */
export interface ReleasableAnswer {
  readonly status: number;
  readonly statusText: string;
  /** Without framing headers. */
  readonly headers: HeaderList;
  /** Original bytes (URLs mapped); undefined when the answer has no body by definition. */
  readonly body: Uint8Array | undefined;
  /** `Content-Length` of the upstream, for answers without a body (HEAD). */
  readonly declaredLength?: string;
}

/** Why a refusal may be answered: its own record, or that it is counted in an aggregate. */
export type RefusalCover =
  | { readonly kind: 'recorded'; readonly receipts: Receipts; readonly ids: readonly string[] }
  | { readonly kind: 'aggregated' }
  /** The record could not be made: that is what the client is told. Only for 503. */
  | { readonly kind: 'unrecordable' };

/**
 * Releases a batch of an answer: here the whole of it, with an exact length.
 *
 * @param receipts Proof that the records covering these bytes are on stable storage.
 */
export function release(
  response: ServerResponse,
  answer: ReleasableAnswer,
  receipts: Receipts,
): void {
  if (receipts.length === 0) throw new Error('an answer without a receipt');
  const headers = [...answer.headers];
  if (answer.body !== undefined) headers.push('Content-Length', String(answer.body.length));
  else if (answer.declaredLength !== undefined) {
    headers.push('Content-Length', answer.declaredLength);
  }
  response.writeHead(answer.status, answer.statusText, headers);
  response.end(answer.body);
}

/** Answers a CORS preflight; it has no body and was not forwarded. */
export function releasePreflight(
  response: ServerResponse,
  headers: HeaderList,
  cover: RefusalCover,
): void {
  if (cover.kind === 'unrecordable') throw new Error('a preflight without a record');
  response.writeHead(204, [...headers]);
  response.end();
}

/** Answers with the gateway's own OperationOutcome. */
export function releaseFault(
  response: ServerResponse,
  reason: FaultReason,
  headers: HeaderList,
  cover: RefusalCover,
): void {
  const fault = faults[cover.kind === 'unrecordable' ? 'ledger-unavailable' : reason];
  const body = outcomeText(fault);
  const all = [...headers, 'Content-Type', 'application/fhir+json;charset=utf-8'];
  all.push('Content-Length', String(Buffer.byteLength(body)), 'Cache-Control', 'no-store');
  if (fault.retryAfter !== undefined) all.push('Retry-After', String(fault.retryAfter));
  response.writeHead(fault.status, all);
  response.end(response.req.method === 'HEAD' ? undefined : body);
}

/** Lets the client go on with its body (`Expect: 100-continue`): an interim answer, no content. */
export function releaseContinue(response: ServerResponse): void {
  response.writeContinue();
}

/** Answers on a socket whose request could not be parsed, and closes it. */
export function releaseRawFault(
  socket: Duplex,
  reason: FaultReason,
  requestId: string,
  cover: RefusalCover,
): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const fault = faults[cover.kind === 'unrecordable' ? 'ledger-unavailable' : reason];
  const body = outcomeText(fault);
  const head = [
    `HTTP/1.1 ${String(fault.status)} Refused`,
    `X-Request-Id: ${requestId}`,
    'Content-Type: application/fhir+json;charset=utf-8',
    `Content-Length: ${String(Buffer.byteLength(body))}`,
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
  // Bytes may still arrive; without a reader the socket would stay open for ever.
  setTimeout(() => socket.destroy(), 1000).unref();
}

/** Closes a client's connection without another byte. */
export function abandon(response: ServerResponse): void {
  response.destroy();
}
