/**
 * Puts what happened on record: events and intents into the ledger, addenda behind them, refusals
 * within their rate. Stages 4 and 5 of 6 (describe, append). The only caller of the ledger on the
 * app face.
 */
import {
  createRefusals,
  describe,
  describeAddendum,
  describeIntent,
  describeRefusals,
  describeSmart,
  type Addendum,
  type DescribedEvent,
  type Exchange,
  type Peer,
  type RecordContext,
  type Refusals,
  type SmartAccess,
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
import { createOutstanding } from './outstanding.ts';
import type { RefusalCover } from './release.ts';

/** A durable record: what may be released now, and the ids that an addendum would name. */
export interface Recorded {
  readonly receipts: Receipts;
  readonly ids: readonly string[];
}

/** See `createRecorder`. */
export interface Recorder {
  /**
   * Describes an exchange and appends its events in one transaction. Durable when it resolves.
   * Rejects with a `LedgerFault` only. After a timeout an addendum follows by itself when the append
   * was committed after all; the outcome of a change that found no room is appended when there is.
   */
  record(exchange: Exchange, settles?: IntentHandle): Promise<Recorded>;
  /** Records a request on a SMART route. Durable when it resolves; `LedgerFault`. */
  recordSmart(access: SmartAccess): Promise<Recorded>;
  /** Records that a change is about to be forwarded. Durable when it resolves; `LedgerFault`. */
  intend(exchange: Started): Promise<IntentHandle>;
  /** Records a refusal made before any contact with the upstream, or counts it. Never rejects. */
  refuse(peer: Peer, reason: LocalReason, exchange: () => Exchange): Promise<RefusalCover>;
  /** Counts an exchange whose record failed with this error, unless it is committed after all. */
  countUnrecorded(peer: Peer, error: unknown): void;
  /** Appends an addendum in the background. */
  follow(addendum: Addendum): void;
  /** Writes the counts of refusals. Called once a minute, and at the end. */
  flush(): Promise<void>;
  /** Resolves when no addendum is under way. */
  settled(): Promise<void>;
}

type Started = Omit<Exchange, 'answer' | 'endedAt'>;
type Events = readonly [DescribedEvent, ...DescribedEvent[]];

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
  const background = createBackground(log);

  const append = async (events: Events, settles?: IntentHandle): Promise<Receipts> => {
    const startedMs = performance.now();
    const entries = events.map(toEntry) as [RecordEntry, ...RecordEntry[]];
    const receipts = await ledger.append(entries, settles === undefined ? {} : { settles });
    options.metrics.appendMs(performance.now() - startedMs);
    return receipts;
  };
  const follow = (addendum: Addendum): void => {
    background.add(append([describeAddendum(addendum, context)]), 'an addendum is not recorded');
  };
  const outstanding = createOutstanding<Events>(ledger, async (outcome) => {
    await append(outcome.events, outcome.settles);
    follow(recordedLate(outcome.events, outcome.requestId));
  });
  const keep = async (
    events: Events,
    requestId: string,
    settles?: IntentHandle,
  ): Promise<Recorded> => {
    const ids = events.map((event) => event.id);
    try {
      return { receipts: await append(events, settles), ids };
    } catch (error) {
      if (settles !== undefined) {
        outstanding.keep({ events, settles, requestId }, error);
      }
      // The client is told 503; if the append is committed after all, the record must say so.
      whenLate(error, () => {
        follow(recordedLate(events, requestId));
      });
      throw error;
    }
  };
  const record = (exchange: Exchange, settles?: IntentHandle): Promise<Recorded> =>
    keep(describe(exchange, context), exchange.requestId, settles);
  const intend = async (exchange: Started): Promise<IntentHandle> => {
    const bodies = describeIntent(exchange, context).map((event) => event.body);
    try {
      return await ledger.openIntent({ kind: 'intent', bodies: bodies as [string, ...string[]] });
    } catch (error) {
      // Nothing was forwarded: an intent that is committed after all must not end as "unknown".
      whenLate(error, ([{ leafIndex }]) => {
        const answer = { kind: 'refused', status: 503, reason: 'ledger-unavailable' } as const;
        const refused = { ...exchange, answer, endedAt: context.clock() };
        background.add(record(refused, { leafIndex }), 'a late intent is not settled');
      });
      throw error;
    }
  };
  const refuse = createRefuse(ledger, refusals, record);
  return {
    record,
    recordSmart: (access) => keep([describeSmart(access, context)], access.requestId),
    follow,
    intend,
    refuse,
    flush: () => flushCounts(refusals, append, options),
    countUnrecorded(peer, error) {
      whenLost(error, () => {
        refusals.count(peer, 'ledger-unavailable');
      });
    },
    settled: background.settled,
  };
}

/** Refusals one by one as far as their rate allows, beyond it as a count. */
function createRefuse(
  ledger: Ledger,
  refusals: Refusals,
  record: Recorder['record'],
): Recorder['refuse'] {
  return async (peer, reason, exchange) => {
    if (ledger.state.kind === 'ready') {
      if (!refusals.admits(peer, reason)) return { kind: 'aggregated' };
      try {
        return { kind: 'recorded', ...(await record(exchange())) };
      } catch (error) {
        if (!(error instanceof LedgerFault)) throw error;
        whenLost(error, () => {
          refusals.count(peer, reason);
        });
        return { kind: 'unrecordable' };
      }
    }
    refusals.count(peer, reason);
    return { kind: 'unrecordable' };
  };
}

/** Writes what was counted; keeps it when that fails. */
async function flushCounts(
  refusals: Refusals,
  append: (events: Events) => Promise<Receipts>,
  { ledger, context, log }: RecorderOptions,
): Promise<void> {
  if (ledger.state.kind !== 'ready') return;
  const aggregates = refusals.drain();
  const [first, ...rest] = aggregates.map((one) => describeRefusals(one, context));
  if (first === undefined) return;
  try {
    await append([first, ...rest]);
  } catch (error) {
    whenLost(error, () => {
      refusals.restore(aggregates);
    });
    log.error({ code: codeOf(error) }, 'counts of refusals not recorded yet');
  }
}

/** After a timeout the append may be committed all the same; after other faults it is not. */
function whenLate(error: unknown, then: (receipts: Receipts) => void): void {
  if (error instanceof LedgerFault) error.late?.then(then, () => undefined);
}

/** At once, unless the append may still be committed: then when it is known that it was not. */
function whenLost(error: unknown, then: () => void): void {
  if (error instanceof LedgerFault && error.late !== undefined) {
    error.late.then(() => undefined, then);
  } else then();
}

interface Background {
  readonly add: (work: Promise<unknown>, failure: string) => void;
  readonly settled: () => Promise<void>;
}

/** Work that nobody waits for, except the end. */
function createBackground(log: ProcessLog): Background {
  const pending = new Set<Promise<void>>();
  return {
    add(work, failure) {
      const done = work.then(
        () => undefined,
        (error: unknown) => {
          log.error({ code: codeOf(error) }, failure);
        },
      );
      pending.add(done);
      void done.then(() => pending.delete(done));
    },
    async settled() {
      while (pending.size > 0) await Promise.all(pending);
    },
  };
}

function recordedLate(events: Events, requestId: string): Addendum {
  return { kind: 'recorded-late', originals: events.map((event) => event.id), requestId };
}

function toEntry(event: DescribedEvent): RecordEntry {
  return { kind: 'record', body: event.body };
}

function codeOf(error: unknown): string {
  return error instanceof LedgerFault ? error.code : 'unexpected';
}
