/** The search as others see it: what it is opened with, and what it does. */
import type { SearchPage, SearchQuery } from './query.ts';

/** What `openSearch` needs. */
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
   * One page, out of at least the first `atLeastSize` leaves. With the size that the ledger had
   * when the question arrived, a reviewer reads whatever has been released.
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
