// @ts-check
/** The events that a search found: a table that grows by its older pages. */
import { textOf } from './api.js';
import { byId, element, spoken } from './dom.js';
import { eventRow } from './rows.js';
import { conditionsOf, withTotal } from './search-text.js';
import { foundText } from './words.js';

/**
 * @param {(path: string) => Promise<import('./api.js').Answer>} call
 * @param {(event: import('./rows.js').ToldEvent) => void} open
 */
export function setUpResults(call, open) {
  const section = byId('results', HTMLElement);
  const title = byId('results-title', HTMLElement);
  const status = byId('results-status', HTMLElement);
  const problem = byId('results-problem', HTMLElement);
  const table = byId('events', HTMLTableElement);
  const rows = byId('rows', HTMLTableSectionElement);
  const older = byId('older', HTMLButtonElement);
  let round = 0;
  /** @type {string | undefined} */
  let next;
  let isOldestFirst = false;
  /** @type {number | undefined} */
  let total;

  older.addEventListener('click', () => void loadOlder());

  return { search, clear };

  function clear() {
    round += 1;
    next = undefined;
    total = undefined;
    rows.replaceChildren();
    status.replaceChildren();
    problem.replaceChildren();
    table.hidden = true;
    older.hidden = true;
    section.removeAttribute('aria-busy');
  }

  /**
   * Shows the first page of a search.
   *
   * @param {string} text
   * @param {boolean} toResults Move the focus to the results.
   */
  async function search(text, toResults) {
    clear();
    const conditions = conditionsOf(text);
    title.replaceChildren(...titleNodes(conditions));
    const said = conditions.map((one) => one.text).join(', ');
    document.title = `${said === '' ? 'Newest events' : said} – Chaperone review`;
    if (toResults) title.focus();
    isOldestFirst = new URLSearchParams(text).get('_sort') === 'date';
    older.replaceChildren(isOldestFirst ? 'Load newer' : 'Load older');
    await load(withTotal(text));
  }

  async function loadOlder() {
    if (next === undefined || section.getAttribute('aria-busy') === 'true') return;
    const before = rows.rows.length;
    await load(next);
    // The button may be gone, and the reader wants the first of the older ones.
    const first = rows.rows[before]?.querySelector('button');
    if (first instanceof HTMLButtonElement) first.focus();
  }

  /** @param {string} text */
  async function load(text) {
    const mine = ++round;
    section.setAttribute('aria-busy', 'true');
    status.replaceChildren('Searching …');
    problem.replaceChildren();
    const answer = await call(`page/events${text === '' ? '' : `?${text}`}`);
    if (mine !== round) return;
    section.removeAttribute('aria-busy');
    if (answer.kind === 'refused') {
      status.replaceChildren();
      problem.replaceChildren(answer.text);
      return;
    }
    /** @type {{ total?: number, next?: string, events: import('./rows.js').ToldEvent[] }} */
    const page = JSON.parse(textOf(answer.bytes));
    rows.append(...page.events.map((event) => eventRow(event, () => open(event))));
    next = page.next;
    const shown = rows.rows.length;
    table.hidden = shown === 0;
    older.hidden = next === undefined;
    if (page.total !== undefined) total = page.total;
    const isMore = next !== undefined;
    status.replaceChildren(foundText({ shown, total, isMore, isOldestFirst }));
  }
}

/** @param {readonly { text: string, without: string }[]} conditions */
function titleNodes(conditions) {
  if (conditions.length === 0) return ['Newest events'];
  return [
    'Events ',
    ...conditions.map(({ text, without }) =>
      element(
        'a',
        { href: `#${without}`, class: 'condition', title: 'Remove this condition' },
        text,
        element('span', { 'aria-hidden': 'true' }, ' ✕'),
        spoken(', remove this condition'),
      ),
    ),
  ];
}
