/**
 * The load: a number of keep-alive connections, each with one request outstanding (a closed loop), for
 * a given time. Answers are judged by the answer reader; only whole and correct ones are counted.
 */
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { answerReader } from './answer-reader.ts';
import type { AnswerFault } from './answer-reader.ts';
import { percentile } from './figures.ts';

/** One run of the load against one port of 127.0.0.1. */
export interface LoadOrder {
  readonly port: number;
  /** The request as it is sent, head and all, in latin1. */
  readonly request: string;
  /** The body that every answer must have. */
  readonly expected: Buffer;
  readonly connections: number;
  readonly durationMs: number;
  /** How long after the end of the run an outstanding answer may take. Default 10 seconds. */
  readonly graceMs?: number;
}

/** What came of it. Latencies are those of correct answers. */
export interface LoadResult {
  readonly requests: number;
  readonly elapsedMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Faults by kind, with the head of the first faulty answer. */
  readonly faults: Readonly<Partial<Record<AnswerFault, number>>>;
  readonly firstFaultHead: string | undefined;
}

const READ_BUFFER_BYTES = 65_536;
/** After so many faults a connection is not opened again: the run has failed anyway. */
const MAX_FAULTS = 100;

interface Tally {
  readonly latenciesMs: number[];
  readonly faults: Partial<Record<AnswerFault, number>>;
  faultCount: number;
  firstFaultHead: string | undefined;
}

/** Sends the load and resolves when every connection has its last answer. Does not reject. */
export async function runLoad(order: LoadOrder): Promise<LoadResult> {
  const tally: Tally = { latenciesMs: [], faults: {}, faultCount: 0, firstFaultHead: undefined };
  const startedMs = performance.now();
  await Promise.all(
    Array.from({ length: order.connections }, () =>
      driveConnection(order, startedMs + order.durationMs, tally),
    ),
  );
  const elapsedMs = performance.now() - startedMs;
  const sorted = Float64Array.from(tally.latenciesMs).sort();
  return {
    requests: sorted.length,
    elapsedMs,
    p50Ms: percentile(sorted, 50),
    p99Ms: percentile(sorted, 99),
    faults: tally.faults,
    firstFaultHead: tally.firstFaultHead,
  };
}

/** Keeps one connection busy until the deadline; opens it again when the server closes it. */
async function driveConnection(order: LoadOrder, deadlineMs: number, tally: Tally): Promise<void> {
  while (performance.now() < deadlineMs && tally.faultCount < MAX_FAULTS) {
    const fault = await useConnection(order, deadlineMs, tally);
    if (fault === undefined) continue;
    tally.faults[fault.kind] = (tally.faults[fault.kind] ?? 0) + 1;
    tally.faultCount += 1;
    tally.firstFaultHead ??= fault.head;
  }
}

interface ConnectionFault {
  readonly kind: AnswerFault;
  readonly head: string;
}

/** One connection from its opening to its end. Resolves with the fault that ended it, if any. */
function useConnection(
  order: LoadOrder,
  deadlineMs: number,
  tally: Tally,
): Promise<ConnectionFault | undefined> {
  return new Promise((resolve) => {
    const reader = answerReader(order.expected);
    let sentAtMs = 0;
    let done = false;
    const finish = (kind?: AnswerFault): void => {
      if (done) return;
      done = true;
      clearTimeout(stall);
      socket.destroy();
      resolve(kind === undefined ? undefined : { kind, head: reader.head() });
    };
    const stall = setTimeout(
      () => {
        finish('timed-out');
      },
      Math.max(deadlineMs - performance.now(), 0) + (order.graceMs ?? 10_000),
    );
    const send = (): void => {
      sentAtMs = performance.now();
      socket.write(order.request, 'latin1');
    };
    const take = (length: number, chunk: Uint8Array): boolean => {
      if (done) return false;
      const state = reader.read(chunk as Buffer, length);
      if (state === 'more') return true;
      if (state !== 'complete') {
        finish(state);
        return false;
      }
      const now = performance.now();
      tally.latenciesMs.push(now - sentAtMs);
      if (now >= deadlineMs || reader.closes()) finish();
      else send();
      return !done;
    };
    const socket: Socket = connect({
      host: '127.0.0.1',
      port: order.port,
      noDelay: true,
      // One buffer for each connection, read into again and again: no allocation for a chunk.
      onread: { buffer: Buffer.allocUnsafe(READ_BUFFER_BYTES), callback: take },
    });
    socket.once('connect', send);
    socket.once('error', () => {
      finish(reader.end());
    });
    socket.once('close', () => {
      finish(reader.end());
    });
  });
}
