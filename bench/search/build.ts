/** Builds the ledger and its index, and measures the second. */
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { holdLedger, openLedger } from '../../audit/ledger/index.ts';
import type { RecordEntry } from '../../audit/ledger/index.ts';
import { indexFileName, rebuildIndex } from '../../audit/search/index.ts';
import { eventMaker } from './events.ts';

/** Key of the index: nothing here is secret. */
export const benchKey = new Uint8Array(32).fill(7);

/** What building the index took. */
export interface BuildFigures {
  readonly seconds: number;
  readonly eventsPerSecond: number;
  /** CPU time of the process, user and system, in microseconds. */
  readonly cpuPerEvent: number;
  readonly bytesPerEvent: number;
}

/** Makes a ledger of so many events. */
export async function buildLedger(
  directory: string,
  origin: string,
  events: number,
): Promise<void> {
  mkdirSync(directory, { recursive: true });
  const ledger = await openLedger({
    directory,
    origin,
    init: true,
    clock: () => new Date(),
    queueBytes: 1024 ** 3,
    appendTimeoutMs: 600_000,
  });
  const make = eventMaker(events);
  for (let n = 0; n < events;) {
    const first: RecordEntry = { kind: 'record', body: make(n++).text };
    const rest: RecordEntry[] = [];
    while (rest.length < 1999 && n < events) rest.push({ kind: 'record', body: make(n++).text });
    await ledger.append([first, ...rest]);
  }
  await ledger.close();
}

/** Builds the index as `chaperone index rebuild` does. */
export function buildIndex(
  directory: string,
  origin: string,
  progress: (line: string) => void,
): BuildFigures {
  const held = holdLedger(directory, origin);
  const file = join(directory, indexFileName);
  const startedMs = performance.now();
  const before = process.cpuUsage();
  let told = 0;
  const { events } = rebuildIndex({
    ledgerDirectory: held.directory,
    origin: held.origin,
    file,
    key: benchKey,
    onProgress: ({ step, leaves }) => {
      if (leaves - told < 200_000 && step === 'reading') return;
      told = leaves;
      progress(`  ${step}: ${leaves.toLocaleString('en')} leaves`);
    },
  });
  const seconds = (performance.now() - startedMs) / 1000;
  const cpu = process.cpuUsage(before);
  held.release();
  return {
    seconds,
    eventsPerSecond: events / seconds,
    cpuPerEvent: (cpu.user + cpu.system) / events,
    bytesPerEvent: statSync(file).size / events,
  };
}
