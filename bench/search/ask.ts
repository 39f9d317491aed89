/** Asks the questions and takes the time: from the request thread to the page and back. */
import { join } from 'node:path';
import { holdLedger, openReader } from '../../audit/ledger/index.ts';
import { indexFileName, openSearch, parseSearch } from '../../audit/search/index.ts';
import type { Search, SearchPage } from '../../audit/search/index.ts';
import { benchKey } from './build.ts';
import { percentile, seededRandom } from '../figures.ts';
import { eventMaker } from './events.ts';
import type { MadeEvent } from './events.ts';
import { questions } from './questions.ts';

/** Times of one question, in milliseconds. */
export interface AskedFigures {
  readonly name: string;
  readonly isUsual: boolean;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Events on a page, or the total of a count: mean over the runs. */
  readonly found: number;
  /** Answers without the event that was asked about. */
  readonly wrong: number;
}

/** What to ask. */
export interface Asking {
  readonly directory: string;
  readonly origin: string;
  readonly events: number;
  readonly runs: number;
}

/** Asks every question. */
export async function askAll(asking: Asking): Promise<readonly AskedFigures[]> {
  const held = holdLedger(asking.directory, asking.origin);
  const reader = openReader(held.directory);
  const size = reader.size();
  reader.close();
  const search = await openSearch({
    ledgerDirectory: held.directory,
    origin: held.origin,
    file: join(asking.directory, indexFileName),
    key: benchKey,
    waitMs: 600_000,
  });
  const subjects = subjectsOf(asking);
  const chances = seededRandom(7);
  const figures: AskedFigures[] = [];
  for (const question of questions) {
    const { name, isUsual, findsItself } = question;
    const turns = subjects.map((about) => ({ about, raw: question.ask(about, chances(), size) }));
    figures.push({ name, isUsual, ...(await time(search, size, turns, findsItself)) });
  }
  await search.close();
  held.release();
  return figures;
}

/** Events spread over the ledger. */
function subjectsOf({ events, runs }: Asking): readonly MadeEvent[] {
  const make = eventMaker(events);
  const every = Math.max(1, Math.floor(events / runs));
  const subjects: MadeEvent[] = [];
  for (let n = 0; n < events && subjects.length < runs; n++) {
    const made = make(n);
    if (n % every === 0) subjects.push(made);
  }
  return subjects;
}

interface Turn {
  readonly about: MadeEvent;
  readonly raw: string;
}

async function time(
  search: Search,
  size: number,
  turns: readonly Turn[],
  findsItself: boolean,
): Promise<Omit<AskedFigures, 'name' | 'isUsual'>> {
  const times: number[] = [];
  let found = 0;
  let wrong = 0;
  const [first] = turns;
  // What is compiled and cached by the first question is not what a question costs.
  for (let i = 0; i < 3 && first !== undefined; i++) await ask(search, size, first.raw);
  for (const { about, raw } of turns) {
    const startedMs = performance.now();
    const page = await ask(search, size, raw);
    times.push(performance.now() - startedMs);
    found += page.total ?? page.hits.length;
    // A page that is not full holds all that matches.
    const mustHold = findsItself && page.next === undefined;
    if (mustHold && !page.hits.some(({ id }) => id === about.id)) wrong += 1;
  }
  times.sort((a, b) => a - b);
  return {
    p50Ms: percentile(times, 50),
    p99Ms: percentile(times, 99),
    found: found / turns.length,
    wrong,
  };
}

function ask(search: Search, size: number, raw: string): Promise<SearchPage> {
  const parsed = parseSearch(raw);
  if (parsed.kind === 'refused') throw new Error(`${raw}: ${JSON.stringify(parsed.issues)}`);
  return search.search(parsed.query, size);
}
