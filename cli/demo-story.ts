/** The record as it grows, one sentence an event, with the names of the sample's people. */
import { tell, type NameLookup } from '../audit/event/index.ts';
import { openReader } from '../audit/ledger/index.ts';
import type { Running } from './start.ts';
import type { Terminal } from './terminal.ts';

/** Prints each event that is recorded from now on: `08:12:03 Dr Ana Souza, using Vitals, read …`. */
export function tellEvents(
  running: Running,
  terminal: Terminal,
  names: NameLookup,
): { close(): void } {
  const reader = openReader(running.ledger.directory);
  let next = running.ledger.size;
  const stop = running.ledger.onCommit((size) => {
    for (const leaf of reader.read(next, size - next)) {
      next = leaf.leafIndex + 1;
      if (leaf.kind !== 'record' || leaf.body === undefined) continue;
      const { at, phrases } = tell(JSON.parse(Buffer.from(leaf.body).toString('utf8')), names);
      const clock = at.slice('2026-12-01T'.length, '2026-12-01T09:30:00'.length);
      const said = phrases.map(({ text }) => text).join('');
      terminal.out(`  ${terminal.paint('dim', clock)} ${said}`);
    }
  });
  return {
    close() {
      stop();
      reader.close();
    },
  };
}
