/**
 * The one table of what the gateway itself answers: for each reason a status, the issue code of
 * the OperationOutcome, and a sentence that says what to do. `docs/errors.md` is generated from it.
 *
 * Spec: FHIR R4 OperationOutcome, value set issue-type; RFC 9110 section 15.
 */
import type { RefusalReason, UnreachableReason } from '../audit/event/index.ts';

/** Everything that ends in an answer of the gateway's own. */
export type FaultReason = RefusalReason | UnreachableReason | 'timed-out' | 'failed';

/** One row of the table. */
export interface Fault {
  readonly status: number;
  /** Code of http://hl7.org/fhir/issue-type. */
  readonly issue: string;
  /** A constant sentence: nothing of the request is in it. */
  readonly text: string;
  /** Seconds for `Retry-After`; undefined: none is sent. */
  readonly retryAfter?: number;
}

const row = (status: number, issue: string, text: string, retryAfter?: number): Fault =>
  retryAfter === undefined ? { status, issue, text } : { status, issue, text, retryAfter };

/** Status, issue code and sentence for each reason. */
export const faults: Readonly<Record<FaultReason, Fault>> = {
  'malformed-request': row(400, 'structure', 'The request is not valid HTTP/1.1.'),
  'http-version': row(505, 'not-supported', 'Only HTTP/1.1 and HTTP/1.0 are spoken here.'),
  'target-refused': row(
    400,
    'value',
    'The request target has characters or path segments that are not accepted. Percent-encode the path, and leave out empty, "." and ".." segments.',
  ),
  'host-unknown': row(421, 'value', 'The Host header does not name this gateway.'),
  'header-duplicate': row(400, 'structure', 'A header that may stand once stands twice.'),
  'header-limit': row(431, 'too-long', 'The request has too many or too large headers.'),
  'header-refused': row(400, 'structure', 'A request header is not accepted here.'),
  'expectation-unknown': row(417, 'not-supported', 'Only Expect: 100-continue is supported.'),
  'upgrade-refused': row(400, 'not-supported', 'Protocol upgrades are not supported.'),
  'method-unknown': row(405, 'not-supported', 'The method is not supported.'),
  'body-not-allowed': row(400, 'structure', 'A request with this method must not have a body.'),
  'body-too-large': row(413, 'too-long', 'The request body is larger than this gateway accepts.'),
  'body-incomplete': row(400, 'incomplete', 'The request body ended early.'),
  'body-encoding-unknown': row(
    415,
    'not-supported',
    'Request bodies are accepted without a Content-Encoding only.',
  ),
  'request-timeout': row(408, 'timeout', 'The request did not arrive in time.'),
  'connection-closed': row(
    400,
    'transient',
    'The connection ended before the request had its turn; it was not forwarded.',
  ),
  'not-found': row(404, 'not-found', 'There is no FHIR endpoint at this path.'),
  'not-acceptable': row(
    406,
    'not-supported',
    'Only FHIR JSON is served here: ask for application/fhir+json.',
  ),
  'unsupported-media-type': row(
    415,
    'not-supported',
    'The media type of the request body is not supported: send application/fhir+json.',
  ),
  'preflight-refused': row(
    403,
    'forbidden',
    'This origin is not among the allowed origins of the gateway.',
  ),
  overloaded: row(503, 'throttled', 'The gateway is busy. Try again shortly.', 1),
  'ledger-unavailable': row(
    503,
    'transient',
    'The access cannot be recorded at this moment, so nothing is released. Try again later.',
    5,
  ),
  'shutting-down': row(503, 'transient', 'The gateway is about to stop. Try again.', 1),
  'too-costly': row(
    502,
    'too-costly',
    'The answer is larger than this gateway may hold. Ask for less at a time, for example with _count.',
  ),
  'answer-cut-short': row(502, 'incomplete', 'The answer of the FHIR server ended early.'),
  'answer-framing': row(502, 'structure', 'The answer of the FHIR server is not valid HTTP.'),
  'answer-encoding': row(
    502,
    'not-supported',
    'The content coding of the answer of the FHIR server cannot be inspected.',
  ),
  'answer-redirect': row(
    502,
    'not-supported',
    'The FHIR server answered with a redirect to another server, where the access would not be recorded.',
  ),
  'answer-uninspectable': row(
    502,
    'not-supported',
    'The answer of the FHIR server is not FHIR JSON and cannot be inspected, so it is not released.',
  ),
  'form-expected': row(
    415,
    'not-supported',
    'Send the authorization request as application/x-www-form-urlencoded, or as a query.',
  ),
  'authorization-endpoint-unknown': row(
    502,
    'not-found',
    'The FHIR server names no authorization endpoint that could be used. Set smart.discovery.authorizationEndpoint.',
  ),
  'authorization-endpoint-unavailable': row(
    503,
    'transient',
    'The FHIR server cannot be asked for its authorization endpoint at this moment. Try again.',
    2,
  ),
  'launch-refused': row(
    400,
    'value',
    'A launch needs one iss that is the FHIR base URL of the EHR behind this gateway, and one launch.',
  ),
  'launch-unknown': row(404, 'not-found', 'No app of this name is configured in smart.launches.'),
  connect: row(502, 'transient', 'The FHIR server cannot be reached.'),
  'connect-timeout': row(502, 'timeout', 'The FHIR server cannot be reached in time.'),
  reset: row(502, 'transient', 'The FHIR server closed the connection before it answered.'),
  protocol: row(502, 'structure', 'The FHIR server gave an answer that is not valid HTTP.'),
  'timed-out': row(504, 'timeout', 'The FHIR server did not answer in time.'),
  failed: row(500, 'exception', 'The gateway failed. The failure is recorded.'),
};

/** The OperationOutcome of a fault, as JSON text. */
export function outcomeText(fault: Fault): string {
  return JSON.stringify({
    resourceType: 'OperationOutcome',
    issue: [{ severity: 'error', code: fault.issue, diagnostics: fault.text }],
  });
}

/** The table as Markdown, for `docs/errors.md`. */
export function faultsMarkdown(): string {
  const rows = Object.entries(faults).map(
    ([reason, fault]) =>
      `| \`${reason}\` | ${String(fault.status)} | \`${fault.issue}\` | ${fault.text} |`,
  );
  return [
    '| reason in the record | status | issue code | diagnostics |',
    '| --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}
