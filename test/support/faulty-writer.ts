/**
 * An entry of the ledger's writer thread whose disk misbehaves as the test says: commits that wait, or
 * one step of the store that fails, before or after it was done.
 */
import { parentPort, workerData } from 'node:worker_threads';
import type { WriterData } from '../../audit/ledger/protocol.ts';
import { runWriter } from '../../audit/ledger/writer-loop.ts';
import type { StoreHook, StoreStep } from '../../audit/ledger/writer.ts';

/** What goes wrong. */
export interface Misbehaviour {
  /** Two numbers: commits wait while the first is 0, and count themselves in the second. */
  readonly gate?: SharedArrayBuffer;
  readonly fail?: {
    readonly step: StoreStep;
    /** Failed but done, or failed and not done. */
    readonly apply: boolean;
    /** How often the step goes well before. */
    readonly after: number;
    /** Code of the error: `SQLITE_FULL`, `SQLITE_IOERR_FSYNC`; `EXIT` ends the thread instead. */
    readonly code: string;
    /** How often it fails. Default: for ever. */
    readonly times?: number;
  };
}

if (parentPort === null) throw new Error('to be started as a worker thread');
const { gate, fail } = (workerData as { test: Misbehaviour }).test;
let count = 0;

const hook: StoreHook = (step, run) => {
  if (step === 'commit' && gate !== undefined) {
    Atomics.add(new Int32Array(gate), 1, 1);
    Atomics.wait(new Int32Array(gate), 0, 0);
  }
  if (fail?.step !== step) {
    run();
    return;
  }
  count += 1;
  const isDue = count > fail.after && count <= fail.after + (fail.times ?? Infinity);
  if (!isDue || fail.apply) run();
  if (isDue && fail.code === 'EXIT') process.exit();
  if (isDue) throw Object.assign(new Error('the test made this fail'), { code: fail.code });
};

runWriter(parentPort, workerData as WriterData, { hook, probeEveryMs: 20 });
