/**
 * The one table of what the review face itself answers: status, issue code of the
 * OperationOutcome, and a constant sentence.
 *
 * Spec: FHIR R4 OperationOutcome, value set issue-type; RFC 9110 section 15.
 */

/** Everything that the review face refuses or fails with. */
export type ReviewFault =
  | 'target-refused'
  | 'header-duplicate'
  | 'host-unknown'
  | 'credential-missing'
  | 'credential-unknown'
  | 'role-insufficient'
  | 'path-unknown'
  | 'event-unknown'
  | 'method-not-allowed'
  | 'not-acceptable'
  | 'search-refused'
  | 'search-too-broad'
  | 'body-too-large'
  | 'body-unsupported'
  | 'body-malformed'
  | 'search-unavailable'
  | 'ledger-unavailable'
  | 'failed';

/** One row of the table. */
export interface FaultRow {
  readonly status: number;
  /** Code of http://hl7.org/fhir/issue-type. */
  readonly issue: string;
  readonly text: string;
}

const row = (status: number, issue: string, text: string): FaultRow => ({ status, issue, text });

/** Status, issue code and sentence of each fault of the review face. */
export const reviewFaults: Readonly<Record<ReviewFault, FaultRow>> = {
  'target-refused': row(400, 'value', 'The request target is not accepted.'),
  'header-duplicate': row(400, 'structure', 'A header that may stand once stands twice.'),
  'host-unknown': row(421, 'value', 'The Host header does not name this review service.'),
  'credential-missing': row(401, 'login', 'Send Authorization: Bearer with a reader token.'),
  'credential-unknown': row(401, 'unknown', 'The credential belongs to no reader.'),
  'role-insufficient': row(403, 'forbidden', 'The role of this reader sees no events.'),
  'path-unknown': row(404, 'not-found', 'There is nothing at this path.'),
  'event-unknown': row(404, 'not-found', 'There is no AuditEvent with this id.'),
  'method-not-allowed': row(405, 'not-supported', 'The method is not supported on this path.'),
  'not-acceptable': row(406, 'not-supported', 'Only application/fhir+json is available.'),
  'search-refused': row(400, 'not-supported', 'The search has parameters that are not accepted.'),
  'search-too-broad': row(
    400,
    'too-costly',
    'A text in the search fits too many different values of the record. Give more of it.',
  ),
  'body-too-large': row(413, 'too-long', 'The request body is too large.'),
  'body-unsupported': row(415, 'not-supported', 'Send application/x-www-form-urlencoded.'),
  'body-malformed': row(400, 'structure', 'The request body could not be read.'),
  'search-unavailable': row(503, 'transient', 'The search cannot answer now. Try again shortly.'),
  'ledger-unavailable': row(
    503,
    'transient',
    'The access cannot be recorded at this moment, so nothing is released. Try again later.',
  ),
  failed: row(500, 'exception', 'The review service failed.'),
};
