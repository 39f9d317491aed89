// @ts-check
/** What the banner says of a patient: pure functions over a FHIR Patient. */

/** @typedef {{ readonly [key: string]: any }} Resource Parsed FHIR JSON, untrusted. */
/** @typedef {{ readonly kind: 'deceased' | 'vip' | 'restricted', readonly text: string }} Mark */

const mrnSystem = 'https://sample-ehr.example.org/mrn';

/**
 * Age in words at an instant: weeks for infants, months for small children, else years.
 *
 * @param {string} birthDate `YYYY`, `YYYY-MM` or `YYYY-MM-DD`.
 * @param {Date} at
 * @returns {string | undefined} Undefined for what is not a date, or lies after `at`.
 */
export function ageText(birthDate, at) {
  const parts = /^(\d{4})(?:-(\d\d)(?:-(\d\d))?)?/.exec(birthDate);
  if (parts === null) return undefined;
  const [, year = '', month = '01', day = '01'] = parts;
  const born = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  if (Number.isNaN(born.getTime()) || born > at) return undefined;
  const months =
    (at.getUTCFullYear() - born.getUTCFullYear()) * 12 +
    (at.getUTCMonth() - born.getUTCMonth()) -
    (at.getUTCDate() < born.getUTCDate() ? 1 : 0);
  if (months < 3) {
    return counted(Math.floor((at.getTime() - born.getTime()) / (7 * 86_400_000)), 'week');
  }
  return months < 24 ? counted(months, 'month') : counted(Math.floor(months / 12), 'year');
}

/** @param {number} count @param {string} unit */
function counted(count, unit) {
  return `${String(count)} ${unit}${count === 1 ? '' : 's'}`;
}

/**
 * @param {Resource} patient
 * @returns {string}
 */
export function nameOf(patient) {
  const names = Array.isArray(patient['name']) ? patient['name'] : [];
  const name = names.find((one) => one?.use === 'official') ?? names[0] ?? {};
  const parts = [...(name.prefix ?? []), ...(name.given ?? []), name.family ?? ''];
  const joined = parts.join(' ').trim();
  return joined === '' ? (name.text ?? 'Unnamed patient') : joined;
}

/**
 * @param {Resource} patient
 * @returns {string | undefined}
 */
export function mrnOf(patient) {
  const identifiers = Array.isArray(patient['identifier']) ? patient['identifier'] : [];
  return identifiers.find((one) => one?.system === mrnSystem)?.value;
}

/**
 * What a clinician must notice before reading on.
 *
 * @param {Resource} patient
 * @returns {readonly Mark[]}
 */
export function marksOf(patient) {
  /** @type {Mark[]} */
  const marks = [];
  const diedAt = patient['deceasedDateTime'];
  if (typeof diedAt === 'string')
    marks.push({ kind: 'deceased', text: `Died ${dateText(diedAt)}` });
  else if (patient['deceasedBoolean'] === true) marks.push({ kind: 'deceased', text: 'Deceased' });
  const labels = (patient['meta']?.security ?? []).map((/** @type {any} */ one) => one?.code);
  if (labels.includes('CEL') || labels.includes('VIP')) marks.push({ kind: 'vip', text: 'VIP' });
  if (labels.includes('R') || labels.includes('V')) {
    marks.push({ kind: 'restricted', text: 'Restricted record' });
  }
  return marks;
}

const day = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  timeZone: 'UTC',
});

/**
 * A FHIR date or instant as `9 Mar 1984`; partial dates as they are.
 *
 * @param {string} value
 * @returns {string}
 */
export function dateText(value) {
  const at = new Date(value);
  return value.length < 10 || Number.isNaN(at.getTime()) ? value : day.format(at);
}
