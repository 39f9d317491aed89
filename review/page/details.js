// @ts-check
/**
 * One event in full: what it says for people, and its exact bytes. Opening it is a read of its own,
 * and recorded as one.
 */
import { textOf } from './api.js';
import { byId, element } from './dom.js';
import { factsOf } from './event-facts.js';
import { findLink, outcomeBadge, sentenceNodes } from './rows.js';

/**
 * @param {(path: string) => Promise<import('./api.js').Answer>} call
 */
export function setUpDetails(call) {
  const dialog = byId('details', HTMLDialogElement);
  const body = byId('details-body', HTMLElement);
  let url = '';
  let round = 0;

  byId('details-close', HTMLButtonElement).addEventListener('click', close);
  dialog.addEventListener('close', () => {
    round += 1;
    body.replaceChildren();
    URL.revokeObjectURL(url);
  });
  // A link in the dialog leads to another search, which is behind it.
  body.addEventListener('click', ({ target }) => {
    if (target instanceof HTMLAnchorElement && target.hash !== '') close();
  });

  return { open, close };

  function close() {
    dialog.close();
  }

  /** @param {import('./rows.js').ToldEvent} event */
  async function open(event) {
    const mine = ++round;
    body.replaceChildren(element('p', { role: 'status' }, 'Loading …'));
    dialog.showModal();
    const answer = await call(event.read);
    if (mine !== round) return;
    if (answer.kind === 'refused') {
      body.replaceChildren(element('p', { class: 'problem', role: 'alert' }, answer.text));
      return;
    }
    url = URL.createObjectURL(new Blob([answer.bytes], { type: 'application/fhir+json' }));
    body.replaceChildren(...contents(event, textOf(answer.bytes), url));
  }
}

/**
 * @param {import('./rows.js').ToldEvent} event
 * @param {string} exact
 * @param {string} url Of the exact bytes.
 * @returns {HTMLElement[]}
 */
function contents(event, exact, url) {
  const parsed = parse(exact);
  const facts = factsOf(parsed).flatMap(({ term, text }) => [
    element('dt', {}, term),
    element('dd', {}, text),
  ]);
  return [
    element('p', { class: 'sentence' }, ...sentenceNodes(event)),
    element('p', {}, outcomeBadge(event.outcome), ...furtherLinks(event)),
    element('dl', {}, ...facts),
    element('h3', {}, 'The record as it is kept'),
    element(
      'p',
      { class: 'hint' },
      'Indented for reading. Copy and Download give the exact bytes that were committed.',
    ),
    actions(event.id, exact, url),
    // Focusable, so that the keyboard can scroll it.
    element(
      'pre',
      { tabindex: '0', 'aria-label': 'AuditEvent as JSON' },
      parsed === undefined ? exact : JSON.stringify(parsed, undefined, 2),
    ),
  ];
}

/** @param {import('./rows.js').ToldEvent} event */
function furtherLinks(event) {
  const links = [];
  if (event.session !== undefined) {
    links.push(' ', findLink(event.session, 'Events of this session', 'The whole session'));
  }
  if (event.request !== undefined) {
    links.push(' ', findLink(event.request, 'Events of this request', 'The whole request'));
  }
  return links;
}

/**
 * @param {string} id
 * @param {string} exact
 * @param {string} url
 */
function actions(id, exact, url) {
  const said = element('span', { role: 'status' });
  const copy = element('button', { type: 'button' }, 'Copy');
  copy.addEventListener('click', () => {
    // Only there where the page came over TLS or from this very machine.
    const copying = navigator.clipboard?.writeText(exact) ?? Promise.reject(new Error());
    copying.then(
      () => said.replaceChildren('Copied.'),
      () => said.replaceChildren('This browser does not let the page copy: use Download.'),
    );
  });
  const download = element('a', { href: url, download: `AuditEvent-${id}.json` }, 'Download');
  return element('p', { class: 'actions' }, copy, download, said);
}

/**
 * @param {string} exact
 * @returns {unknown} Undefined when it is not JSON.
 */
function parse(exact) {
  try {
    return JSON.parse(exact);
  } catch {
    return undefined;
  }
}
