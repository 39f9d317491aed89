/** The command line of the benchmark of the search. */
import { parseArgs } from 'node:util';
import { UsageError } from '../options.ts';
import { ownPath } from '../processes.ts';

/** What a run is to do. */
export interface SearchBenchOptions {
  readonly events: number;
  /** How often each question is asked. */
  readonly runs: number;
  readonly directory: string;
  readonly reuse: boolean;
  readonly keep: boolean;
  readonly json: boolean;
}

/** Printed by `--help`. */
export const searchUsage = `usage: npm run bench:search -- [options]

Builds a ledger of made-up events and its index, and asks it what a privacy officer would. See
bench/README.md.

  --events N        events in the ledger (default 1000000; some 9 KB of disk each)
  --runs N          how often each question is asked, each time of another subject (default 200)
  --directory DIR   where the ledger is written (default .cache/bench)
  --keep            do not remove it afterwards
  --reuse           DIR itself holds the ledger of an earlier run with the same --events, or will
  --json            print one JSON object instead of a table
  --help            this text`;

/** Parses the arguments. Undefined: help was asked for. Throws `UsageError`. */
export function parseSearchOptions(argv: readonly string[]): SearchBenchOptions | undefined {
  const values = parse(argv);
  if (values.help) return undefined;
  return {
    events: wholeNumber('events', values.events, 100, 100_000_000),
    runs: wholeNumber('runs', values.runs, 1, 100_000),
    directory: values.directory ?? ownPath('../.cache/bench'),
    reuse: values.reuse,
    keep: values.keep,
    json: values.json,
  };
}

// The type of the result follows from the literal, so it is inferred.
function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        events: { type: 'string', default: '1000000' },
        runs: { type: 'string', default: '200' },
        directory: { type: 'string' },
        reuse: { type: 'boolean', default: false },
        keep: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function wholeNumber(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= least && value <= most) return value;
  throw new UsageError(
    `--${name} takes a whole number from ${String(least)} to ${String(most)}, not ${text}`,
  );
}
