/**
 * The only code that writes to a client on the review face. Whatever tells something of the
 * record, a refusal included, needs the receipts of the record of this access, which only the
 * ledger can make: answering without having recorded does not compile.
 */
import type { ServerResponse } from 'node:http';
import type { Receipts } from '../audit/ledger/index.ts';
import { answerFault } from './answer.ts';
import type { ReviewAnswer } from './answer.ts';
import type { PageFile } from './page-files.ts';

/** Health or metrics: nothing of the record, no identifiers, hence not an access. */
export interface ProbeAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

const fhirJson = 'application/fhir+json; charset=utf-8';

/**
 * Releases an answer.
 *
 * @param receipts Proof that the record of this access is on stable storage.
 */
export function release(
  response: ServerResponse,
  requestId: string,
  answer: ReviewAnswer,
  receipts: Receipts,
): void {
  if (receipts.length === 0) throw new Error('an answer without a receipt');
  const { status, mediaType = fhirJson, body, headers } = answer;
  write(response, requestId, status, mediaType, body, headers);
}

/** Releases an answer that tells nothing of the record, to one whose requests are counted. */
export function releaseCounted(
  response: ServerResponse,
  requestId: string,
  answer: ReviewAnswer & { readonly eventCount: 0 },
): void {
  write(response, requestId, answer.status, fhirJson, answer.body, answer.headers);
}

/** Tells that the access could not be recorded; nothing else. */
export function releaseUnrecordable(response: ServerResponse, requestId: string): void {
  const { status, body, headers } = answerFault('ledger-unavailable', { 'Retry-After': '5' });
  write(response, requestId, status, fhirJson, body, headers);
}

/** Releases health or metrics. */
export function releaseProbe(
  response: ServerResponse,
  requestId: string,
  probe: ProbeAnswer,
): void {
  write(response, requestId, probe.status, probe.contentType, Buffer.from(probe.body), {});
}

/** What a browser may do with the page: run its own scripts, talk to this service, nothing else. */
const pageHeaders: Readonly<Record<string, string>> = {
  'Content-Security-Policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    "img-src 'self'",
    "form-action 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ].join('; '),
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
};

/** Releases a file of the page, or says that the client has it: nothing of the record is in it. */
export function releaseFile(response: ServerResponse, requestId: string, file: PageFile): void {
  const known = response.req.headers['if-none-match']?.split(/\s*,\s*/u) ?? [];
  const isKnown = known.includes(file.etag);
  write(response, requestId, isKnown ? 304 : 200, file.mediaType, file.body, {
    ...pageHeaders,
    'Cache-Control': 'no-cache',
    ETag: file.etag,
  });
}

function write(
  response: ServerResponse,
  requestId: string,
  status: number,
  contentType: string,
  body: Uint8Array,
  headers: Readonly<Record<string, string>>,
): void {
  response.writeHead(status, {
    'Cache-Control': 'no-store',
    ...headers,
    'X-Request-Id': requestId,
    'Content-Type': contentType,
    'Content-Length': String(body.length),
    'X-Content-Type-Options': 'nosniff',
  });
  response.end(response.req.method === 'HEAD' || status === 304 ? undefined : body);
}
