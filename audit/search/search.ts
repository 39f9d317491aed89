/**
 * The search over the record, as the request thread sees it: questions go to the index worker and
 * come back as pages of the exact bytes. Nothing here is in the path of a commit.
 */
import { Worker } from 'node:worker_threads';
import { SearchFault } from './fault.ts';
import type { FromWorker, ToWorker, WorkerSetup } from './messages.ts';
import type { SearchPage, SearchQuery } from './query.ts';

/** What {@link openSearch} needs. */
export interface SearchOptions {
  /** Folder of the ledger's files (`Ledger.directory`). */
  readonly ledgerDirectory: string;
  /** `Ledger.origin`: an index of another origin is built anew. */
  readonly origin: string;
  /** The index file; made when missing. Its folder must exist. */
  readonly file: string;
  /** Key of the token hashes, at least 16 bytes; kept apart from the index and the ledger. */
  readonly key: Uint8Array;
  /** Called with a constant sentence when the index is built anew or its worker failed. */
  readonly onWarning?: (message: string) => void;
  /** Milliseconds a search waits for the index before it fails with `SEARCH_BEHIND`. */
  readonly waitMs?: number;
  /** Milliseconds between a nudge and the batch that it causes. */
  readonly lingerMs?: number;
}

/** Search and read over all events of one ledger. */
export interface Search {
  /**
   * One page, newest first, out of at least the first `atLeastSize` leaves. With the size that
   * the ledger had when the question arrived, a reviewer reads whatever has been released.
   *
   * Rejects with a `SearchFault`.
   */
  search(query: SearchQuery, atLeastSize: number): Promise<SearchPage>;
  /**
   * The committed bytes of the event with this id; undefined when there is none.
   *
   * @param atLeastSize As for `search`; without it, what has been notified.
   */
  read(id: string, atLeastSize?: number): Promise<Uint8Array | undefined>;
  /** Tells that the ledger has grown to `size`. Cheap: to be called after every commit. */
  notify(size: number): void;
  /** Leaves that are known to be indexed. */
  position(): number;
  /** Ends the worker; waiting searches reject with `SEARCH_CLOSED`. */
  close(): Promise<void>;
}

/** Searches that may wait at the same time. */
const maxWaiting = 256;
/** A worker that failed is not started again sooner than this. */
const restartMs = 1000;

/** Opens the search over a ledger and starts its worker. Rejects when that cannot start. */
export async function openSearch(options: SearchOptions): Promise<Search> {
  const search = new WorkerSearch(options);
  await search.start();
  return search;
}

interface Pending {
  readonly resolve: (page: SearchPage) => void;
  readonly reject: (fault: SearchFault) => void;
  readonly timer: NodeJS.Timeout;
}

class WorkerSearch implements Search {
  readonly #options: SearchOptions;
  readonly #pending = new Map<number, Pending>();
  #worker: Worker | undefined;
  #startedAt = 0;
  #position = 0;
  #notified = 0;
  /** True while a nudge is on its way: the next one waits for the position that answers it. */
  #nudged = false;
  #number = 0;
  #closed = false;

  constructor(options: SearchOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const worker = this.#spawn();
    await new Promise<void>((resolve, reject) => {
      worker.once('message', () => {
        resolve();
      });
      worker.once('error', (cause) => {
        reject(fault('SEARCH_FAILED', cause));
      });
    });
  }

  search(query: SearchQuery, atLeastSize: number): Promise<SearchPage> {
    if (this.#closed) return Promise.reject(fault('SEARCH_CLOSED'));
    if (this.#pending.size >= maxWaiting) return Promise.reject(fault('SEARCH_BUSY'));
    const worker = this.#running();
    if (worker === undefined) return Promise.reject(fault('SEARCH_FAILED'));
    const number = this.#number++;
    return new Promise<SearchPage>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#post({ kind: 'cancel', number });
        this.#take(number)?.reject(fault('SEARCH_BEHIND'));
      }, this.#options.waitMs ?? 10_000);
      this.#pending.set(number, { resolve, reject, timer });
      this.#post({ kind: 'search', number, query, atLeastSize });
    });
  }

  async read(id: string, atLeastSize = this.#notified): Promise<Uint8Array | undefined> {
    const clauses = [{ parameter: '_id' as const, anyOf: [{ value: id }] }];
    const query: SearchQuery = { clauses, within: undefined, count: 1, before: undefined };
    const page = await this.search(query, atLeastSize);
    return page.hits[0]?.bytes;
  }

  notify(size: number): void {
    this.#notified = Math.max(this.#notified, size);
    if (this.#nudged || this.#closed || this.#notified <= this.#position) return;
    if (this.#running() === undefined) return;
    this.#nudged = true;
    this.#post({ kind: 'nudge', size: this.#notified });
  }

  position(): number {
    return this.#position;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#rejectAll('SEARCH_CLOSED');
    const worker = this.#worker;
    if (worker === undefined) return;
    const ended = new Promise<void>((resolve) => {
      worker.once('exit', () => {
        resolve();
      });
    });
    this.#post({ kind: 'close' });
    await ended;
  }

  /** The worker, started again when it has failed a while ago. */
  #running(): Worker | undefined {
    if (this.#worker === undefined && performance.now() - this.#startedAt >= restartMs) {
      return this.#spawn();
    }
    return this.#worker;
  }

  #spawn(): Worker {
    const { ledgerDirectory, origin, file, key, lingerMs = 250 } = this.#options;
    const setup: WorkerSetup = { ledgerDirectory, origin, file, key, lingerMs };
    const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js';
    const worker = new Worker(new URL(`./index-worker${extension}`, import.meta.url), {
      workerData: setup,
    });
    worker.on('message', (message: FromWorker) => {
      this.#receive(message);
    });
    worker.on('error', () => {
      this.#options.onWarning?.('The search worker failed and will be started again.');
    });
    worker.on('exit', () => {
      if (this.#worker === worker) this.#worker = undefined;
      this.#nudged = false;
      this.#rejectAll('SEARCH_FAILED');
    });
    this.#worker = worker;
    this.#startedAt = performance.now();
    return worker;
  }

  #receive(message: FromWorker): void {
    switch (message.kind) {
      case 'ready':
      case 'position':
        this.#position = message.position;
        this.#nudged = false;
        this.notify(this.#notified);
        return;
      case 'page':
        this.#take(message.number)?.resolve(message.page);
        return;
      case 'warning':
        this.#options.onWarning?.(message.message);
        return;
    }
  }

  #post(message: ToWorker): void {
    this.#worker?.postMessage(message);
  }

  #take(number: number): Pending | undefined {
    const pending = this.#pending.get(number);
    this.#pending.delete(number);
    clearTimeout(pending?.timer);
    return pending;
  }

  #rejectAll(code: 'SEARCH_FAILED' | 'SEARCH_CLOSED'): void {
    for (const number of [...this.#pending.keys()]) this.#take(number)?.reject(fault(code));
  }
}

const messages = {
  SEARCH_BEHIND: 'The search index has not caught up with the ledger.',
  SEARCH_BUSY: 'Too many searches are waiting.',
  SEARCH_FAILED: 'The search index could not answer.',
  SEARCH_CLOSED: 'The search is closed.',
};

function fault(code: keyof typeof messages, cause?: unknown): SearchFault {
  return new SearchFault({ code, message: messages[code], cause });
}
