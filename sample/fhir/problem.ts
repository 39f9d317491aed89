/**
 * What the FHIR server says when it does not do what was asked: an OperationOutcome that
 * @medplum/core knows the status of, thrown, and caught where an answer is made of it.
 */
import {
  badRequest,
  conflict,
  forbidden,
  gone,
  multipleMatches,
  notFound,
  OperationOutcomeError,
  preconditionFailed,
  unsupportedMediaType,
} from '@medplum/core';
import type { OperationOutcome } from '@medplum/fhirtypes';

/** Why a request is refused; each has its HTTP status. */
export type ProblemKind =
  | 'bad-request'
  | 'forbidden'
  | 'not-found'
  | 'gone'
  | 'conflict'
  | 'precondition-failed'
  | 'multiple-matches'
  | 'not-acceptable'
  | 'unsupported-media-type';

const outcomes: Readonly<Record<ProblemKind, OperationOutcome>> = {
  'bad-request': badRequest(''),
  forbidden,
  'not-found': notFound,
  gone,
  conflict: conflict(''),
  'precondition-failed': preconditionFailed,
  'multiple-matches': multipleMatches,
  'not-acceptable': { ...unsupportedMediaType, id: 'not-acceptable' },
  'unsupported-media-type': unsupportedMediaType,
};

/** An error with an OperationOutcome. @param text One sentence for the client; holds no secret. */
export function problem(kind: ProblemKind, text: string): OperationOutcomeError {
  const outcome = outcomes[kind];
  const code = kind === 'bad-request' ? 'processing' : (outcome.issue[0]?.code ?? 'processing');
  const issue = [{ severity: 'error' as const, code, diagnostics: text }];
  return new OperationOutcomeError({ ...outcome, issue });
}
