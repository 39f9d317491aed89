/**
 * Verification beside a process that goes on serving: {@link verifyLedger} in a thread of its own,
 * with its progress and its end.
 */
import { Worker } from 'node:worker_threads';
import type { VerifyReport } from './report.ts';

/** How far a verification is. `total` is what the head files say, 0 when they cannot be read. */
export interface VerifyProgress {
  readonly leaves: number;
  readonly total: number;
}

/** What the thread says. */
export type FromVerifier =
  | { readonly kind: 'progress'; readonly progress: VerifyProgress }
  | { readonly kind: 'report'; readonly report: VerifyReport };

/** A verification under way. */
export interface RunningVerification {
  /** Rejects when the thread ended without a report, which says nothing about the ledger. */
  readonly report: Promise<VerifyReport>;
  /** Ends it early; `report` rejects unless it was there already. */
  stop(): Promise<void>;
}

/**
 * Starts to verify a ledger folder, live or copied.
 *
 * Does NOT keep the process alive, and does not limit how many run: each reads the whole ledger.
 *
 * @param directory As for `verifyLedger`.
 */
export function verifyInThread(
  directory: string,
  onProgress: (progress: VerifyProgress) => void,
): RunningVerification {
  const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js';
  const worker = new Worker(new URL(`./verify-worker${extension}`, import.meta.url), {
    workerData: { directory },
  });
  worker.unref();
  const report = new Promise<VerifyReport>((resolve, reject) => {
    worker.on('message', (message: FromVerifier) => {
      switch (message.kind) {
        case 'progress':
          onProgress(message.progress);
          return;
        case 'report':
          resolve(message.report);
          return;
      }
    });
    worker.once('error', reject);
    worker.once('exit', () => {
      reject(new Error('the verification ended without a report'));
    });
  });
  return {
    report,
    async stop() {
      await worker.terminate();
    },
  };
}
