// @ts-check
/** The patient banner: who this is, before anything else is read. */
import { h } from './dom.js';
import { ageText, dateText, marksOf, mrnOf, nameOf } from './patient.js';

/**
 * @param {HTMLElement} place
 * @param {import('./patient.js').Resource} patient
 * @param {Date} now
 */
export function showBanner(place, patient, now) {
  const born = typeof patient['birthDate'] === 'string' ? patient['birthDate'] : undefined;
  const diedAt = patient['deceasedDateTime'];
  const age =
    born === undefined
      ? undefined
      : ageText(born, typeof diedAt === 'string' ? new Date(diedAt) : now);
  const facts = h('dl', { class: 'facts' });
  const fact = (/** @type {string} */ name, /** @type {string | undefined} */ value) => {
    if (value !== undefined) facts.append(h('div', {}, h('dt', {}, name), h('dd', {}, value)));
  };
  fact('Born', born === undefined ? undefined : dateText(born));
  fact(typeof diedAt === 'string' ? 'Age at death' : 'Age', age);
  fact('Sex', typeof patient['gender'] === 'string' ? patient['gender'] : undefined);
  fact('MRN', mrnOf(patient));
  const marks = marksOf(patient).map((mark) =>
    h('span', { class: `badge ${mark.kind}` }, mark.text),
  );
  place.replaceChildren(
    h('h1', { id: 'patient-name', tabindex: -1 }, nameOf(patient)),
    ...marks,
    facts,
  );
  place.hidden = false;
}
