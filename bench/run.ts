/**
 * `npm run bench`: what auditing costs, as ratios to the upstream alone and to a proxy that records
 * nothing. Results go to stdout, progress to stderr. Exit codes: 0 measured, 1 an answer was wrong or
 * the ledger check failed, 2 usage.
 */
import { mkdirSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { runComparison } from './comparison.ts';
import type { ComparisonContext } from './comparison.ts';
import { canReadCpuTime } from './cpu.ts';
import { AUDIENCE } from './legs.ts';
import { USAGE, UsageError, parseOptions } from './options.ts';
import type { BenchOptions } from './options.ts';
import { choosePinning, killAll } from './processes.ts';
import type { Pinning } from './processes.ts';
import { runProfiles } from './profiling.ts';
import { caseTable, checkLine, profileText } from './report.ts';
import { startIssuer } from './token.ts';

const TMPFS_MAGIC = 0x01021994;

function progress(line: string): void {
  process.stderr.write(`${line}\n`);
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** What a reader must know of the place in which the figures were made. */
function circumstances(pinning: Pinning | undefined, directory: string): readonly string[] {
  const [processor] = cpus();
  return [
    `Node ${process.version}, ${String(cpus().length)} × ${processor?.model.trim() ?? 'unknown processor'}.`,
    pinning === undefined
      ? 'Nothing is pinned (no taskset, or fewer than two cores): upstream and load compete with the leg.'
      : `Pinned: process under test on core ${String(pinning.tested)}, upstream and load generator on core ${String(pinning.helpers)}.`,
    ...(statfsSync(directory).type === TMPFS_MAGIC
      ? ['The ledger lies in memory (tmpfs): a commit costs nothing here. Use --directory.']
      : []),
  ];
}

async function measure(options: BenchOptions, directory: string): Promise<boolean> {
  const pinning = choosePinning();
  const issuer = options.token ? await startIssuer(AUDIENCE) : undefined;
  const context: ComparisonContext = { options, pinning, issuer, directory, progress };
  const notes = circumstances(pinning, directory);
  for (const note of notes) progress(note);
  if (options.profile) {
    const profiles = await runProfiles(context);
    if (options.json) print(JSON.stringify({ notes, options, profiles }, undefined, 2));
    for (const profile of options.json ? [] : profiles) {
      print(`${profileText(profile.title, profile.requests, profile.summary)}\n`);
      print(`${checkLine(profile.check)}\n`);
    }
    return profiles.every(({ check }) => check.ok);
  }
  const { cases, check } = await runComparison(context);
  if (options.json) print(JSON.stringify({ notes, options, cases, check }, undefined, 2));
  else print([...notes, '', ...cases.map((each) => `${caseTable(each)}\n`)].join('\n'));
  if (!options.json && check !== undefined) print(checkLine(check));
  return check?.ok ?? true;
}

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2));
  if (options === undefined) {
    print(USAGE);
    return 0;
  }
  if (!canReadCpuTime()) {
    progress('The benchmark reads CPU time from /proc and so needs Linux.');
    return 2;
  }
  mkdirSync(options.directory, { recursive: true });
  const directory = mkdtempSync(join(options.directory, 'run-'));
  try {
    return (await measure(options, directory)) ? 0 : 1;
  } finally {
    killAll();
    if (options.keep) progress(`kept: ${directory}`);
    else rmSync(directory, { recursive: true, force: true });
  }
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    killAll();
    process.exit(1);
  });
}

try {
  process.exitCode = await main();
} catch (error) {
  progress(error instanceof Error ? error.message : String(error));
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
