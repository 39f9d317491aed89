/**
 * After a run: did the Chaperone leg do the work that it was measured for? Its ledger must verify, and
 * must hold a record for every answer that a client received.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { ownPath } from './processes.ts';

/** What was found in the ledger, and whether it suffices. */
export interface LedgerCheck {
  readonly ok: boolean;
  readonly answers: number;
  /** Fewest records that these answers must have left. */
  readonly recordsNeeded: number;
  readonly records: number;
  readonly verified: boolean;
  /** Exit code of `serve` after SIGTERM. */
  readonly serveExitCode: number | null;
  readonly problems: readonly string[];
}

/** The part of the report of `chaperone verify --json` that is used here. */
interface VerifyReport {
  readonly ok: boolean;
  readonly records: number;
  readonly problems: readonly { readonly code: string; readonly message: string }[];
}

/** Judges a verification report. Pure. */
export function judgeLedger(
  report: VerifyReport,
  counts: {
    readonly answers: number;
    readonly recordsNeeded: number;
    readonly serveExitCode: number | null;
  },
): LedgerCheck {
  const problems = [
    ...report.problems.map(({ code, message }) => `${code}: ${message}`),
    ...(report.ok || report.problems.length > 0 ? [] : ['the ledger does not verify']),
    ...(report.records >= counts.recordsNeeded
      ? []
      : [
          `${String(report.records)} records are too few: the answers need ${String(counts.recordsNeeded)}`,
        ]),
    ...(counts.serveExitCode === 0
      ? []
      : [`serve ended with ${String(counts.serveExitCode)} instead of 0`]),
  ];
  return {
    ok: report.ok && problems.length === 0,
    ...counts,
    records: report.records,
    verified: report.ok,
    problems,
  };
}

/** Runs `chaperone verify DIRECTORY --json` and judges its report. */
export async function checkLedger(
  directory: string,
  counts: Parameters<typeof judgeLedger>[1],
): Promise<LedgerCheck> {
  const child = spawn(
    process.execPath,
    [ownPath('../bin/chaperone.mjs'), 'verify', directory, '--json'],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const output: Buffer[] = [];
  const complaints: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => complaints.push(chunk));
  const [code] = (await once(child, 'close')) as [number | null];
  try {
    const report = JSON.parse(Buffer.concat(output).toString('utf8')) as VerifyReport;
    return judgeLedger({ ...report, ok: report.ok && code === 0 }, counts);
  } catch {
    const message = `verify ended with ${String(code)} and without a report: ${Buffer.concat(complaints).toString('utf8').trim().slice(-500)}`;
    return judgeLedger(
      { ok: false, records: 0, problems: [{ code: 'NO_REPORT', message }] },
      counts,
    );
  }
}
