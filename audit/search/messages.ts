/** What the request thread and the index worker say to each other. */
import type { SearchFaultCode } from './fault.ts';
import type { SearchPage, SearchQuery } from './query.ts';

/** `workerData` of the index worker. */
export interface WorkerSetup {
  readonly ledgerDirectory: string;
  readonly origin: string;
  readonly file: string;
  readonly key: Uint8Array;
  readonly lingerMs: number;
}

/** To the worker. */
export type ToWorker =
  /** The ledger has grown to `size`. */
  | { readonly kind: 'nudge'; readonly size: number }
  | {
      readonly kind: 'search';
      readonly number: number;
      readonly query: SearchQuery;
      readonly atLeastSize: number;
    }
  /** Nobody waits for this answer any more. */
  | { readonly kind: 'cancel'; readonly number: number }
  | { readonly kind: 'close' };

/** From the worker. */
export type FromWorker =
  | { readonly kind: 'ready'; readonly position: number }
  | { readonly kind: 'position'; readonly position: number }
  | { readonly kind: 'page'; readonly number: number; readonly page: SearchPage }
  | { readonly kind: 'fault'; readonly number: number; readonly code: SearchFaultCode }
  | { readonly kind: 'warning'; readonly message: string };
