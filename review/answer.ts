/** Answers of the review face as values: made by the handlers, written by `release.ts` alone. */
import { reviewFaults } from './faults.ts';
import type { ReviewFault } from './faults.ts';

/** An answer that waits for the record of its access. */
export interface ReviewAnswer {
  readonly status: number;
  /** Why it was refused, or that it was not. */
  readonly reason: ReviewFault | 'answered';
  /** Besides those that every answer has. */
  readonly headers: Readonly<Record<string, string>>;
  /** FHIR JSON unless `mediaType` says otherwise; whole. */
  readonly body: Uint8Array;
  /** Events in the body. */
  readonly eventCount: number;
  readonly mediaType?: string;
  /** What an integrity check found, in a sentence for the record. */
  readonly checked?: string;
}

/** One problem, as an issue of an OperationOutcome. */
export interface Issue {
  readonly code: string;
  readonly diagnostics: string;
  /** The search parameter at fault, for `expression`. */
  readonly expression?: string;
}

/** Answers with FHIR JSON that is at hand. */
export function answerWith(body: Uint8Array, eventCount: number): ReviewAnswer {
  return { status: 200, reason: 'answered', headers: {}, body, eventCount };
}

/**
 * Answers with the OperationOutcome of a fault.
 *
 * @param issues Instead of the constant sentence of the table.
 */
export function answerFault(
  fault: ReviewFault,
  headers: Readonly<Record<string, string>> = {},
  issues?: readonly Issue[],
): ReviewAnswer {
  const { status, issue, text } = reviewFaults[fault];
  const found: readonly Issue[] = issues ?? [{ code: issue, diagnostics: text }];
  const outcome = { resourceType: 'OperationOutcome', issue: issuesOf('error', found) };
  const body = Buffer.from(JSON.stringify(outcome));
  return { status, reason: fault, headers, body, eventCount: 0 };
}

/** Problems as the issues of an OperationOutcome. */
export function issuesOf(
  severity: 'error' | 'warning',
  issues: readonly Issue[],
): readonly Readonly<Record<string, unknown>>[] {
  return issues.map(({ code, diagnostics, expression }) => ({
    severity,
    code,
    diagnostics,
    ...(expression === undefined ? {} : { expression: [expression] }),
  }));
}
