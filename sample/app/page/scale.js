// @ts-check
/** Scales and tick marks of the chart. Pure arithmetic. */

/**
 * @typedef {object} Scale
 * @property {(value: number) => number} place From a value to a position on the drawing.
 * @property {number} least
 * @property {number} most
 */

/**
 * A linear scale. Positions may run backwards, as those of a vertical axis do.
 *
 * @param {number} least
 * @param {number} most Equal to `least`: everything stands in the middle.
 * @param {number} from Position of `least`.
 * @param {number} to Position of `most`.
 * @returns {Scale}
 */
export function linear(least, most, from, to) {
  const span = most - least;
  return {
    least,
    most,
    place: (value) =>
      span === 0 ? (from + to) / 2 : from + ((value - least) / span) * (to - from),
  };
}

/**
 * Round bounds around values, with some room.
 *
 * @param {readonly number[]} values
 * @param {number} step
 * @returns {readonly [least: number, most: number]}
 */
export function bounds(values, step) {
  if (values.length === 0) return [0, step];
  const least = Math.floor((Math.min(...values) - step / 4) / step) * step;
  const most = Math.ceil((Math.max(...values) + step / 4) / step) * step;
  return [least, most];
}

/**
 * Multiples of a step from `least` to `most`.
 *
 * @param {number} least
 * @param {number} most
 * @param {number} step
 * @returns {readonly number[]}
 */
export function ticks(least, most, step) {
  const first = Math.ceil(least / step) * step;
  const count = Math.max(0, Math.floor((most - first) / step) + 1);
  return Array.from({ length: count }, (_, index) => first + index * step);
}

const monthSteps = [1, 2, 3, 6, 12, 24, 60, 120];

/**
 * Starts of months (UTC) between two instants, as many as fit.
 *
 * @param {Date} from
 * @param {Date} to
 * @param {number} most At most this many.
 * @returns {readonly Date[]}
 */
export function monthTicks(from, to, most) {
  const first = from.getUTCFullYear() * 12 + from.getUTCMonth();
  const last = to.getUTCFullYear() * 12 + to.getUTCMonth();
  const step = monthSteps.find((months) => (last - first) / months < most) ?? 240;
  const start = Math.ceil(first / step) * step;
  /** @type {Date[]} */
  const found = [];
  for (let month = start; month <= last; month += step) {
    const at = new Date(Date.UTC(Math.floor(month / 12), month % 12, 1));
    if (at >= from && at <= to) found.push(at);
  }
  return found;
}
