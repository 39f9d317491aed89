// @ts-check
/**
 * Between the fields of the form and the text of a FHIR search, which is what the page's address
 * holds after `#`. Pure.
 */

/**
 * The form's fields. `from` and `to` as `2026-11-25T10:00`, UTC; `extra` is search text.
 *
 * @typedef {{ patient: string, user: string, session: string, outcome: string, from: string,
 *   to: string, extra: string }} Fields
 */

/** @type {Readonly<Fields>} */
const emptyFields = {
  patient: '',
  user: '',
  session: '',
  outcome: '',
  from: '',
  to: '',
  extra: '',
};

const reference = /^(?:[A-Za-z]+\/|https?:\/\/\S+\/[A-Za-z]+\/)[^/|\s]+$/u;

/**
 * The search that the fields ask for.
 *
 * @param {Fields} fields
 * @returns {string} Encoded, without `#` or `?`; empty for everything.
 */
export function searchOf(fields) {
  const search = new URLSearchParams();
  const user = fields.user.trim();
  add(search, 'patient', fields.patient);
  add(search, reference.test(user) ? 'agent' : 'agent.identifier', user);
  add(search, 'session', fields.session);
  add(search, 'outcome', fields.outcome);
  add(search, 'date', fields.from === '' ? '' : `ge${fields.from.slice(0, 16)}:00Z`);
  add(search, 'date', fields.to === '' ? '' : `le${fields.to.slice(0, 16)}:59Z`);
  const extra = fields.extra.trim().replace(/^[?#&]+/u, '');
  return [readable(search), readable(new URLSearchParams(extra))]
    .filter((part) => part !== '')
    .join('&');
}

/**
 * The fields that show a search; what no field can show stands in `extra`.
 *
 * @param {string} text Encoded. Untrusted: it comes from the address.
 * @returns {Fields}
 */
export function fieldsOf(text) {
  const fields = { ...emptyFields };
  const extra = new URLSearchParams();
  for (const [name, value] of new URLSearchParams(text)) {
    const shown = fieldFor(name, value);
    if (shown !== undefined && fields[shown.field] === '') fields[shown.field] = shown.value;
    else extra.append(name, value);
  }
  return { ...fields, extra: readable(extra) };
}

/**
 * A search for one value alone.
 *
 * @param {{ parameter: string, value: string }} find
 */
export function searchFor(find) {
  return readable(new URLSearchParams([[find.parameter, find.value]]));
}

/**
 * The search, with a total unless it says something of totals itself.
 *
 * @param {string} text
 */
export function withTotal(text) {
  if (new URLSearchParams(text).has('_total')) return text;
  return `${text === '' ? '' : `${text}&`}_total=accurate`;
}

/**
 * The conditions of a search for people, each with the search that is left without it.
 *
 * @param {string} text
 * @returns {readonly { text: string, without: string }[]}
 */
export function conditionsOf(text) {
  const pairs = [...new URLSearchParams(text)];
  return pairs.map(([name, value], i) => ({
    text: `${labels[name] ?? name}: ${conditionWords(name, value)}`,
    without: readable(new URLSearchParams(pairs.filter((_, k) => k !== i))),
  }));
}

/** @type {Readonly<Record<string, string>>} */
const labels = {
  patient: 'Patient',
  agent: 'User',
  'agent.identifier': 'User or app',
  session: 'Session',
  outcome: 'Outcome',
  date: 'When',
  entity: 'Resource',
  'entity.identifier': 'Request',
};

/** @type {Readonly<Record<string, string>>} */
const outcomes = {
  0: 'allowed',
  4: 'in part',
  8: 'refused',
  12: 'failed',
  '4,8,12': 'all but allowed',
};

/**
 * @param {string} name
 * @param {string} value
 * @returns {string}
 */
function conditionWords(name, value) {
  if (name === 'outcome') return outcomes[value] ?? value;
  const [, prefix, date] = /^(ge|le)([\dT:-]{10,16})(?::\d\dZ)?$/u.exec(value) ?? [];
  if (name !== 'date' || date === undefined) return value;
  return `${prefix === 'ge' ? 'from' : 'to'} ${date.replace('T', ' ')} UTC`;
}

/**
 * @param {string} name
 * @param {string} value
 * @returns {{ field: keyof Fields, value: string } | undefined}
 */
function fieldFor(name, value) {
  if (name === 'patient' || name === 'session') return { field: name, value };
  if (name === 'agent' && reference.test(value)) return { field: 'user', value };
  if (name === 'agent.identifier' && !reference.test(value)) return { field: 'user', value };
  if (name === 'outcome' && Object.hasOwn(outcomes, value)) return { field: 'outcome', value };
  if (name !== 'date') return undefined;
  const from = /^ge(\d{4}-\d\d-\d\dT\d\d:\d\d):00Z$/u.exec(value)?.[1];
  if (from !== undefined) return { field: 'from', value: from };
  const to = /^le(\d{4}-\d\d-\d\dT\d\d:\d\d):59Z$/u.exec(value)?.[1];
  return to === undefined ? undefined : { field: 'to', value: to };
}

/**
 * @param {URLSearchParams} search
 * @param {string} name
 * @param {string} value
 */
function add(search, name, value) {
  if (value.trim() !== '') search.append(name, value.trim());
}

/**
 * Encoded text in which what people read stays as it is: `patient=Patient/zoe`.
 *
 * @param {URLSearchParams} search
 */
function readable(search) {
  return search.toString().replaceAll('%2F', '/').replaceAll('%3A', ':').replaceAll('%2C', ',');
}
