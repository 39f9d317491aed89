/**
 * What the ledger offers to the rest of Chaperone: an append-only, durable, tamper-evident log of
 * bytes. It never sees FHIR. The types here are the seam; `open.ts` makes a `Ledger`.
 */
import type { LedgerFault } from './fault.ts';
import type { Receipts } from './receipt.ts';

/** One record: the exact text that is hashed, stored and served. */
export interface RecordEntry {
  readonly kind: 'record';
  /** The AuditEvent as JSON text. Its UTF-8 bytes are what the leaf commits to. */
  readonly body: string;
}

/**
 * What will be recorded when nothing more becomes known of a change that is about to be forwarded:
 * complete AuditEvents ("effect unknown"), so that recovery needs to know no FHIR.
 */
export interface IntentEntry {
  readonly kind: 'intent';
  /** At least one AuditEvent as JSON text, without line breaks (they are joined by LF). */
  readonly bodies: readonly [string, ...string[]];
}

/** Names an intent that is on stable storage and not yet settled. */
export interface IntentHandle {
  readonly leafIndex: number;
}

/** Options of one append. */
export interface AppendOptions {
  /** The intent that these records settle: closed in the same transaction. */
  readonly settles?: IntentHandle;
  /** Milliseconds until the promise rejects with `LEDGER_APPEND_TIMEOUT`. Default: the ledger's. */
  readonly timeoutMs?: number;
}

/** Whether the ledger takes records. */
export type LedgerState =
  | { readonly kind: 'ready' }
  /** The disk is full: appends fail with `LEDGER_FULL` until there is room; nothing is lost. */
  | { readonly kind: 'full' }
  /** We do not know what is on disk: nothing is taken any more, the process must end. */
  | { readonly kind: 'failed'; readonly fault: LedgerFault };

/** Load of the queue between the request thread and the writer. */
export interface QueueLoad {
  /** Bytes of bodies that were posted and are not yet acknowledged. */
  readonly bytes: number;
  /** Milliseconds since the oldest unacknowledged append was posted; 0 when there is none. */
  readonly ageMs: number;
}

/** The append side. One per process and folder; holds the single-writer lock until `close`. */
export interface Ledger {
  /** `<configured origin>/<epoch>`. */
  readonly origin: string;
  /** Folder of the files of this origin and epoch, for readers (`openReader`). */
  readonly directory: string;
  /**
   * Appends all records in one transaction. When it resolves, the bytes survive power loss
   * (committed with fsync). Rejects with a `LedgerFault`:
   * `LEDGER_QUEUE_FULL` (not posted), `LEDGER_FULL` (rolled back), `LEDGER_APPEND_TIMEOUT` (its
   * `late` promise tells what became of it), `LEDGER_IO` (unknown; fatal), `LEDGER_CLOSED`.
   */
  append(
    records: readonly [RecordEntry, ...RecordEntry[]],
    options?: AppendOptions,
  ): Promise<Receipts>;
  /** Appends an intent, durable when it resolves. Same faults as `append`. */
  openIntent(
    intent: IntentEntry,
    options?: Pick<AppendOptions, 'timeoutMs'>,
  ): Promise<IntentHandle>;
  /** True when a new exchange may start: ready, queue under its bound, queue not stalled. */
  admits(): boolean;
  readonly state: LedgerState;
  readonly load: QueueLoad;
  /** Number of leaves known to be committed. Never decreases. */
  readonly size: number;
  /** Calls back (once per change, on the request thread) when `state` changes. */
  onState(listener: (state: LedgerState) => void): void;
  /** Calls back after each commit with the new size. Returns a function that unsubscribes. */
  onCommit(listener: (size: number) => void): () => void;
  /** Waits for all posted appends, closes the files, releases the lock. */
  close(): Promise<void>;
}

/** One leaf as stored. `body` is undefined once it was purged. */
export interface StoredLeaf {
  readonly leafIndex: number;
  readonly kind: LeafKind;
  /** Milliseconds since 1970 of the commit, as the leaf carries it. */
  readonly committedMs: number;
  /** Leaf index of the intent that this leaf settles or carries on; undefined when none. */
  readonly refersTo: number | undefined;
  /** Exact UTF-8 bytes. */
  readonly body: Uint8Array | undefined;
}

/** Kinds of leaf, in the order of their byte values (from 1): `docs/ledger-format.md`. */
export type LeafKind =
  | 'record'
  | 'intent'
  | 'carried-intent'
  | 'purge'
  | 'hold'
  | 'hold-release'
  | 'key-rotation'
  | 'epoch-start'
  | 'clock-step'
  | 'configuration-change'
  | 'heartbeat'
  | 'recovery';

/**
 * Read side: opens the files read-only, also while another thread or process writes them.
 * Synchronous (SQLite), so to be used in a worker or a short-lived command.
 */
export interface LedgerReader {
  /** Number of leaves committed now. */
  size(): number;
  /** Leaves from `first` on, at most `limit`, in order. Empty at the end of the ledger. */
  read(first: number, limit: number): readonly StoredLeaf[];
  /** One leaf; undefined when there is none at that index. */
  readOne(leafIndex: number): StoredLeaf | undefined;
  close(): void;
}
