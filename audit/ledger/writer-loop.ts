/**
 * The loop of the writer thread: takes what has queued up, commits it as one transaction, answers.
 * Whatever arrives while a commit waits for the disk makes the next batch; there is no other delay.
 */
import { join } from 'node:path';
import { receiveMessageOnPort } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import { proveRoom } from './durable-fs.ts';
import { LedgerFault } from './fault.ts';
import { clockNow } from './protocol.ts';
import type { ClockReading, FromWriter, PostedAppends, ToWriter, WriterData } from './protocol.ts';
import { isDiskFull, sqliteCode } from './sqlite-error.ts';
import { startWriter } from './start.ts';
import type { Started } from './start.ts';
import { abandon, checkpointWhenDue, commitAppends } from './writer.ts';
import type { Append, StoreHook } from './writer.ts';

/** A transaction takes whole appends until it has this many, or this many bytes. */
const batchAppends = 500;
const batchBytes = 16 * 1024 * 1024;

const defaultProbeEveryMs = 500;
/** A reader may hold up the end of a writer for this long. */
const closeWaitMs = 500;
/** Room to ask for before a full disk counts as usable again, beside the batch that failed. */
const probeSpareBytes = 256 * 1024;

/** What the loop knows between two batches. */
interface Loop {
  readonly port: MessagePort;
  readonly started: Started;
  readonly probeEveryMs: number;
  queue: Append[];
  reading: ClockReading;
  /** `full` and `failed` answer everything with a rejection. */
  condition: 'ready' | 'full' | 'failed' | 'closing';
}

/** What tests change: the steps of the disk, and how often a full one is asked. */
export interface WriterTesting {
  readonly hook?: StoreHook;
  readonly probeEveryMs?: number;
}

const runStep: StoreHook = (_step, run) => {
  run();
};

/** Runs a ledger's writer on a port until it is told to close. */
export function runWriter(port: MessagePort, data: WriterData, testing: WriterTesting = {}): void {
  const tell = (message: FromWriter): void => {
    port.postMessage(message);
  };
  let started: Started;
  try {
    started = startWriter({
      ...data,
      nowMs: clockNow(data.reading),
      hook: testing.hook ?? runStep,
      warn: (text) => {
        tell({ kind: 'warning', text });
      },
    });
  } catch (error) {
    tell({ kind: 'refused', ...asRefusal(error) });
    port.close();
    return;
  }
  const { origin, state } = started;
  tell({ kind: 'opened', origin, directory: state.folder, size: state.tree.size });
  const loop: Loop = {
    port,
    started,
    probeEveryMs: testing.probeEveryMs ?? defaultProbeEveryMs,
    queue: [],
    reading: data.reading,
    condition: 'ready',
  };
  port.on('message', (message: ToWriter) => {
    take(loop, message);
    drain(loop);
  });
}

function asRefusal(error: unknown): Pick<LedgerFault, 'code' | 'message'> {
  if (error instanceof LedgerFault) return { code: error.code, message: error.message };
  if (isDiskFull(error)) {
    return { code: 'LEDGER_FULL', message: 'the disk of the ledger is full: make room first' };
  }
  return { code: 'LEDGER_IO', message: `the ledger cannot be opened (${describe(error)})` };
}

function describe(error: unknown): string {
  const code = sqliteCode(error);
  if (code !== '') return code;
  return error instanceof Error ? error.message : 'unknown error';
}

function take(loop: Loop, message: ToWriter): void {
  if (message.kind === 'close') {
    if (loop.condition !== 'failed') loop.condition = 'closing';
    return;
  }
  loop.reading = message.reading;
  for (const append of unpack(message)) loop.queue.push(append);
}

function* unpack({ heads, bodies }: PostedAppends): Generator<Append> {
  let body = 0;
  for (let at = 0; at + 2 < heads.length; at += 3) {
    const [isIntent = 0, settles = -1, count = 0] = heads.slice(at, at + 3);
    const own = bodies.slice(body, body + count);
    body += count;
    yield isIntent === 1
      ? { kind: 'intent', bodies: [Buffer.from(own.join('\n'))], settles: undefined }
      : {
          kind: 'record',
          bodies: own.map((text) => Buffer.from(text)),
          settles: settles < 0 ? undefined : settles,
        };
  }
}

function drain(loop: Loop): void {
  for (;;) {
    for (;;) {
      const next = receiveMessageOnPort(loop.port) as { message: ToWriter } | undefined;
      if (next === undefined) break;
      take(loop, next.message);
    }
    if (loop.queue.length === 0) break;
    if (loop.condition === 'full' || loop.condition === 'failed') rejectAll(loop);
    else commitBatch(loop, takeBatch(loop));
  }
  if (loop.condition === 'closing') shutDown(loop);
}

function takeBatch(loop: Loop): readonly Append[] {
  let count = 0;
  for (let bytes = 0; count < loop.queue.length && count < batchAppends; count++) {
    bytes += bytesOf(loop.queue[count]);
    if (count > 0 && bytes > batchBytes) break;
  }
  return loop.queue.splice(0, count);
}

function bytesOf(append: Append | undefined): number {
  return (append?.bodies ?? []).reduce((sum, body) => sum + body.length, 0);
}

function commitBatch(loop: Loop, batch: readonly Append[]): void {
  const { state } = loop.started;
  try {
    const firstLeaves = commitAppends(state, batch, clockNow(loop.reading));
    answer(loop, { kind: 'committed', size: state.tree.size, firstLeaves });
    batch = [];
    checkpointWhenDue(state);
  } catch (error) {
    if (isDiskFull(error)) becomeFull(loop, batch);
    else becomeFailed(loop, batch.length, error);
  }
}

function answer(loop: Loop, message: FromWriter): void {
  loop.port.postMessage(message);
}

function becomeFull(loop: Loop, batch: readonly Append[]): void {
  try {
    abandon(loop.started.state);
  } catch (error) {
    becomeFailed(loop, batch.length, error);
    return;
  }
  if (batch.length === 0) return;
  const wasClosing = loop.condition === 'closing';
  if (!wasClosing) loop.condition = 'full';
  const message = 'the disk of the ledger is full: nothing of this was recorded';
  answer(loop, { kind: 'rejected', count: batch.length, code: 'LEDGER_FULL', message });
  if (!wasClosing) probe(loop, batch.reduce((sum, append) => sum + bytesOf(append), 0) * 2);
}

/** Asks the disk now and then whether there is room again. */
function probe(loop: Loop, bytes: number): void {
  setTimeout(() => {
    if (loop.condition !== 'full') return;
    try {
      proveRoom(join(loop.started.state.folder, 'room.unfinished'), bytes + probeSpareBytes);
    } catch (error) {
      if (isDiskFull(error)) probe(loop, bytes);
      else becomeFailed(loop, 0, error);
      return;
    }
    loop.condition = 'ready';
    answer(loop, { kind: 'room' });
  }, loop.probeEveryMs);
}

/** What is on the disk is unknown: nothing is written any more, not even a checkpoint. */
function becomeFailed(loop: Loop, count: number, error: unknown): void {
  loop.condition = 'failed';
  const message = `the disk of the ledger failed (${describe(error)}): what was being written may or may not be there`;
  answer(loop, { kind: 'rejected', count, code: 'LEDGER_IO', message });
}

function rejectAll(loop: Loop): void {
  const count = loop.queue.length;
  loop.queue = [];
  answer(
    loop,
    loop.condition === 'full'
      ? { kind: 'rejected', count, code: 'LEDGER_FULL', message: 'the disk of the ledger is full' }
      : { kind: 'rejected', count, code: 'LEDGER_IO', message: 'the disk of the ledger failed' },
  );
}

function shutDown(loop: Loop): void {
  const { state, lock } = loop.started;
  try {
    state.file.checkpoint('TRUNCATE', closeWaitMs);
    state.head.close();
    state.file.close();
  } catch (error) {
    // All that was answered is durable in the write-ahead log; the next start moves it.
    answer(loop, {
      kind: 'warning',
      text: `the ledger was closed without tidying up (${describe(error)})`,
    });
  }
  lock.release();
  answer(loop, { kind: 'closed' });
  loop.port.close();
}
