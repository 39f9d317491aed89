/**
 * The proof that a record is on stable storage. A branded type: nothing but the appender can make
 * one, so code that releases an answer without having persisted its record does not compile.
 */

declare const durable: unique symbol;

/** Proof that one leaf survives power loss. Only `audit/ledger/appender.ts` makes one. */
export interface Receipt {
  readonly [durable]: true;
  /** Leaf index: the position in the ledger, from 0. */
  readonly leafIndex: number;
}

/** At least one receipt: what covers an answer. */
export type Receipts = readonly [Receipt, ...Receipt[]];

/**
 * Makes the receipts for `count` consecutive leaves from `firstLeafIndex`. To be called by the
 * appender alone, after COMMIT (with fsync) has returned: an import rule keeps everyone else out.
 */
export function makeReceipts(firstLeafIndex: number, count: number): Receipts {
  const receipts: Receipt[] = [];
  for (let i = 0; i < count; i++) receipts.push({ leafIndex: firstLeafIndex + i } as Receipt);
  return receipts as unknown as Receipts;
}
