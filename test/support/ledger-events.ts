/** Reads the AuditEvents of a gateway's ledger from its files, past every HTTP interface. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { AuditEvent } from '@medplum/fhirtypes';
import { openReader } from '../../audit/ledger/index.ts';
import { detailsOf } from './face-under-test.ts';

/** Leaves of a ledger. */
export interface LedgerEvents {
  /** Number of leaves in the whole ledger. */
  readonly size: number;
  readonly events: readonly AuditEvent[];
}

/** Folder of the first epoch of the only origin below `audit.directory`. */
export function epochFolder(ledgerDirectory: string): string {
  const origins = readdirSync(ledgerDirectory, { withFileTypes: true }).filter((entry) =>
    entry.isDirectory(),
  );
  const [origin] = origins;
  if (origin === undefined || origins.length !== 1) throw new Error('not the ledger of one origin');
  return join(ledgerDirectory, origin.name, '1');
}

/** The events of all records from leaf `first` on, in order. */
export function readEvents(ledgerDirectory: string, first = 0): LedgerEvents {
  const reader = openReader(epochFolder(ledgerDirectory));
  try {
    const size = reader.size();
    const leaves = reader.read(first, size - first);
    const events = leaves.flatMap((leaf) =>
      leaf.kind === 'record' && leaf.body !== undefined
        ? [JSON.parse(Buffer.from(leaf.body).toString('utf8')) as AuditEvent]
        : [],
    );
    return { size, events };
  } finally {
    reader.close();
  }
}

/** The event says that nobody knows what became of the change. */
export function isEffectUnknown(event: AuditEvent): boolean {
  return event.outcome === '12' && detailsOf(event, 'record-kind').includes('intent');
}
