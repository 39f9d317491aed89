/**
 * The command line of the benchmark.
 */
import { parseArgs } from 'node:util';
import { BENCH_CASES } from './bodies.ts';
import type { BenchCase } from './bodies.ts';
import { LEG_NAMES } from './legs.ts';
import type { LegName } from './legs.ts';
import { ownPath } from './processes.ts';

/** What a run is to do. */
export interface BenchOptions {
  readonly cases: readonly BenchCase[];
  readonly legs: readonly LegName[];
  readonly rounds: number;
  readonly seconds: number;
  readonly connections: number;
  readonly seed: number;
  readonly token: boolean;
  readonly profile: boolean;
  readonly json: boolean;
  /** Folder for ledgers and profiles; it decides which disk is measured. */
  readonly directory: string;
  readonly keep: boolean;
}

/** Printed by `--help`. */
export const USAGE = `usage: npm run bench -- [options]

Measures the upstream directly, http-proxy-middleware passing through unaudited, and Chaperone, and
compares them by requests per CPU-second of the process under test. See bench/README.md.

  --case NAME       one of: ${BENCH_CASES.map(({ name }) => name).join(', ')}
                    (may be repeated; default: ${BENCH_CASES.filter(({ byDefault }) => byDefault)
                      .map(({ name }) => name)
                      .join(' and ')})
  --leg NAME        one of: ${LEG_NAMES.join(', ')}
                    (may be repeated; default: all)
  --rounds N        rounds, in each of which every leg is measured once (default 5)
  --seconds N       length of one measured window (default 3)
  --connections N   keep-alive connections of the load generator (default 32)
  --seed N          seed of the order in which the legs take their turns (default 1)
  --token           send a signed access token that Chaperone verifies (all legs carry it)
  --profile         instead: run Chaperone alone under the CPU profiler and say where time goes
  --directory DIR   where ledgers are written; decides which disk is measured (default .cache/bench)
  --keep            do not remove ledgers and profiles afterwards
  --json            print one JSON object instead of tables
  --help            this text`;

/** A wrong command line; the message says what to do. */
export class UsageError extends Error {}

/** Parses the arguments. Undefined: help was asked for. Throws `UsageError`. */
export function parseOptions(argv: readonly string[]): BenchOptions | undefined {
  const { values } = parse(argv);
  if (values.help) return undefined;
  return {
    cases: chosenCases(values.case ?? []),
    legs: chosenLegs(values.leg ?? []),
    rounds: wholeNumber('rounds', values.rounds, 1, 100),
    seconds: positive('seconds', values.seconds, 60),
    connections: wholeNumber('connections', values.connections, 1, 256),
    seed: wholeNumber('seed', values.seed, 0, 2_000_000_000),
    token: values.token,
    profile: values.profile,
    json: values.json,
    directory: values.directory ?? ownPath('../.cache/bench'),
    keep: values.keep,
  };
}

// The type of the result follows from the literal, so it is inferred.
function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        case: { type: 'string', multiple: true },
        leg: { type: 'string', multiple: true },
        rounds: { type: 'string', default: '5' },
        seconds: { type: 'string', default: '3' },
        connections: { type: 'string', default: '32' },
        seed: { type: 'string', default: '1' },
        token: { type: 'boolean', default: false },
        profile: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        directory: { type: 'string' },
        keep: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function chosenCases(names: readonly string[]): readonly BenchCase[] {
  if (names.length === 0) return BENCH_CASES.filter(({ byDefault }) => byDefault);
  return [...new Set(names)].map((name) => {
    const found = BENCH_CASES.find((candidate) => candidate.name === name);
    if (found !== undefined) return found;
    throw new UsageError(
      `no case ${name}; there are ${BENCH_CASES.map((each) => each.name).join(', ')}`,
    );
  });
}

function chosenLegs(names: readonly string[]): readonly LegName[] {
  const unknown = names.find((name) => !LEG_NAMES.some((leg) => leg === name));
  if (unknown !== undefined) {
    throw new UsageError(`no leg ${unknown}; there are ${LEG_NAMES.join(', ')}`);
  }
  return names.length === 0 ? LEG_NAMES : LEG_NAMES.filter((leg) => names.includes(leg));
}

function positive(name: string, text: string, most: number): number {
  const value = Number(text);
  if (value > 0 && value <= most) return value;
  throw new UsageError(`--${name} takes a number above 0, at most ${String(most)}`);
}

function wholeNumber(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= least && value <= most) return value;
  throw new UsageError(
    `--${name} takes a whole number from ${String(least)} to ${String(most)}, not ${text}`,
  );
}
