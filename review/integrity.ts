/**
 * The integrity check of the live ledger, asked for by readers: one at a time for all of them, since
 * each reads everything; the last result is kept until the next.
 */
import { verifyInThread } from '../audit/ledger/index.ts';
import type { RunningVerification, VerifyProgress, VerifyReport } from '../audit/ledger/index.ts';

/** What came of a check. Instants are ISO 8601 UTC. */
export type CheckResult =
  | {
      readonly kind: 'checked';
      readonly startedAt: string;
      readonly endedAt: string;
      readonly report: VerifyReport;
    }
  /** It did not come to an end, which says nothing about the ledger. */
  | { readonly kind: 'failed'; readonly startedAt: string; readonly endedAt: string };

/** Where the checks stand. */
export interface CheckState {
  readonly running: (VerifyProgress & { readonly startedAt: string }) | undefined;
  readonly last: CheckResult | undefined;
}

/** The check that all readers share. */
export interface IntegrityCheck {
  /** Starts one, unless one is running. */
  start(): void;
  state(): CheckState;
  /** Ends what runs. */
  close(): Promise<void>;
}

/** @param directory `audit.directory`: all that is in it is checked. */
export function createIntegrityCheck(directory: string, clock: () => Date): IntegrityCheck {
  let state: CheckState = { running: undefined, last: undefined };
  let verification: RunningVerification | undefined;
  const end = (startedAt: string, report: VerifyReport | undefined): void => {
    const span = { startedAt, endedAt: clock().toISOString() };
    const last: CheckResult =
      report === undefined ? { kind: 'failed', ...span } : { kind: 'checked', ...span, report };
    state = { running: undefined, last };
    verification = undefined;
  };
  return {
    start() {
      if (verification !== undefined) return;
      const startedAt = clock().toISOString();
      state = { ...state, running: { startedAt, leaves: 0, total: 0 } };
      verification = verifyInThread(directory, (progress) => {
        if (state.running !== undefined) state = { ...state, running: { startedAt, ...progress } };
      });
      verification.report.then(
        (report) => {
          end(startedAt, report);
        },
        () => {
          end(startedAt, undefined);
        },
      );
    },
    state: () => state,
    async close() {
      await verification?.stop();
    },
  };
}
