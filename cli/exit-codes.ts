/** Exit codes of every command, and the errors that lead to them. */
import { ConfigError } from '../config/index.ts';
import { LedgerFault } from '../audit/ledger/index.ts';
import { SearchFault } from '../audit/search/index.ts';

/** Exit codes: documented in `--help`, relied on by scripts. */
export const exitCodes = {
  well: 0,
  verificationFailed: 1,
  usage: 2,
  ledgerFault: 70,
  ledgerLocked: 73,
} as const;

/** A value of {@link exitCodes}. */
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** The command line was wrong. The message is one sentence that says what to do. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** What to print for an error, and the code to exit with. */
export interface Ending {
  readonly code: ExitCode;
  readonly text: string;
}

/** Turns any error that ends a command into a text for people and an exit code. */
export function endingOf(error: unknown): Ending {
  if (error instanceof UsageError) return { code: exitCodes.usage, text: error.message };
  if (error instanceof ConfigError) return { code: exitCodes.usage, text: error.message };
  if (error instanceof LedgerFault) {
    const code = error.code === 'LEDGER_LOCKED' ? exitCodes.ledgerLocked : exitCodes.ledgerFault;
    return { code, text: `${error.message} (${error.code})` };
  }
  if (error instanceof SearchFault) {
    return { code: exitCodes.ledgerFault, text: `${error.message} (${error.code})` };
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { code: exitCodes.ledgerFault, text: `an unexpected error: ${text}` };
}
