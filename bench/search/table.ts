/** The figures as a table for people. */
import type { AskedFigures } from './ask.ts';
import type { BuildFigures } from './build.ts';

/** Everything that a run measured. */
export interface SearchResult {
  readonly events: number;
  readonly built: BuildFigures;
  readonly asked: readonly AskedFigures[];
}

/** The table, ending in a line break. */
export function resultText({ events, built, asked }: SearchResult): string {
  const number = (value: number, digits = 0): string =>
    value.toLocaleString('en', { maximumFractionDigits: digits, minimumFractionDigits: digits });
  const row = (name: string, ...cells: readonly string[]): string =>
    `${name.padEnd(34)}${cells.map((cell) => cell.padStart(12)).join('')}`;
  return `${[
    `${number(events)} events. Index built in ${number(built.seconds)} s: ${number(built.eventsPerSecond)} events/s,`,
    `${number(built.cpuPerEvent, 1)} µs of CPU and ${number(built.bytesPerEvent)} bytes an event.`,
    '',
    row('question (* usual)', 'p50 ms', 'p99 ms', 'found'),
    ...asked.map((one) =>
      row(
        `${one.isUsual ? '* ' : '  '}${one.name}`,
        number(one.p50Ms, 2),
        number(one.p99Ms, 2),
        one.wrong === 0 ? number(one.found) : `${String(one.wrong)} WRONG`,
      ),
    ),
  ].join('\n')}\n`;
}
