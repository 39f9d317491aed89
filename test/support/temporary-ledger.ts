/** Ledgers in temporary folders, for tests: opened with small segments, closed and removed after. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { openLedger } from '../../audit/ledger/index.ts';
import type { Ledger, LedgerOptions, RecordEntry } from '../../audit/ledger/index.ts';

// Each ledger starts a thread that loads the same dozen TypeScript files: strip their types once.
process.env['NODE_COMPILE_CACHE'] ??= join(tmpdir(), 'chaperone-test-compile-cache');

/** A folder that is removed when the test has ended. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'chaperone-test-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

/** Opens (and makes) a ledger in `directory`; closes it when the test has ended. */
export async function openTestLedger(
  directory: string,
  options: Partial<LedgerOptions> = {},
): Promise<Ledger> {
  const ledger = await openLedger({
    directory,
    origin: 'chaperone.example.org/test',
    init: true,
    clock: () => new Date(),
    queueBytes: 1024 * 1024,
    appendTimeoutMs: 5000,
    ...options,
  });
  onTestFinished(() => ledger.close());
  return ledger;
}

/** A record with this body. */
export function record(body: string): RecordEntry {
  return { kind: 'record', body };
}

/** Numbers of the receipts of one append. */
export async function appendOne(ledger: Ledger, body: string): Promise<number> {
  const [receipt] = await ledger.append([record(body)]);
  return receipt.leafIndex;
}
