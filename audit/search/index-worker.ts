/**
 * The index worker: a thread of its own that tails the ledger, keeps the index and answers
 * searches. Idle, it waits for a nudge; nudged, it lingers a moment so that a busy gateway pays
 * for one batch rather than for every commit. A search does not wait for that.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { openReader } from '../ledger/index.ts';
import { SearchFault } from './fault.ts';
import { find } from './find.ts';
import { isDamage } from './index-file.ts';
import type { FromWorker, ToWorker, WorkerSetup } from './messages.ts';
import type { SearchPage } from './query.ts';
import { indexBatch, openIndex } from './tail.ts';
import { makeTokens } from './tokens.ts';

type Waiting = Extract<ToWorker, { kind: 'search' }>;

/** Milliseconds until the ledger is asked again for leaves that a waiting search knows of. */
const retryMs = 20;
/** Leaves in one transaction, so long does a search have to wait for its turn. */
const batchLeaves = 1000;
/** The same while no search waits: larger transactions are faster when there is much to do. */
const bulkLeaves = 8000;

const setup = workerData as WorkerSetup;
const reader = openReader(setup.ledgerDirectory);
const { index, start } = openIndex(
  setup.file,
  reader,
  setup.origin,
  setup.key,
  makeTokens(setup.key),
);
const { store } = index;

let waiting: readonly Waiting[] = [];
let wanted = reader.size();
let timer: NodeJS.Timeout | undefined;
let timerMs = Infinity;

/** Sends a message; byte arrays in it are handed over, not copied. */
function send(message: FromWorker, transfer: ArrayBuffer[] = []): void {
  parentPort?.postMessage(message, transfer);
}

/** Runs `step` after so many milliseconds, or sooner when it is already due sooner. */
function schedule(ms: number): void {
  if (timer !== undefined && timerMs <= ms) return;
  clearTimeout(timer);
  timerMs = ms;
  timer = setTimeout(() => {
    guard(step);
  }, ms);
}

/** An error ends the worker, and the next question starts another; a damaged file goes first. */
function guard(action: () => void): void {
  try {
    action();
  } catch (cause) {
    if (isDamage(cause)) store.destroy();
    throw cause;
  }
}

/** One batch, then the searches that have become answerable, then the event loop's turn. */
function step(): void {
  timer = undefined;
  const { taken, unreadable } = indexBatch(
    index,
    reader,
    waiting.length > 0 ? batchLeaves : bulkLeaves,
  );
  if (unreadable > 0) {
    send({ kind: 'warning', message: `${String(unreadable)} records cannot be searched.` });
  }
  if (taken > 0) send({ kind: 'position', position: store.position });
  answerWaiting();
  if (store.position < wanted && taken > 0) schedule(0);
  else if (waiting.length > 0) schedule(retryMs);
}

function answerWaiting(): void {
  const due = waiting.filter((search) => search.atLeastSize <= store.position);
  waiting = waiting.filter((search) => search.atLeastSize > store.position);
  for (const search of due) answer(search);
}

function answer({ number, query }: Waiting): void {
  let page: SearchPage;
  try {
    page = find({ ...index, reader }, query);
  } catch (cause) {
    if (!(cause instanceof SearchFault)) throw cause;
    send({ kind: 'fault', number, code: cause.code });
    return;
  }
  // Copied, since a Buffer may be a view of memory that it shares with others.
  const hits = page.hits.map((hit) => ({ ...hit, bytes: Uint8Array.from(hit.bytes) }));
  send(
    { kind: 'page', number, page: { ...page, hits } },
    hits.map((hit) => hit.bytes.buffer),
  );
}

function receive(message: ToWorker): void {
  switch (message.kind) {
    case 'nudge':
      wanted = Math.max(wanted, message.size);
      if (store.position < wanted) schedule(setup.lingerMs);
      return;
    case 'search':
      waiting = [...waiting, message];
      answerWaiting();
      if (waiting.length > 0) schedule(0);
      return;
    case 'cancel':
      waiting = waiting.filter((search) => search.number !== message.number);
      return;
    case 'close':
      clearTimeout(timer);
      store.close();
      reader.close();
      parentPort?.close();
      return;
  }
}

if (start === 'unusable' || start === 'other-history') {
  send({ kind: 'warning', message: 'The search index did not fit and is built anew.' });
}
parentPort?.on('message', (message: ToWorker) => {
  guard(() => {
    receive(message);
  });
});
send({ kind: 'ready', position: store.position });
if (store.position < wanted) schedule(0);
