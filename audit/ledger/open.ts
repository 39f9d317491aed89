/**
 * Opens the ledger for appending: starts the writer thread, which recovers, and waits until it is
 * ready.
 */
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { Appender } from './appender.ts';
import { LedgerFault } from './fault.ts';
import { originFolder } from './folders.ts';
import type { Ledger } from './ledger.ts';
import { readClocks } from './protocol.ts';
import type { FromWriter, WriterData } from './protocol.ts';

/** What a ledger is opened with. */
export interface LedgerOptions {
  /** `audit.directory`. Has a folder for each origin, and in it one for each epoch. */
  readonly directory: string;
  /** `audit.origin`, without the epoch. */
  readonly origin: string;
  /** Whether a ledger may be made when there is none. Nothing else makes one. */
  readonly init: boolean;
  readonly clock: () => Date;
  /** Bytes of unacknowledged bodies above which no new exchange is admitted. */
  readonly queueBytes: number;
  /** Milliseconds until an append is given up on, unless it says otherwise. */
  readonly appendTimeoutMs: number;
  /** Sentences for the process log: constant text, sizes and codes. */
  readonly onWarning?: (text: string) => void;
  /** Leaves of a segment in a ledger that is made now. Only tests have a reason to set it. */
  readonly segmentLeaves?: number;
  /** Another entry of the writer thread, for tests that make the disk fail, and data for it. */
  readonly writer?: { readonly entry: URL; readonly data?: unknown };
}

/** 256 tiles of 256 leaves. */
const defaultSegmentLeaves = 65_536;

/**
 * Opens a ledger and holds its lock until `close`. When it resolves, all of the last process is
 * recovered: each of its open intents has become records.
 *
 * @throws LedgerFault `LEDGER_MISSING`, `LEDGER_LOCKED`, `LEDGER_ORIGIN`, `LEDGER_INCOMPLETE`,
 *   `LEDGER_FORMAT`, `LEDGER_NOT_DURABLE`, `LEDGER_FULL`, `LEDGER_IO`.
 */
export async function openLedger(options: LedgerOptions): Promise<Ledger> {
  originFolder(options.origin);
  const workerData: WriterData & { readonly test: unknown } = {
    directory: options.directory,
    origin: options.origin,
    init: options.init,
    segmentLeaves: options.segmentLeaves ?? defaultSegmentLeaves,
    reading: readClocks(options.clock),
    test: options.writer?.data,
  };
  const ownEntry = new URL(`./writer-worker${extname(import.meta.url)}`, import.meta.url);
  const worker = new Worker(options.writer?.entry ?? ownEntry, {
    workerData,
    name: 'ledger-writer',
  });
  const onWarning = options.onWarning ?? ((): void => undefined);
  const opened = await started(worker, onWarning);
  const { clock, queueBytes, appendTimeoutMs } = options;
  const { origin, directory, size } = opened;
  return new Appender({
    worker,
    origin,
    directory,
    size,
    clock,
    queueBytes,
    appendTimeoutMs,
    onWarning,
  });
}

type Opened = Extract<FromWriter, { kind: 'opened' }>;

function started(worker: Worker, onWarning: (text: string) => void): Promise<Opened> {
  return new Promise((resolve, reject) => {
    let fault = new LedgerFault({
      code: 'LEDGER_IO',
      message: 'the writer of the ledger did not start',
      fatal: true,
    });
    const onEnd = (): void => {
      reject(fault);
    };
    const onMessage = (message: FromWriter): void => {
      if (message.kind === 'warning') onWarning(message.text);
      else if (message.kind === 'refused') {
        fault = new LedgerFault({ ...message, fatal: message.code === 'LEDGER_IO' });
      } else if (message.kind === 'opened') {
        worker.off('message', onMessage).off('error', reject).off('exit', onEnd);
        resolve(message);
      }
    };
    // A refused writer has let go of the lock by the time it has ended.
    worker.on('message', onMessage).on('error', reject).on('exit', onEnd);
  });
}
