/**
 * Puts what happened on record: events and intents into the ledger, addenda behind them, refusals
 * within their rate. Stages 4 and 5 of 6 (describe, append). The only caller of the ledger on the
 * app face.
 */
import {
  describe,
  describeAddendum,
  describeIntent,
  describeRefusals,
  type Addendum,
  type DescribedEvent,
  type Exchange,
  type Peer,
  type RecordContext,
  type LocalReason,
} from '../audit/event/index.ts';
import {
  LedgerFault,
  type IntentHandle,
  type Ledger,
  type Receipts,
  type RecordEntry,
} from '../audit/ledger/index.ts';
import type { GatewayMetrics, ProcessLog } from './options.ts';
import type { RefusalCover } from './release.ts';
import { createRefusals } from './refusals.ts';

/** A durable record: what may be released now, and the ids that an addendum would name. */
export interface Recorded {
  readonly receipts: Receipts;
  readonly ids: readonly string[];
}

/** See `createRecorder`. */
export interface Recorder {
  /**
   * Describes an exchange and appends its events in one transaction. Durable when it resolves.
   * Rejects with a `LedgerFault` only; after a timeout an addendum follows by itself when the
   * append was committed after all.
   */
  record(exchange: Exchange, settles?: IntentHandle): Promise<Recorded>;
  /** Records that a change is about to be forwarded. Durable when it resolves; `LedgerFault`. */
  intend(exchange: Omit<Exchange, 'answer' | 'endedAt'>): Promise<IntentHandle>;
  /** Records a refusal made before any contact with the upstream, or counts it. Never rejects. */
  refuse(peer: Peer, reason: LocalReason, exchange: () => Exchange): Promise<RefusalCover>;
  /** Counts what could not be recorded because the ledger takes nothing. */
  countUnrecorded(peer: Peer): void;
  /** Appends an addendum in the background. */
  follow(addendum: Addendum): void;
  /** Writes the counts of refusals. Called once a minute, and at the end. */
  flush(): Promise<void>;
  /** Resolves when no addendum is under way. */
  settled(): Promise<void>;
}

/** What a recorder works with. */
export interface RecorderOptions {
  readonly ledger: Ledger;
  readonly context: RecordContext;
  readonly refusalsPerPeerPerMinute: number;
  readonly metrics: GatewayMetrics;
  readonly log: ProcessLog;
}

/** Makes a recorder. */
export function createRecorder(options: RecorderOptions): Recorder {
  const { ledger, context, log } = options;
  const refusals = createRefusals(options.refusalsPerPeerPerMinute, context.clock);
  const background = new Set<Promise<void>>();

  const inBackground = (work: Promise<unknown>, what: string): void => {
    const done = work.then(
      () => undefined,
      (error: unknown) => {
        log.error({ code: codeOf(error) }, what);
      },
    );
    background.add(done);
    void done.then(() => background.delete(done));
  };

  const append = async (
    events: readonly [DescribedEvent, ...DescribedEvent[]],
    settles: IntentHandle | undefined,
  ): Promise<Receipts> => {
    const startedMs = performance.now();
    const receipts = await ledger.append(
      events.map(toEntry) as [RecordEntry, ...RecordEntry[]],
      settles === undefined ? {} : { settles },
    );
    options.metrics.appendMs(performance.now() - startedMs);
    return receipts;
  };

  const follow = (addendum: Addendum): void => {
    inBackground(append([describeAddendum(addendum, context)], undefined), 'addendum not recorded');
  };

  const record = async (exchange: Exchange, settles?: IntentHandle): Promise<Recorded> => {
    const events = describe(exchange, context);
    const ids = events.map((event) => event.id);
    try {
      return { receipts: await append(events, settles), ids };
    } catch (error) {
      if (error instanceof LedgerFault && error.late !== undefined) {
        // The client is told 503; if the append is committed after all, the record must say so.
        void error.late.then(
          () => {
            follow({ kind: 'recorded-late', originals: ids, requestId: exchange.requestId });
          },
          () => undefined,
        );
      }
      throw error;
    }
  };

  return {
    record,
    follow,
    async intend(exchange) {
      const events = describeIntent(exchange, context);
      return ledger.openIntent({
        kind: 'intent',
        bodies: events.map((event) => event.body) as [string, ...string[]],
      });
    },
    async refuse(peer, reason, exchange) {
      if (ledger.state.kind !== 'ready') {
        refusals.count(peer, reason);
        return { kind: 'unrecordable' };
      }
      if (!refusals.admits(peer, reason)) return { kind: 'aggregated' };
      try {
        const recorded = await record(exchange());
        return { kind: 'recorded', receipts: recorded.receipts };
      } catch (error) {
        if (!(error instanceof LedgerFault)) throw error;
        refusals.count(peer, reason);
        return { kind: 'unrecordable' };
      }
    },
    countUnrecorded(peer) {
      refusals.count(peer, 'ledger-unavailable');
    },
    async flush() {
      if (ledger.state.kind !== 'ready') return;
      const aggregates = refusals.drain();
      const [first, ...rest] = aggregates.map((one) => describeRefusals(one, context));
      if (first === undefined) return;
      try {
        await append([first, ...rest], undefined);
      } catch (error) {
        refusals.restore(aggregates);
        log.error({ code: codeOf(error) }, 'counts of refusals not recorded yet');
      }
    },
    async settled() {
      while (background.size > 0) await Promise.all(background);
    },
  };
}

function toEntry(event: DescribedEvent): RecordEntry {
  return { kind: 'record', body: event.body };
}

function codeOf(error: unknown): string {
  return error instanceof LedgerFault ? error.code : 'unexpected';
}
