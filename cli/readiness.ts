/**
 * Whether traffic may be sent here: the ledger takes records, and the disk takes and syncs a
 * scratch file beside the ledger (never the ledger itself).
 */
import { open, statfs, unlink } from 'node:fs/promises';
import path from 'node:path';
import type { Ledger } from '../audit/ledger/index.ts';
import type { ReadinessReport } from '../review/index.ts';

/** Free bytes below which a gateway is not ready. */
const leastFreeBytes = 64 * 1024 * 1024;

/** Makes the check. @param directory The ledger's folder (`audit.directory`). */
export function createReadiness(
  ledger: Ledger,
  directory: string,
  stopping: () => boolean,
): () => Promise<ReadinessReport> {
  return async () => {
    const checks = {
      process: stopping() ? 'stopping' : 'ok',
      ledger: ledger.state.kind === 'ready' ? 'ok' : ledger.state.kind,
      queue: ledger.admits() || ledger.state.kind !== 'ready' ? 'ok' : 'busy',
      disk: await diskState(directory),
    };
    return { ready: Object.values(checks).every((check) => check === 'ok'), checks };
  };
}

async function diskState(directory: string): Promise<string> {
  const file = path.join(directory, `.ready-${String(process.pid)}`);
  try {
    const { bavail, bsize } = await statfs(directory);
    if (bavail * bsize < leastFreeBytes) return 'low';
    const handle = await open(file, 'w', 0o600);
    try {
      await handle.write('ready\n');
      await handle.sync();
    } finally {
      await handle.close();
      await unlink(file);
    }
    return 'ok';
  } catch {
    return 'not-writable';
  }
}
