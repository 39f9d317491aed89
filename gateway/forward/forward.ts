/**
 * The seam between the flow and whatever carries a request to the upstream. Stage 3 of 6. A
 * forwarder never sees the client's socket: it gets a complete request and gives back a head, the
 * body as an async sequence of chunks, and a verdict on how the body ended.
 */
import type { UnreachableReason } from '../../audit/event/index.ts';

/** A complete request for the upstream. */
export interface ForwardRequest {
  readonly method: string;
  /** Path and query on the upstream's origin, exactly as to be sent. */
  readonly target: string;
  /** Headers to send, lower-case names, without framing ones. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | undefined;
}

/** Status line and headers of an answer. */
export interface AnswerHead {
  readonly status: number;
  readonly statusText: string;
  /** Name, value, name, value, ... as received. */
  readonly rawHeaders: readonly string[];
  /** How the end of the body is known; `none` for answers that have none by definition. */
  readonly framing: 'length' | 'chunked' | 'until-close' | 'none';
}

/** How a body ended. Known once the chunks have been read to their end. */
export type Verdict = 'complete' | 'cut-short' | 'too-long' | 'timed-out' | 'cancelled';

/** What came of a request. Never an exception: each case is recorded. */
export type Forwarded =
  | {
      readonly kind: 'answered';
      readonly head: AnswerHead;
      /** To be read once, to its end. Ends early, without throwing, on any verdict but complete. */
      readonly chunks: AsyncIterable<Uint8Array>;
      verdict(): Verdict;
    }
  | { readonly kind: 'unreachable'; readonly reason: UnreachableReason }
  | { readonly kind: 'timed-out' }
  | { readonly kind: 'cancelled' };

/** Sends a request to the upstream. Always the same one: nothing in a request can choose it. */
export interface Forwarder {
  /**
   * @param signal Aborting it gives the request up (`cancelled`). Not to be aborted for a request
   *   that can change the EHR: its outcome would be unknown.
   * @param maxBodyBytes Reading stops with `too-long` beyond it.
   */
  forward(request: ForwardRequest, signal: AbortSignal, maxBodyBytes: number): Promise<Forwarded>;
  /** Closes idle connections. */
  close(): void;
}
