/** One exchange on its way through the flow, and everything that it passes through. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  withoutCredentials,
  type Exchange,
  type RefusalReason,
  type RequestFacts,
} from '../audit/event/index.ts';
import type { Identifier } from '../smart/index.ts';
import type { HeldBytes } from './answer/budget.ts';
import type { Arrival } from './arrival.ts';
import { openCors, type Cors } from './cors.ts';
import type { Forwarder } from './forward/forward.ts';
import type { GateOptions } from './gate/index.ts';
import type { InFlight } from './in-flight.ts';
import type { GatewayMetrics, ProcessLog } from './options.ts';
import type { Recorder } from './recorder.ts';
import type { HeaderList } from './release.ts';
import { publicDocumentOf } from './smart/documents.ts';
import type { SmartFace } from './smart/smart-face.ts';
import type { BodyScan } from './scan/body-scan.ts';
import type { UrlMap } from './urls/index.ts';

/** Everything that an exchange passes through. */
export interface FlowOptions {
  readonly gate: GateOptions;
  readonly urls: UrlMap;
  readonly scan: BodyScan;
  readonly cors: Cors;
  readonly smart: SmartFace;
  readonly identifier: Identifier;
  readonly recorder: Recorder;
  readonly forwarder: Forwarder;
  readonly heldBytes: HeldBytes;
  /** Exchanges that may have the upstream's attention. */
  readonly inFlight: InFlight;
  readonly publicBaseUrl: string;
  readonly upstreamPath: string;
  readonly upstreamHost: string;
  readonly limits: {
    readonly requestBodyBytes: number;
    readonly heldAnswerBytes: number;
    readonly drainTimeoutMs: number;
  };
  readonly identityBudgetMs: number;
  readonly flagUninspectable: boolean;
  /** A reason when no new exchange may start. */
  readonly overload: () => RefusalReason | undefined;
  readonly clock: () => Date;
  readonly newId: () => string;
  readonly metrics: GatewayMetrics;
  readonly log: ProcessLog;
}

/** One exchange under way. */
export interface Course {
  readonly arrival: Arrival;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Headers of the gateway's own that every answer carries. */
  readonly headers: HeaderList;
}

/** The request ids and the CORS headers of an answer. */
export function ownHeaders(arrival: Arrival, cors: Cors): HeaderList {
  const headers = ['X-Request-Id', arrival.requestId];
  if (arrival.correlationId !== undefined) headers.push('X-Correlation-Id', arrival.correlationId);
  return [...headers, ...cors.headers(arrival.origin)];
}

/** SMART App Launch 2.2: smart-configuration and metadata are open to scripts of any origin. */
export function corsFor(rawTarget: string, options: Pick<FlowOptions, 'cors' | 'gate'>): Cors {
  const isPublic = publicDocumentOf(rawTarget, options.gate.basePath) !== undefined;
  return isPublic ? openCors : options.cors;
}

/** What is known of an exchange from its request alone. */
export type RequestSide = Omit<Exchange, 'peer' | 'identity' | 'endedAt' | 'answer'>;

/** The request side of an exchange. */
export function requestSide(arrival: Arrival, request: RequestFacts): RequestSide {
  return {
    requestId: arrival.requestId,
    ...(arrival.correlationId === undefined
      ? {}
      : { correlationId: withoutCredentials(arrival.correlationId) }),
    receivedAt: arrival.receivedAt,
    request,
  };
}
