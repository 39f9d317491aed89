// @ts-check
/** The medications of the patient, active ones first. */
import { h } from './dom.js';
import { dateText } from './patient.js';

/** @typedef {import('./patient.js').Resource} Resource */

/** @param {Resource} request @returns {string} */
function medicationName(request) {
  const concept = request['medicationCodeableConcept'];
  return (
    concept?.text ??
    concept?.coding?.[0]?.display ??
    request['medicationReference']?.display ??
    'Unnamed medication'
  );
}

/** @param {Resource} request @returns {string} */
function instant(request) {
  return String(request['authoredOn'] ?? '');
}

/**
 * Active before ended, newest first.
 *
 * @param {readonly Resource[]} requests
 * @returns {readonly Resource[]}
 */
export function inReadingOrder(requests) {
  const isActive = (/** @type {Resource} */ one) => one['status'] === 'active';
  return requests.toSorted(
    (a, b) => Number(isActive(b)) - Number(isActive(a)) || instant(b).localeCompare(instant(a)),
  );
}

/**
 * @param {HTMLElement} place
 * @param {readonly Resource[]} requests
 */
export function showMedications(place, requests) {
  if (requests.length === 0) {
    place.replaceChildren(h('p', { class: 'quiet' }, 'No medications are recorded.'));
    return;
  }
  const list = h('ul', { class: 'entries' });
  for (const one of inReadingOrder(requests)) {
    const status = String(one['status'] ?? 'unknown');
    list.append(
      h(
        'li',
        { class: status === 'active' ? undefined : 'ended' },
        h('strong', {}, medicationName(one)),
        h('span', { class: 'state' }, status),
        h('span', { class: 'more' }, one['dosageInstruction']?.[0]?.text ?? ''),
        h('span', { class: 'more' }, `since ${dateText(instant(one))}`),
      ),
    );
  }
  place.replaceChildren(list);
}
