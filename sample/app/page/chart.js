// @ts-check
/**
 * The vital signs over time, drawn as SVG. Lines differ in marker and dash as well as in colour. The
 * drawing is one image with a description; the table below it holds every value.
 */
import { svg } from './dom.js';
import { dateText } from './patient.js';
import { bounds, linear, monthTicks, ticks } from './scale.js';
import { pointsOf } from './vitals.js';

/** @typedef {import('./vitals.js').Reading} Reading */
/** @typedef {import('./vitals.js').SeriesName} SeriesName */

/** The lines of the chart, in the order of the legend. */
export const series = /** @type {const} */ ([
  { name: 'systolic', label: 'Systolic', unit: 'mmHg' },
  { name: 'diastolic', label: 'Diastolic', unit: 'mmHg' },
  { name: 'heartRate', label: 'Heart rate', unit: '/min' },
]);

const width = 760;
const height = 300;
const inset = { left: 44, right: 16, top: 16, bottom: 34 };
const limits = [140, 90];

const month = new Intl.DateTimeFormat('en-GB', {
  month: 'short',
  year: 'numeric',
  timeZone: 'UTC',
});

/**
 * @param {SeriesName} name
 * @param {number} x
 * @param {number} y
 * @returns {SVGElement}
 */
export function marker(name, x, y) {
  const at = `${x.toFixed(1)} ${y.toFixed(1)}`;
  switch (name) {
    case 'systolic':
      return svg('circle', { cx: x.toFixed(1), cy: y.toFixed(1), r: 4, class: `mark ${name}` });
    case 'diastolic':
      return svg('path', { d: `M${at}m-4 -4h8v8h-8z`, class: `mark ${name}` });
    default:
      return svg('path', { d: `M${at}m0 -5l5 9h-10z`, class: `mark ${name}` });
  }
}

/**
 * @param {readonly Reading[]} readings Oldest first; at least one.
 * @returns {SVGSVGElement}
 */
export function drawChart(readings) {
  const first = readings[0]?.at ?? new Date(0);
  const last = readings.at(-1)?.at ?? first;
  const lines = series.map((one) => ({ ...one, points: pointsOf(readings, one.name) }));
  const values = lines.flatMap((line) => line.points.map((point) => point.value));
  const [least, most] = bounds(values, 20);
  const x = linear(first.getTime(), last.getTime(), inset.left, width - inset.right);
  const y = linear(least, most, height - inset.bottom, inset.top);
  const drawing = svg(
    'svg',
    {
      viewBox: `0 0 ${String(width)} ${String(height)}`,
      role: 'img',
      'aria-labelledby': 'chart-title chart-text',
      class: 'chart',
    },
    svg('title', { id: 'chart-title' }, 'Blood pressure and heart rate over time'),
    svg('desc', { id: 'chart-text' }, describe(readings, lines)),
  );
  drawing.append(...grid(x, y, first, last));
  for (const line of lines) {
    const places = line.points.map((point) => [x.place(point.at.getTime()), y.place(point.value)]);
    const path = places.map(([px = 0, py = 0]) => `${px.toFixed(1)},${py.toFixed(1)}`).join(' ');
    drawing.append(svg('polyline', { points: path, class: `line ${line.name}` }));
    line.points.forEach((point, index) => {
      const [px = 0, py = 0] = places[index] ?? [];
      const mark = marker(line.name, px, py);
      const text = `${line.label} ${String(point.value)} ${line.unit}, ${dateText(point.at.toISOString())}`;
      mark.append(svg('title', {}, text));
      drawing.append(mark);
    });
  }
  return drawing;
}

/**
 * @param {import('./scale.js').Scale} x
 * @param {import('./scale.js').Scale} y
 * @param {Date} first
 * @param {Date} last
 * @returns {readonly SVGElement[]}
 */
function grid(x, y, first, last) {
  /** @type {SVGElement[]} */
  const drawn = [];
  for (const value of ticks(y.least, y.most, 20)) {
    const at = y.place(value).toFixed(1);
    drawn.push(
      svg('line', { x1: inset.left, x2: width - inset.right, y1: at, y2: at, class: 'grid' }),
      svg('text', { x: inset.left - 8, y: at, class: 'tick value' }, String(value)),
    );
  }
  for (const value of limits) {
    if (value <= y.least || value >= y.most) continue;
    const at = y.place(value).toFixed(1);
    drawn.push(
      svg('line', { x1: inset.left, x2: width - inset.right, y1: at, y2: at, class: 'limit' }),
    );
  }
  for (const at of monthTicks(first, last, 8)) {
    const place = x.place(at.getTime()).toFixed(1);
    const foot = height - inset.bottom;
    drawn.push(
      svg('line', { x1: place, x2: place, y1: foot, y2: foot + 5, class: 'grid' }),
      svg('text', { x: place, y: foot + 20, class: 'tick time' }, month.format(at)),
    );
  }
  return drawn;
}

/**
 * @param {readonly Reading[]} readings
 * @param {readonly { readonly label: string, readonly unit: string, readonly points: readonly import('./vitals.js').Point[] }[]} lines
 */
function describe(readings, lines) {
  const last = lines.flatMap((line) => {
    const point = line.points.at(-1);
    return point === undefined
      ? []
      : [`${line.label.toLowerCase()} last ${String(point.value)} ${line.unit}`];
  });
  const from = dateText(readings[0]?.at.toISOString() ?? '');
  const to = dateText(readings.at(-1)?.at.toISOString() ?? '');
  const count = `${String(readings.length)} readings from ${from} to ${to}`;
  return `${[count, ...last].join('; ')}. All values are in the table below.`;
}
