/** What the composition root gives to the review face. Read once; never changes. */
import type { RecordContext } from '../audit/event/index.ts';
import type { Ledger } from '../audit/ledger/index.ts';
import type { Search } from '../audit/search/index.ts';

/** What a reader may do. Auditors read events; operators see health and metrics, no events. */
export type ReaderRole = 'auditor' | 'operator';

/** Someone who may ask. */
export interface Reader {
  /** Appears in the record of every access. */
  readonly name: string;
  readonly role: ReaderRole;
  /** SHA-256 of the bearer token: `digestToken` makes it. The token itself is not kept. */
  readonly tokenDigest: Uint8Array;
}

/** Whether traffic may be sent here. Names of checks are constants; no identifiers. */
export interface ReadinessReport {
  readonly ready: boolean;
  /** For instance `{ ledger: 'ok', disk: 'full' }`. */
  readonly checks: Readonly<Record<string, string>>;
}

/** Operational log lines: constants, ids, sizes and codes. */
export interface ReviewLog {
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
  error(fields: Readonly<Record<string, unknown>>, message: string): void;
}

/** See `createReviewApp`. */
export interface ReviewOptions {
  /** Public FHIR base without trailing slash, e.g. `http://localhost:8090/fhir`. */
  readonly publicBase: string;
  /**
   * `host[:port]` values that `Host` may have, besides that of `publicBase`. A page that had its
   * own name point at this listener (DNS rebinding) is refused by this.
   */
  readonly allowedHosts: readonly string[];
  readonly readers: readonly Reader[];
  /** Requests of one peer without a reader's credential that are recorded one by one in a minute. */
  readonly strangersPerPeerPerMinute: number;
  readonly ledger: Ledger;
  readonly search: Search;
  /** `audit.directory`: what an integrity check checks. */
  readonly auditDirectory: string;
  /** Its clock and its ids serve the review face too. */
  readonly record: RecordContext;
  readonly readiness: () => Promise<ReadinessReport>;
  /** Metrics in the Prometheus text format. */
  readonly metrics: () => Promise<string>;
  readonly log: ReviewLog;
}
