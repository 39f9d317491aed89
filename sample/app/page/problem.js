// @ts-check
/**
 * Turns whatever went wrong into one sentence for a person. An OperationOutcome says it best; the
 * message of the library does not, since it holds addresses and JSON.
 */

const byStatus = new Map([
  [401, 'The session has ended. Sign in again.'],
  [403, 'You are not allowed to see or do this.'],
  [404, 'There is no such entry in the chart.'],
  [410, 'The entry was deleted.'],
  [502, 'The record system could not be reached.'],
  [503, 'The record system cannot take requests at the moment. Try again shortly.'],
  [504, 'The record system took too long to answer.'],
]);

/**
 * The reasons in an OperationOutcome.
 *
 * @param {unknown} outcome Parsed JSON, untrusted.
 * @returns {string | undefined} Undefined when it is none, or says nothing.
 */
export function outcomeText(outcome) {
  if (typeof outcome !== 'object' || outcome === null) return undefined;
  if (Reflect.get(outcome, 'resourceType') !== 'OperationOutcome') return undefined;
  const issues = Reflect.get(outcome, 'issue');
  if (!Array.isArray(issues)) return undefined;
  const texts = issues
    .map((issue) => issue?.details?.text ?? issue?.diagnostics)
    .filter((text) => typeof text === 'string' && text.trim() !== '')
    .map((text) => text.trim().slice(0, 300));
  return texts.length === 0 ? undefined : texts.join(' ');
}

/**
 * @param {unknown} error What a call of the library rejected with: its message ends in the body.
 * @returns {string}
 */
export function problemText(error) {
  const message = error instanceof Error ? error.message : '';
  const status = error instanceof Error ? Reflect.get(error, 'status') : undefined;
  const start = message.indexOf('\n\n{');
  if (start >= 0) {
    try {
      const said = outcomeText(JSON.parse(message.slice(start)));
      if (said !== undefined) return status === 403 ? `Not allowed: ${said}` : said;
    } catch {
      // The library cut or changed the body: the status still says something.
    }
  }
  if (typeof status === 'number') {
    return byStatus.get(status) ?? `The record system answered with an error (${String(status)}).`;
  }
  if (error instanceof TypeError) return 'The record system could not be reached.';
  const first = message.split('\n')[0]?.slice(0, 300) ?? '';
  return first === '' ? 'Something went wrong.' : first;
}
