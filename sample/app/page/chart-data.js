// @ts-check
/** What the app reads of the chart, through the library. All pages of a search, by its `next` links. */
import { withinServer } from './documents.js';

/** @typedef {import('./session.js').Client} Client */
/** @typedef {import('./patient.js').Resource} Resource */

/**
 * @param {Client} client
 * @param {string} query A type with its search parameters.
 * @param {(count: number, pages: number) => void} [onPage] Told how much has come so far.
 * @returns {Promise<readonly Resource[]>}
 */
export async function readAll(client, query, onPage) {
  /** @type {Resource[]} */
  const found = [];
  let pages = 0;
  await client.request(query, {
    pageLimit: 0,
    flat: true,
    onPage: (/** @type {readonly Resource[]} */ page) => {
      found.push(...page);
      pages += 1;
      onPage?.(found.length, pages);
    },
  });
  return found;
}

/**
 * Opens an attachment.
 *
 * @param {Client} client
 * @param {Resource} attachment
 * @returns {Promise<import('./documents.js').Opened>}
 */
export async function openAttachment(client, attachment) {
  const url = withinServer(String(attachment['url'] ?? ''), client.state.serverUrl);
  if (url === undefined)
    throw new Error('The document is kept elsewhere and cannot be opened here.');
  const binary = await client.request({ url, headers: { accept: 'application/fhir+json' } });
  const type = String(binary.contentType ?? attachment['contentType'] ?? '');
  const bytes = Uint8Array.from(atob(String(binary.data ?? '')), (one) => one.codePointAt(0) ?? 0);
  if (type.startsWith('text/plain')) return { kind: 'text', text: new TextDecoder().decode(bytes) };
  // Whatever it claims to be, the browser must save it, not run it in this origin.
  return { kind: 'file', blob: new Blob([bytes], { type: 'application/octet-stream' }) };
}
