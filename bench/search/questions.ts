/** What a privacy officer asks, as searches; each about another subject every time it is asked. */
import type { MadeEvent } from './events.ts';
import { days, firstDayMs } from './events.ts';

/** One question. */
export interface Question {
  readonly name: string;
  /** One of the ten usual ones, which the aims are about. */
  readonly isUsual: boolean;
  /** Whether its answer must hold the event that it is about. */
  readonly findsItself: boolean;
  /** The query, about one event or another; `chance` is a number from 0 to 1. */
  readonly ask: (about: MadeEvent, chance: number, size: number) => string;
}

const day = (chance: number): string =>
  new Date(firstDayMs + Math.floor(chance * days) * 86_400_000).toISOString().slice(0, 10);

function week(chance: number): string {
  const fromMs = firstDayMs + Math.floor(chance * (days - 7)) * 86_400_000;
  const text = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
  return `date=ge${text(fromMs)}&date=lt${text(fromMs + 7 * 86_400_000)}`;
}

function minute(chance: number): string {
  return new Date(firstDayMs + chance * days * 86_400_000).toISOString().slice(0, 16) + 'Z';
}

const usual = (name: string, ask: Question['ask'], findsItself = false): Question => ({
  name,
  isUsual: true,
  findsItself,
  ask,
});
const other = (name: string, ask: Question['ask']): Question => ({
  ...usual(name, ask),
  isUsual: false,
});

/** All questions; the first page of 50 unless they say otherwise. */
export const questions: readonly Question[] = [
  usual('who saw patient X', ({ patient }) => `patient=${patient}`, true),
  usual('what did user Y do in one week', ({ user }, chance) => `agent=${user}&${week(chance)}`),
  usual('what happened in session Z', ({ session }) => `session=${session}&_sort=date`, true),
  usual('refusals of one day', (_, chance) => `outcome=8&date=${day(chance)}`),
  usual('one request id', ({ requestId }) => `entity.identifier=${requestId}`, true),
  usual('from one address', ({ address }) => `address=${address}`, true),
  usual('deletions by user Y', ({ user }) => `agent=${user}&action=D`),
  usual('who saw one resource', ({ resource }) => `entity=${resource}`),
  usual(
    'user Y by a part of the name',
    ({ user }) => `agent-name:contains=${user.slice(13)}%20ex`,
    true,
  ),
  usual('the newest events', () => ''),
  other(
    'failures of one app',
    () => 'agent.identifier=https://ehr.example.org/oauth|vitals&outcome=12',
  ),
  other('common value, one minute', (_, chance) => `outcome=0&date=${minute(chance)}`),
  other('common value and rare one', ({ session }) => `outcome=0&action=R&session=${session}`),
  other('not the common value', () => 'outcome:not=0'),
  other('no event at all', () => 'outcome=0&patient=nobody'),
  other('a subnet of 10,000 addresses', () => 'address=10.20.1'),
  other(
    'a page deep in',
    (_, chance, size) =>
      `outcome=0&_cursor=${String(firstDayMs + Math.floor(chance * days * 86_400_000))}.0.${String(size)}`,
  ),
  other('count: patient X', ({ patient }) => `patient=${patient}&_summary=count`),
  other('count: user Y', ({ user }) => `agent=${user}&_summary=count`),
  other('count: common value', () => 'outcome=0&_summary=count'),
  other('count: two common values', () => 'outcome=0&action=R&_summary=count'),
  other('count: common value, one week', (_, chance) => `outcome=0&${week(chance)}&_summary=count`),
  other('count: all', () => '_summary=count'),
];
