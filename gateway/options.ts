/** What the composition root gives to the app face. All of it is read once and never changes. */
import type { RecordContext } from '../audit/event/index.ts';
import type { Ledger } from '../audit/ledger/index.ts';
import type { Identifier } from '../smart/index.ts';
import type { SmartOptions } from './smart/smart-face.ts';

/** Limits of the app face; sizes in bytes, times in milliseconds. */
export interface GatewayLimits {
  readonly headerCount: number;
  readonly headerBytes: number;
  readonly requestBodyBytes: number;
  readonly heldAnswerBytes: number;
  readonly heldTotalBytes: number;
  readonly inFlight: number;
  readonly connectTimeoutMs: number;
  readonly answerTimeoutMs: number;
  readonly drainTimeoutMs: number;
  readonly refusalsPerPeerPerMinute: number;
}

/** Where and how to listen. */
export interface ListenOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** PEM; undefined: plain http. */
  readonly tls?: { readonly certificate: string; readonly key: string };
}

/** Counts what happens, without identifiers. */
export interface GatewayMetrics {
  /** An exchange ended: `released`, or why not. */
  exchange(outcome: string): void;
  /** Milliseconds that an append took, as seen by the request thread. */
  appendMs(value: number): void;
}

/** Operational log lines: constants, ids, sizes and codes; never a header, query or FHIR content. */
export interface ProcessLog {
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
  error(fields: Readonly<Record<string, unknown>>, message: string): void;
}

/** See `createGateway`. */
export interface GatewayOptions {
  readonly listen: ListenOptions;
  /** Public FHIR base without trailing slash; undefined: the bound address with `/fhir`. */
  readonly publicBaseUrl?: string;
  readonly allowedHosts: readonly string[];
  readonly trustedProxies: readonly string[];
  readonly cookieAllowList: readonly string[];
  readonly allowedOrigins: readonly string[];
  readonly upstream: {
    /** Without trailing slash. */
    readonly baseUrl: string;
    readonly aliases: readonly string[];
    /** PEM of the authority that signed the upstream's certificate. */
    readonly ca?: string;
  };
  readonly onUninspectable: 'refuse' | 'flag';
  readonly identityBudgetMs: number;
  readonly limits: GatewayLimits;
  readonly ledger: Ledger;
  readonly identifier: Identifier;
  /** Discovery, authorization requests, launches. */
  readonly smart: SmartOptions;
  /** Everything of the record's context but the public base, which is known once bound. */
  readonly record: Omit<RecordContext, 'gatewayBase'>;
  readonly metrics: GatewayMetrics;
  readonly log: ProcessLog;
}
