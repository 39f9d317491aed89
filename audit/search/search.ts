/**
 * The search over the record, as the request thread sees it: questions go to the index worker and
 * come back as pages of the exact bytes. Nothing here is in the path of a commit.
 */
import { Worker } from 'node:worker_threads';
import { searchFault as fault } from './fault.ts';
import type { SearchFault } from './fault.ts';
import type { FromWorker, ToWorker, WorkerSetup } from './messages.ts';
import type { Search, SearchOptions } from './search-options.ts';
import { queryForId } from './query.ts';
import type { SearchPage, SearchQuery } from './query.ts';

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
    const page = await this.search(queryForId(id), atLeastSize);
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
      case 'fault':
        this.#take(message.number)?.reject(fault(message.code));
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
