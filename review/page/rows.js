// @ts-check
/** Events as rows of the table: one sentence each, whose parts lead to further searches. */
import { element, spoken } from './dom.js';
import { searchFor } from './search-text.js';
import { instantText, outcomeShown } from './words.js';

/**
 * @typedef {{ parameter: string, value: string }} Find
 * @typedef {{ kind: string, text: string, find?: Find }} Phrase
 * @typedef {{ id: string, read: string, at: string, outcome?: string, phrases: readonly Phrase[],
 *   session?: Find, request?: Find }} ToldEvent
 */

/** @type {Readonly<Record<string, string>>} */
const about = {
  user: 'All events of this user',
  app: 'All events of this app',
  thing: 'All events about this resource',
  patient: 'All events of this patient',
};

/**
 * @param {Find} find
 * @param {string} text
 * @param {string} title
 */
export function findLink(find, text, title) {
  return element('a', { href: `#${searchFor(find)}`, title }, text);
}

/**
 * @param {ToldEvent} event
 * @returns {(Node | string)[]}
 */
export function sentenceNodes(event) {
  return event.phrases.map(({ kind, text, find }) =>
    find === undefined ? text : findLink(find, text, about[kind] ?? 'Find events like this'),
  );
}

/** @param {unknown} code */
export function outcomeBadge(code) {
  const { name, sign, tone } = outcomeShown(code);
  const mark = element('span', { 'aria-hidden': 'true', class: 'sign' }, sign);
  return element('span', { class: `badge ${tone}` }, mark, name);
}

/**
 * @param {ToldEvent} event
 * @param {() => void} open Shows the event's details.
 */
export function eventRow(event, open) {
  const when = instantText(event.at);
  const details = element(
    'button',
    { type: 'button' },
    'Details',
    spoken(` of the event of ${when}`),
  );
  details.addEventListener('click', open);
  const more = [details];
  if (event.session !== undefined) {
    more.push(findLink(event.session, 'Session', 'All events of this session'));
  }
  if (event.request !== undefined) {
    more.push(findLink(event.request, 'Request', 'All events of this request'));
  }
  return element(
    'tr',
    { role: 'row' },
    element('td', { role: 'cell', class: 'when' }, element('time', { datetime: event.at }, when)),
    element('td', { role: 'cell', class: 'what' }, ...sentenceNodes(event)),
    element('td', { role: 'cell', class: 'outcome' }, outcomeBadge(event.outcome)),
    element('td', { role: 'cell', class: 'more' }, ...more),
  );
}
