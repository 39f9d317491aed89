/** The ledger: append-only, durable, tamper-evident. The only door to this folder. */
export { LedgerFault } from './fault.ts';
export type { LedgerFaultCode } from './fault.ts';
export { holdLedger, listOrigins } from './hold.ts';
export type { HeldLedger } from './hold.ts';
export type {
  AppendOptions,
  IntentEntry,
  IntentHandle,
  LeafKind,
  Ledger,
  LedgerReader,
  LedgerState,
  QueueLoad,
  RecordEntry,
  StoredLeaf,
} from './ledger.ts';
export { openLedger } from './open.ts';
export type { LedgerOptions } from './open.ts';
export { openReader } from './reader.ts';
export type { Receipt, Receipts } from './receipt.ts';
export type { Problem, ProblemCode, VerifyReport } from './report.ts';
export { verifyLedger } from './verify.ts';
export type { VerifyOptions } from './verify.ts';
export { verifyInThread } from './verify-thread.ts';
export type { RunningVerification, VerifyProgress } from './verify-thread.ts';
