/**
 * The thread in which a running process verifies its own ledger: rehashing everything takes as long
 * as the ledger is large, and nothing else may wait for it. Started by `verify-thread.ts`.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { verifyLedger } from './verify.ts';
import type { FromVerifier } from './verify-thread.ts';

function send(message: FromVerifier): void {
  parentPort?.postMessage(message);
}

const { directory } = workerData as { readonly directory: string };
const report = verifyLedger(directory, {
  onProgress: (progress) => {
    send({ kind: 'progress', progress });
  },
});
send({ kind: 'report', report });
