// @ts-check
/** Calls to the review face, with the reader's token in a header and nowhere else. */

/**
 * @typedef {{ kind: 'ok', bytes: ArrayBuffer }
 *   | { kind: 'refused', status: number, text: string }} Answer
 */

/**
 * Asks the service this page came from.
 *
 * @param {string} token
 * @param {string} path Relative to the page: `page/events?patient=x`.
 * @param {'GET' | 'POST'} [method]
 * @returns {Promise<Answer>} Never rejects; status 0 when there was no answer.
 */
export async function ask(token, path, method = 'GET') {
  try {
    const response = await fetch(new URL(path, document.baseURI), {
      method,
      headers: {
        Authorization: `Bearer ${token}`,
        Accept: 'application/fhir+json, application/json',
      },
      credentials: 'omit',
      cache: 'no-store',
      redirect: 'error',
    });
    const bytes = await response.arrayBuffer();
    if (response.ok) return { kind: 'ok', bytes };
    return { kind: 'refused', status: response.status, text: outcomeText(textOf(bytes)) };
  } catch {
    return { kind: 'refused', status: 0, text: 'The review service does not answer. Try again.' };
  }
}

/**
 * @param {ArrayBuffer} bytes UTF-8.
 * @returns {string}
 */
export function textOf(bytes) {
  return new TextDecoder().decode(bytes);
}

/**
 * What an OperationOutcome says, as sentences.
 *
 * @param {string} text The body of a refusal. Untrusted.
 * @returns {string}
 */
export function outcomeText(text) {
  try {
    /** @type {{ issue?: { diagnostics?: unknown }[] }} */
    const outcome = JSON.parse(text);
    const said = (outcome.issue ?? []).map((issue) => issue.diagnostics);
    const sentences = said.filter((one) => typeof one === 'string' && one !== '');
    if (sentences.length > 0) return sentences.join(' ');
  } catch {
    // Not from the service itself but from something before it.
  }
  return 'The review service could not answer.';
}
