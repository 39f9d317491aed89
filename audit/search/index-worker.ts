/**
 * The index worker: a thread of its own that tails the ledger, keeps the index and answers
 * searches. Idle, it waits for a nudge; nudged, it lingers a moment so that a busy gateway pays
 * for one batch rather than for every commit. A search does not wait for that.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { openReader } from '../ledger/index.ts';
import { find } from './find.ts';
import type { FromWorker, ToWorker, WorkerSetup } from './messages.ts';
import { isDamage } from './store.ts';
import { indexBatch, openIndex } from './tail.ts';
import { makeTokenHash } from './token-hash.ts';

type Waiting = Extract<ToWorker, { kind: 'search' }>;

/** Milliseconds until the ledger is asked again for leaves that a waiting search knows of. */
const retryMs = 20;

const setup = workerData as WorkerSetup;
const tokenHash = makeTokenHash(setup.key);
const reader = openReader(setup.ledgerDirectory);
const { store, start } = openIndex(setup.file, reader, {
  origin: setup.origin,
  keyCheck: tokenHash('_id', ''),
});

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
  const { taken, unreadable } = indexBatch(store, reader, tokenHash);
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

function answer(search: Waiting): void {
  const page = find({ store, reader, tokenHash }, search.query);
  // Copied, since a Buffer may be a view of memory that it shares with others.
  const hits = page.hits.map((hit) => ({ ...hit, bytes: Uint8Array.from(hit.bytes) }));
  send(
    { kind: 'page', number: search.number, page: { hits, next: page.next } },
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
