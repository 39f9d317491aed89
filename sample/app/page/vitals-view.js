// @ts-check
/** The vital signs on the page: latest values, the chart for a range of time, every value in a table. */
import { drawChart, marker, series } from './chart.js';
import { h, svg } from './dom.js';
import { dateText } from './patient.js';

/** @typedef {import('./vitals.js').Reading} Reading */

const ranges = /** @type {const} */ ([
  { months: 0, label: 'All' },
  { months: 12, label: '12 months' },
  { months: 3, label: '3 months' },
]);

const clock = new Intl.DateTimeFormat('en-GB', {
  hour: '2-digit',
  minute: '2-digit',
  timeZone: 'UTC',
});

/**
 * @param {HTMLElement} place What it held is replaced.
 * @param {readonly Reading[]} readings Oldest first.
 */
export function showVitals(place, readings) {
  const newest = readings.at(-1);
  if (newest === undefined) {
    place.replaceChildren(h('p', { class: 'quiet' }, 'No blood pressure or heart rate yet.'));
    return;
  }
  const drawing = h('div', { class: 'drawing', tabindex: 0, role: 'group', 'aria-label': 'Chart' });
  const choice = h('fieldset', { class: 'ranges' }, h('legend', {}, 'Time shown'));
  const table = h('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Values' });
  const draw = (/** @type {number} */ months) => {
    const shown = months === 0 ? readings : since(readings, newest.at, months);
    drawing.replaceChildren(drawChart(shown));
    table.replaceChildren(valueTable(shown));
  };
  for (const { months, label } of ranges) {
    const input = h('input', {
      type: 'radio',
      name: 'range',
      value: months,
      checked: months === 0,
    });
    input.addEventListener('change', () => {
      draw(months);
    });
    choice.append(h('label', {}, input, ` ${label}`));
  }
  draw(0);
  place.replaceChildren(
    latest(readings),
    h('div', { class: 'above-chart' }, legend(), choice),
    drawing,
    h('details', {}, h('summary', {}, 'All values as a table'), table),
  );
}

/** @param {readonly Reading[]} readings @param {Date} last @param {number} months */
function since(readings, last, months) {
  const from = new Date(last);
  from.setUTCMonth(from.getUTCMonth() - months);
  return readings.filter((reading) => reading.at >= from);
}

/** @param {readonly Reading[]} readings */
function latest(readings) {
  const pressure = readings.findLast((one) => one.systolic !== undefined);
  const rate = readings.findLast((one) => one.heartRate !== undefined);
  const list = h('dl', { class: 'latest' });
  const tile = (/** @type {string} */ name, /** @type {string} */ value, /** @type {Date} */ at) =>
    list.append(
      h(
        'div',
        {},
        h('dt', {}, name),
        h('dd', {}, h('strong', {}, value), ` ${dateText(at.toISOString())}`),
      ),
    );
  if (pressure !== undefined) {
    const both = `${String(pressure.systolic ?? '–')}/${String(pressure.diastolic ?? '–')} mmHg`;
    tile('Blood pressure', both, pressure.at);
  }
  if (rate?.heartRate !== undefined) {
    tile('Heart rate', `${String(rate.heartRate)} /min`, rate.at);
  }
  return list;
}

function legend() {
  const list = h('ul', { class: 'legend' });
  for (const one of series) {
    const sign = svg('svg', { viewBox: '0 0 28 12', 'aria-hidden': 'true' });
    sign.append(svg('polyline', { points: '0,6 28,6', class: `line ${one.name}` }));
    sign.append(marker(one.name, 14, 6));
    list.append(h('li', {}, sign, ` ${one.label} (${one.unit})`));
  }
  const line = svg('svg', { viewBox: '0 0 28 12', 'aria-hidden': 'true' });
  line.append(svg('polyline', { points: '0,6 28,6', class: 'limit' }));
  list.append(h('li', {}, line, ' Limits 140 and 90 mmHg'));
  return list;
}

/** @param {readonly Reading[]} readings */
function valueTable(readings) {
  const head = ['Date', 'Time (UTC)', ...series.map((one) => `${one.label} (${one.unit})`)];
  const body = h('tbody');
  for (const reading of readings.toReversed()) {
    const values = series.map((one) => h('td', {}, String(reading[one.name] ?? '–')));
    body.append(
      h(
        'tr',
        {},
        h('th', { scope: 'row' }, dateText(reading.at.toISOString())),
        h('td', {}, clock.format(reading.at)),
        ...values,
      ),
    );
  }
  return h(
    'table',
    { id: 'values' },
    h('caption', {}, 'Blood pressure and heart rate, newest first'),
    h('thead', {}, h('tr', {}, ...head.map((text) => h('th', { scope: 'col' }, text)))),
    body,
  );
}
