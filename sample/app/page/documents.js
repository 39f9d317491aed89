// @ts-check
/** The documents of the patient; one is opened by reading its Binary from the same server. */
import { h } from './dom.js';
import { dateText } from './patient.js';

/** @typedef {import('./patient.js').Resource} Resource */
/** @typedef {{ readonly kind: 'text', readonly text: string } | { readonly kind: 'file', readonly blob: Blob }} Opened */

/**
 * Where a document is, if the app may follow it: nowhere but at the FHIR server that it is signed in
 * to, since the access token goes with the request.
 *
 * @param {string} url Absolute, or relative to the base.
 * @param {string} base FHIR base URL of the session.
 * @returns {string | undefined}
 */
export function withinServer(url, base) {
  const root = `${base.replace(/\/+$/, '')}/`;
  if (!URL.canParse(url, root)) return undefined;
  const { href } = new URL(url, root);
  return href.startsWith(root) ? href : undefined;
}

/**
 * @param {HTMLElement} place
 * @param {readonly Resource[]} documents
 * @param {(attachment: Resource) => Promise<Opened>} open Rejects with a problem.
 * @param {(error: unknown) => string} problemText
 */
export function showDocuments(place, documents, open, problemText) {
  if (documents.length === 0) {
    place.replaceChildren(h('p', { class: 'quiet' }, 'No documents are recorded.'));
    return;
  }
  const list = h('ul', { class: 'entries' });
  for (const one of documents) {
    const attachment = one['content']?.[0]?.attachment;
    const title = one['description'] ?? one['type']?.text ?? attachment?.title ?? 'Document';
    const button = h('button', { type: 'button', class: 'plain' }, 'Open');
    button.setAttribute('aria-label', `Open ${title}, ${dateText(String(one['date'] ?? ''))}`);
    const content = h('div', { class: 'content', 'aria-live': 'polite' });
    button.addEventListener('click', () => {
      if (content.hasChildNodes()) {
        content.replaceChildren();
        button.textContent = 'Open';
        return;
      }
      button.disabled = true;
      void open(attachment ?? {})
        .then((opened) => {
          content.replaceChildren(shown(opened, title));
          button.textContent = 'Close';
        })
        .catch((error) => {
          content.replaceChildren(h('p', { class: 'problem' }, problemText(error)));
        })
        .finally(() => {
          button.disabled = false;
        });
    });
    list.append(
      h(
        'li',
        {},
        h('strong', {}, title),
        h('span', { class: 'more' }, dateText(String(one['date'] ?? ''))),
        h('span', { class: 'more' }, one['author']?.[0]?.display ?? ''),
        button,
        content,
      ),
    );
  }
  place.replaceChildren(list);
}

/** @param {Opened} opened @param {string} title @returns {HTMLElement} */
function shown(opened, title) {
  if (opened.kind === 'text') return h('pre', { tabindex: 0, 'aria-label': title }, opened.text);
  const href = URL.createObjectURL(opened.blob);
  return h('p', {}, h('a', { href, download: title }, `Save ${title}`));
}
