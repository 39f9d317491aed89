/** The one error class of the ledger. */
import type { Receipts } from './receipt.ts';

/** Everything that can go wrong with the ledger. */
export type LedgerFaultCode =
  | 'LEDGER_MISSING'
  | 'LEDGER_LOCKED'
  | 'LEDGER_FORMAT'
  | 'LEDGER_ORIGIN'
  | 'LEDGER_INCOMPLETE'
  | 'LEDGER_NOT_DURABLE'
  | 'LEDGER_QUEUE_FULL'
  | 'LEDGER_FULL'
  | 'LEDGER_APPEND_TIMEOUT'
  | 'LEDGER_IO'
  | 'LEDGER_CLOSED';

/**
 * We fail: the record could not be written or read. The one planned exception in Chaperone. The
 * message is a constant sentence with at most sizes, codes and paths of our own; `cause` never
 * leaves the process.
 */
export class LedgerFault extends Error {
  override readonly name = 'LedgerFault';
  readonly code: LedgerFaultCode;
  /** We do not know what is on disk: stop, and let a restart recover. */
  readonly fatal: boolean;
  /** After a timeout: resolves when the append was committed after all, rejects when it was not. */
  readonly late: Promise<Receipts> | undefined;

  constructor(fields: {
    code: LedgerFaultCode;
    message: string;
    fatal?: boolean;
    cause?: unknown;
    late?: Promise<Receipts>;
  }) {
    super(fields.message, fields.cause === undefined ? undefined : { cause: fields.cause });
    this.code = fields.code;
    this.fatal = fields.fatal ?? false;
    this.late = fields.late;
  }
}
