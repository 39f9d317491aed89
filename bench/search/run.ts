/**
 * `npm run bench:search`: builds a ledger of made-up events and its index, and asks it what a privacy
 * officer would. Results go to stdout, progress to stderr. Exit codes: 0 measured, 1 an answer was
 * wrong, 2 usage.
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { listOrigins } from '../../audit/ledger/index.ts';
import { askAll } from './ask.ts';
import { buildIndex, buildLedger } from './build.ts';
import { parseSearchOptions, searchUsage } from './options.ts';
import type { SearchBenchOptions } from './options.ts';
import { resultText } from './table.ts';
import { UsageError } from '../options.ts';

const origin = 'bench.example.org/search';

function progress(line: string): void {
  process.stderr.write(`${line}\n`);
}

async function measure(options: SearchBenchOptions, directory: string): Promise<boolean> {
  if (listOrigins(directory).length === 0) {
    progress(`Making a ledger of ${options.events.toLocaleString('en')} events …`);
    await buildLedger(directory, origin, options.events);
  }
  progress('Building its index …');
  const built = buildIndex(directory, origin, progress);
  progress('Asking …');
  const asked = await askAll({ directory, origin, events: options.events, runs: options.runs });
  const result = { events: options.events, built, asked };
  process.stdout.write(
    options.json ? `${JSON.stringify(result, undefined, 2)}\n` : resultText(result),
  );
  return asked.every(({ wrong }) => wrong === 0);
}

async function run(argv: readonly string[]): Promise<void> {
  const options = parseSearchOptions(argv);
  if (options === undefined) {
    process.stdout.write(`${searchUsage}\n`);
    return;
  }
  mkdirSync(options.directory, { recursive: true });
  if (!statSync(options.directory).isDirectory()) throw new UsageError('--directory is no folder');
  const directory = options.reuse
    ? options.directory
    : mkdtempSync(join(options.directory, 'search-'));
  try {
    if (!(await measure(options, directory))) process.exitCode = 1;
  } finally {
    if (!options.keep && !options.reuse && existsSync(directory))
      rmSync(directory, { recursive: true, force: true });
  }
}

try {
  await run(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  progress(error.message);
  process.exitCode = 2;
}
