/**
 * One exchange: one request on the app face and what came back, including "nothing". Made by the
 * gateway, turned into AuditEvents by `describe`. Immutable; holds no credential.
 */
import type { Identity } from '../../smart/index.ts';

/** Where a request came from. */
export interface Peer {
  /** Address of the client: the TCP peer, or what a trusted proxy said. */
  readonly address: string;
  /** The raw `X-Forwarded-For`/`Forwarded` chain when the peer is a trusted proxy. */
  readonly forwardedChain?: string;
}

/** The request as received, credentials left out. */
export interface RequestFacts {
  /** As sent, upper case for the known ones. */
  readonly method: string;
  /** Exact request target as received (`/fhir/Patient?name=x`), except `access_token` values. */
  readonly target: string;
  /** Path below the FHIR base, without leading slash or query: `Patient/1`, ``, `$export`. Undefined
   *  when the target could not be placed under the base. Still percent-encoded. */
  readonly path: string | undefined;
  /** Query without `?`, still encoded, URLs of the gateway mapped to the upstream's. */
  readonly query: string;
  /** Allow-listed request headers, lower-case names. Never Authorization or Cookie. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body as sent to the upstream; undefined when there was none. Never stored for changes. */
  readonly body: Uint8Array | undefined;
}

/** The parts of an upstream answer that the record is made from. */
export interface AnswerFacts {
  readonly status: number;
  /** Lower-case names; only those of the allow-list (etag, location, content-location, ...). */
  readonly headers: Readonly<Record<string, string>>;
  readonly inspection: Inspection;
  /** Decoded bytes received. */
  readonly bodyBytes: number;
}

/** What could be understood of a body. */
export type Inspection =
  | { readonly kind: 'none' }
  /** A JSON document; `json` is its value, to be treated as read-only. */
  | { readonly kind: 'json'; readonly json: unknown }
  /** Not FHIR JSON, and allowed to pass: flagged, with size and digest. */
  | {
      readonly kind: 'opaque';
      readonly mediaType: string;
      readonly bytes: number;
      /** SHA-256, base64. */
      readonly digest: string;
    };

/** How an exchange ended. */
export type Answer =
  /** The upstream answered completely and the answer is (about to be) released. */
  | ({ readonly kind: 'answered' } & AnswerFacts)
  /** The gateway refused, before or after contact with the upstream. */
  | {
      readonly kind: 'refused';
      readonly status: number;
      readonly reason: LocalReason;
      /** The upstream's answer that was withheld, when there was one. */
      readonly withheld?: Pick<AnswerFacts, 'status' | 'headers' | 'bodyBytes'>;
    }
  | { readonly kind: 'unreachable'; readonly status: 502; readonly reason: UnreachableReason }
  | { readonly kind: 'timed-out'; readonly status: 504 }
  /** The client left before anything could be released; `upstream` is what came of it, if known. */
  | { readonly kind: 'client-gone'; readonly upstream?: AnswerFacts }
  /** The upstream failed, and an earlier copy of its SMART configuration was released instead. */
  | {
      readonly kind: 'stale-copy';
      readonly status: 200;
      readonly ageSeconds: number;
      /** How the upstream failed: its status, or why there was none. */
      readonly failure: number | UnreachableReason | 'timed-out';
    }
  /** A bug of ours: the request ended with 500. */
  | { readonly kind: 'failed'; readonly status: 500 };

/** Why the gateway itself refused. `gateway/faults.ts` has status and issue code for each. */
export type RefusalReason =
  | 'malformed-request'
  | 'http-version'
  | 'target-refused'
  | 'host-unknown'
  | 'header-duplicate'
  | 'header-limit'
  | 'header-refused'
  | 'expectation-unknown'
  | 'upgrade-refused'
  | 'method-unknown'
  | 'body-not-allowed'
  | 'body-too-large'
  | 'body-incomplete'
  | 'body-encoding-unknown'
  | 'request-timeout'
  | 'connection-closed'
  | 'not-found'
  | 'not-acceptable'
  | 'unsupported-media-type'
  | 'preflight-refused'
  | 'overloaded'
  | 'ledger-unavailable'
  | 'shutting-down'
  | 'too-costly'
  | 'answer-cut-short'
  | 'answer-framing'
  | 'answer-encoding'
  | 'answer-redirect'
  | 'answer-uninspectable'
  | 'form-expected'
  | 'authorization-endpoint-unknown'
  | 'authorization-endpoint-unavailable'
  | 'launch-refused'
  | 'launch-unknown';

/** What the gateway answered by itself, before any contact with the upstream: refusals, and CORS
 *  preflights that it allowed (status 204, outcome 0). */
export type LocalReason = RefusalReason | 'preflight-answered';

/** What the review face answered to one who is no reader: `review-` and the reason in errors.md. */
export type ReviewReason = `review-${string}`;

/** What may be counted instead of being recorded one by one. */
export type CountedReason = LocalReason | ReviewReason;

/** Why no answer could be had. */
export type UnreachableReason = 'connect' | 'connect-timeout' | 'reset' | 'protocol';

/** One request and what came back. */
export interface Exchange {
  /** The `X-Request-Id` that was returned and sent upstream. */
  readonly requestId: string;
  /** An inbound `X-Request-Id`, if there was one. */
  readonly correlationId?: string;
  readonly receivedAt: Date;
  /** When the answer was complete (or given up). */
  readonly endedAt: Date;
  readonly peer: Peer;
  readonly request: RequestFacts;
  readonly identity: Identity;
  readonly answer: Answer;
}

/** Constant facts about this gateway, and its sources of ids and time. */
export interface RecordContext {
  /** `<origin>/<epoch>` of the ledger: identifies the observer. */
  readonly origin: string;
  /** Public FHIR base of the app face, without trailing slash. */
  readonly gatewayBase: string;
  /** FHIR base of the upstream, without trailing slash. */
  readonly upstreamBase: string;
  readonly softwareVersion: string;
  readonly clock: () => Date;
  /** A new ULID. */
  readonly newId: () => string;
}

/** A finished AuditEvent: what the ledger stores and the review face serves. */
export interface DescribedEvent {
  readonly id: string;
  /** JSON text, one line. */
  readonly body: string;
}
