/**
 * The figures as text for people. Pure.
 */
import type { BenchCase } from './bodies.ts';
import { pairedRatio, perCpuSecond, perSecond, summarise } from './figures.ts';
import type { LegSummary, RoundFigures, Spread } from './figures.ts';
import type { LedgerCheck } from './ledger-check.ts';
import type { ProfileShare, ProfileSummary } from './profile.ts';

/** The rounds of one leg of one case. */
export interface LegRounds {
  readonly leg: string;
  readonly rounds: readonly RoundFigures[];
}

/** One leg of a case beside the two it is compared with. Ratios are paired by round. */
export interface LegComparison {
  readonly summary: LegSummary;
  /** Requests per CPU-second over those of the direct leg. */
  readonly cpuRatioToDirect: Spread;
  /** Requests per CPU-second over those of http-proxy-middleware. */
  readonly cpuRatioToPassThrough: Spread;
  /** Throughput over that of http-proxy-middleware. */
  readonly throughputRatioToPassThrough: Spread;
  readonly rounds: readonly RoundFigures[];
}

/** All legs of one case. */
export interface CaseReport {
  readonly case: string;
  readonly title: string;
  readonly aim: number | undefined;
  readonly legs: readonly LegComparison[];
}

/** Compares the legs of one case. */
export function compareLegs(benchCase: BenchCase, legs: readonly LegRounds[]): CaseReport {
  const roundsOf = (name: string): readonly RoundFigures[] =>
    legs.find(({ leg }) => leg === name)?.rounds ?? [];
  return {
    case: benchCase.name,
    title: benchCase.title,
    aim: benchCase.aim,
    legs: legs.map(({ leg, rounds }) => ({
      summary: summarise(leg, rounds),
      cpuRatioToDirect: pairedRatio(rounds, roundsOf('direct'), perCpuSecond),
      cpuRatioToPassThrough: pairedRatio(rounds, roundsOf('http-proxy-middleware'), perCpuSecond),
      throughputRatioToPassThrough: pairedRatio(
        rounds,
        roundsOf('http-proxy-middleware'),
        perSecond,
      ),
      rounds,
    })),
  };
}

/** One case as a table, with the aim and what makes the figures doubtful. */
export function caseTable(report: CaseReport): string {
  const head = [
    'leg',
    'requests/s',
    'p50 ms',
    'p99 ms',
    'CPU µs/request',
    'requests/CPU-s',
    'of direct (CPU)',
    'of h-p-m (CPU)',
    'of h-p-m (throughput)',
    'foreign',
  ];
  const rows = report.legs.map(({ summary, ...ratios }) => [
    summary.leg,
    withRange(summary.perSecond, 0),
    summary.p50Ms.median.toFixed(2),
    summary.p99Ms.median.toFixed(1),
    withRange(summary.cpuMicrosPerRequest, 0),
    summary.perCpuSecond.median.toFixed(0),
    withRange(ratios.cpuRatioToDirect, 2),
    withRange(ratios.cpuRatioToPassThrough, 2),
    withRange(ratios.throughputRatioToPassThrough, 2),
    summary.foreignShare === undefined ? '?' : percent(summary.foreignShare.median),
  ]);
  return [
    report.title,
    table([head, ...rows]),
    ...threadLines(report),
    ...verdict(report),
    ...doubts(report),
  ].join('\n');
}

/** Where the CPU time of the proxies was spent, by thread: measured, not sampled. */
function threadLines({ legs }: CaseReport): readonly string[] {
  return legs
    .filter(({ summary }) => summary.leg !== 'direct')
    .map(({ summary }) => {
      const micros = (seconds: number): string =>
        ((seconds * 1e6) / Math.max(summary.requests, 1)).toFixed(0);
      const threads = summary.threads
        .filter(({ user, system }) => ((user + system) * 1e6) / summary.requests >= 0.5)
        .map(({ name, user, system }) => `${name} ${micros(user + system)} (${micros(system)})`);
      return `CPU µs/request of ${summary.leg} by thread (of which in the system): ${threads.join(', ')}`;
    });
}

function verdict({ aim, legs }: CaseReport): readonly string[] {
  const ours = legs.find(({ summary }) => summary.leg === 'chaperone');
  if (ours === undefined) return [];
  const ratio = ours.cpuRatioToPassThrough.median;
  const measured = `Chaperone does ${ratio.toFixed(2)} of the requests per CPU-second of unaudited http-proxy-middleware`;
  if (aim === undefined) return [`${measured}; there is no aim for this case.`];
  return [`${measured}; aim ${aim.toFixed(2)}: ${ratio >= aim ? 'reached' : 'NOT reached'}.`];
}

function doubts({ legs }: CaseReport): readonly string[] {
  return legs.flatMap(({ summary }) => [
    ...((summary.foreignShare?.median ?? 0) > 0.1
      ? [
          `Doubtful: other work took ${percent(summary.foreignShare?.median ?? 0)} of the core of ${summary.leg}; its throughput and latencies are too low and too high.`,
        ]
      : []),
    ...(summary.leg !== 'direct' && summary.helperShare.median > 0.9
      ? [
          `Doubtful: upstream and load generator were ${percent(summary.helperShare.median)} busy, so the throughput of ${summary.leg} may be theirs.`,
        ]
      : []),
    ...(summary.unsettledRounds > 0
      ? [
          `Doubtful: ${summary.leg} was still working 5 s after the load in ${String(summary.unsettledRounds)} rounds; that work is missing from its CPU time or weighs on the next leg.`,
        ]
      : []),
  ]);
}

/** What the ledger check found, in a line or a few. */
export function checkLine(check: LedgerCheck): string {
  if (check.ok) {
    return `Ledger checked: it verifies, and holds ${String(check.records)} records for ${String(check.answers)} answers (at least ${String(check.recordsNeeded)} needed).`;
  }
  return `Ledger check FAILED:\n${check.problems.map((problem) => `  ${problem}`).join('\n')}`;
}

/** A profile as text that can be put into a report. */
export function profileText(title: string, requests: number, summary: ProfileSummary): string {
  const perRequest = (milliseconds: number): string =>
    ((milliseconds * 1000) / Math.max(requests, 1)).toFixed(1);
  const section = (name: string, shares: readonly ProfileShare[]): string =>
    `${name}\n${table([
      ['share', 'µs/request', ''],
      ...shares
        .filter(({ share }) => share >= 0.003)
        .map((each) => [percent(each.share, 1), perRequest(each.milliseconds), each.name]),
    ])}`;
  return [
    `${title}: ${String(requests)} requests, ${perRequest(summary.busyMs)} µs each not idle, waiting for disk and core included`,
    ...summary.threads.flatMap((thread) => [
      `== ${thread.thread}: ${perRequest(thread.busyMs)} µs/request`,
      section('By folder, own functions only', thread.selfByFolder),
      section(
        'By folder that asked for it (time in Node and native code goes to the caller)',
        thread.causedByFolder,
      ),
      section('Functions by own time', thread.topFunctions),
      section("Chaperone's functions by time on the stack", thread.topInclusive),
    ]),
  ].join('\n\n');
}

/** Columns, the first left-aligned and, unless it is the last, the others right-aligned. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  return rows
    .map((row) =>
      row
        .map((cell, column) => {
          if (column === 0) return cell.padEnd(widths[column] ?? 0);
          const isText = column === row.length - 1 && row.length === 3;
          return isText ? cell : cell.padStart(widths[column] ?? 0);
        })
        .join('  ')
        .trimEnd(),
    )
    .map((line) => `  ${line}`)
    .join('\n');
}

function withRange({ median, min, max }: Spread, digits: number): string {
  if (Number.isNaN(median)) return '-';
  return `${median.toFixed(digits)} (${min.toFixed(digits)}–${max.toFixed(digits)})`;
}

function percent(share: number, digits = 0): string {
  return `${(share * 100).toFixed(digits)} %`;
}
