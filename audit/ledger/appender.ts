/**
 * The request thread's side of the ledger: posts appends to the writer thread and settles their
 * promises when it answers. The only code that makes receipts.
 *
 * Costs are kept off this thread: appends posted in one turn of the event loop travel as one
 * message, and one timer watches over all of them.
 */
import type { Worker } from 'node:worker_threads';
import { LedgerFault } from './fault.ts';
import type {
  AppendOptions,
  IntentEntry,
  IntentHandle,
  Ledger,
  LedgerState,
  QueueLoad,
  RecordEntry,
} from './ledger.ts';
import { readClocks } from './protocol.ts';
import type { FromWriter, ToWriter } from './protocol.ts';
import { makeReceipts } from './receipt.ts';
import type { Receipts } from './receipt.ts';
import { WaitingLine } from './waiting-line.ts';

/** What an appender needs of its surroundings. */
export interface AppenderOptions {
  readonly worker: Worker;
  readonly origin: string;
  readonly directory: string;
  readonly size: number;
  readonly clock: () => Date;
  readonly queueBytes: number;
  readonly appendTimeoutMs: number;
  readonly onWarning: (text: string) => void;
}

const longestSweepMs = 100;

/** The ledger as the rest of the process sees it. Owns the writer thread. */
export class Appender implements Ledger {
  readonly origin: string;
  readonly directory: string;
  readonly #options: AppenderOptions;
  readonly #waiting = new WaitingLine();
  readonly #stateListeners = new Set<(state: LedgerState) => void>();
  readonly #commitListeners = new Set<(size: number) => void>();
  readonly #ended: Promise<void>;
  #heads: number[] = [];
  #bodies: string[] = [];
  #state: LedgerState = { kind: 'ready' };
  #size: number;
  #sweeping = false;
  #closing = false;

  constructor(options: AppenderOptions) {
    this.origin = options.origin;
    this.directory = options.directory;
    this.#options = options;
    this.#size = options.size;
    const { worker } = options;
    worker.on('message', (message: FromWriter) => {
      this.#take(message);
    });
    worker.on('error', (error) => {
      this.#fail('the writer of the ledger ended unexpectedly', error);
    });
    this.#ended = new Promise((resolve) => {
      worker.on('exit', () => {
        this.#fail('the writer of the ledger has ended');
        resolve();
      });
    });
  }

  get state(): LedgerState {
    return this.#state;
  }

  get size(): number {
    return this.#size;
  }

  get load(): QueueLoad {
    return { bytes: this.#waiting.bytes, ageMs: this.#waiting.ageMs(performance.now()) };
  }

  admits(): boolean {
    const { bytes, ageMs } = this.load;
    const { queueBytes, appendTimeoutMs } = this.#options;
    return (
      this.#state.kind === 'ready' &&
      !this.#closing &&
      bytes <= queueBytes &&
      ageMs <= appendTimeoutMs / 2
    );
  }

  append(
    records: readonly [RecordEntry, ...RecordEntry[]],
    options?: AppendOptions,
  ): Promise<Receipts> {
    const bodies = records.map((record) => record.body);
    return this.#post(false, bodies, options, makeReceipts);
  }

  openIntent(
    intent: IntentEntry,
    options?: Pick<AppendOptions, 'timeoutMs'>,
  ): Promise<IntentHandle> {
    if (intent.bodies.some((body) => body.includes('\n'))) {
      return Promise.reject(new Error('a body of an intent must have no line break'));
    }
    return this.#post(true, intent.bodies, options, (leafIndex) => ({ leafIndex }));
  }

  onState(listener: (state: LedgerState) => void): void {
    this.#stateListeners.add(listener);
  }

  onCommit(listener: (size: number) => void): () => void {
    this.#commitListeners.add(listener);
    return () => {
      this.#commitListeners.delete(listener);
    };
  }

  close(): Promise<void> {
    if (!this.#closing) {
      this.#closing = true;
      if (this.#state.kind === 'failed') {
        return this.#options.worker.terminate().then(() => this.#ended);
      }
      this.#flush();
      this.#send({ kind: 'close' });
    }
    return this.#ended;
  }

  #post<T>(
    isIntent: boolean,
    bodies: readonly string[],
    options: AppendOptions | undefined,
    make: (firstLeaf: number, count: number) => T,
  ): Promise<T> {
    const bytes = bodies.reduce((sum, body) => sum + Buffer.byteLength(body), 0);
    const refusal = this.#refuse(bytes);
    if (refusal !== undefined) return Promise.reject(refusal);
    // One turn of the event loop brings many appends: they travel together.
    if (this.#heads.length === 0) {
      setImmediate(() => {
        this.#flush();
      });
    }
    this.#heads.push(isIntent ? 1 : 0, options?.settles?.leafIndex ?? -1, bodies.length);
    for (const body of bodies) this.#bodies.push(body);
    this.#sweepLater();
    return new Promise((resolve, reject) => {
      const postedAt = performance.now();
      const deadline = postedAt + (options?.timeoutMs ?? this.#options.appendTimeoutMs);
      this.#waiting.add({
        bytes,
        count: isIntent ? 1 : bodies.length,
        postedAt,
        deadline,
        committed: (firstLeaf, count) => {
          resolve(make(firstLeaf, count));
        },
        failed: reject,
      });
    });
  }

  #refuse(bytes: number): LedgerFault | undefined {
    if (this.#state.kind === 'failed') return this.#state.fault;
    if (this.#closing) {
      return new LedgerFault({ code: 'LEDGER_CLOSED', message: 'the ledger is closed' });
    }
    if (this.#state.kind === 'full') {
      return new LedgerFault({ code: 'LEDGER_FULL', message: 'the disk of the ledger is full' });
    }
    // Twice the bound of `admits`: the outcome of an exchange that was let in should still fit.
    const queued = this.#waiting.bytes;
    if (queued > 0 && queued + bytes > 2 * this.#options.queueBytes) {
      return new LedgerFault({
        code: 'LEDGER_QUEUE_FULL',
        message: `the queue of the ledger holds ${String(queued)} bytes`,
      });
    }
    return undefined;
  }

  #flush(): void {
    if (this.#heads.length === 0) return;
    const heads = this.#heads;
    const bodies = this.#bodies;
    this.#heads = [];
    this.#bodies = [];
    if (this.#state.kind === 'failed') return;
    this.#send({ kind: 'appends', reading: readClocks(this.#options.clock), heads, bodies });
  }

  #send(message: ToWriter): void {
    this.#options.worker.postMessage(message);
  }

  #take(message: FromWriter): void {
    // Everything that waited was failed then; the writer still rejects what had reached it.
    if (this.#state.kind === 'failed' && message.kind !== 'warning') return;
    switch (message.kind) {
      case 'committed':
        this.#size = message.size;
        for (const firstLeaf of message.firstLeaves) this.#waiting.commitOldest(firstLeaf);
        for (const listener of this.#commitListeners) listener(message.size);
        return;
      case 'rejected': {
        const { code, message: text } = message;
        const fatal = code === 'LEDGER_IO';
        const fault = new LedgerFault({ code, message: text, fatal });
        this.#waiting.failOldest(message.count, fault);
        if (fatal) this.#fail(text);
        else this.#become({ kind: 'full' });
        return;
      }
      case 'room':
        this.#become({ kind: 'ready' });
        return;
      case 'warning':
        this.#options.onWarning(message.text);
        return;
      case 'opened':
      case 'refused':
      case 'closed':
        return;
    }
  }

  #fail(message: string, cause?: unknown): void {
    if (this.#state.kind !== 'failed' && !(this.#closing && this.#waiting.isEmpty)) {
      const fault = new LedgerFault({ code: 'LEDGER_IO', message, fatal: true, cause });
      this.#become({ kind: 'failed', fault });
    }
    if (this.#state.kind === 'failed') this.#waiting.failAll(this.#state.fault);
  }

  #become(state: LedgerState): void {
    if (this.#state.kind === state.kind || this.#state.kind === 'failed') return;
    this.#state = state;
    for (const listener of this.#stateListeners) listener(state);
  }

  #sweepLater(): void {
    if (this.#sweeping) return;
    this.#sweeping = true;
    const delayMs = Math.min(longestSweepMs, this.#options.appendTimeoutMs / 10);
    setTimeout(() => {
      this.#sweeping = false;
      this.#waiting.expire(performance.now());
      if (!this.#waiting.isEmpty) this.#sweepLater();
    }, delayMs);
  }
}
