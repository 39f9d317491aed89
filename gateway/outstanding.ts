/**
 * The outcomes of changes that found no room on the disk. The changes were executed and their
 * intents stand; the outcomes are kept here until there is room, so that the record says what
 * happened rather than "effect unknown". After a crash the intents speak.
 *
 * Bounded by the exchanges under way: while the disk is full no new one is let in.
 */
import { LedgerFault, type IntentHandle, type Ledger } from '../audit/ledger/index.ts';

/** An outcome that is not on record yet. */
export interface Outstanding<Events> {
  readonly events: Events;
  readonly settles: IntentHandle;
  readonly requestId: string;
}

/** See `createOutstanding`. */
export interface OutstandingOutcomes<Events> {
  /** Keeps an outcome if the fault of its append is one that passes: true when it was kept. */
  keep(outcome: Outstanding<Events>, fault: unknown): boolean;
}

/**
 * @param append Appends an outcome; called when there is room again. When it rejects for want of
 *   room once more, the outcome is kept for the next time.
 */
export function createOutstanding<Events>(
  ledger: Ledger,
  append: (outcome: Outstanding<Events>) => Promise<void>,
): OutstandingOutcomes<Events> {
  const kept = new Set<Outstanding<Events>>();
  const keep = (outcome: Outstanding<Events>, fault: unknown): boolean => {
    if (!(fault instanceof LedgerFault) || fault.code !== 'LEDGER_FULL') return false;
    kept.add(outcome);
    return true;
  };
  ledger.onState((state) => {
    if (state.kind !== 'ready') return;
    for (const outcome of [...kept]) {
      kept.delete(outcome);
      append(outcome).catch((error: unknown) => keep(outcome, error));
    }
  });
  return { keep };
}
