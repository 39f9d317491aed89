/**
 * A process that writes a ledger until it is killed: opens an intent, appends, settles, and says on
 * stdout what it was told is durable, one JSON array a line.
 *
 * Arguments: directory, leaves of a segment, number of concurrent writers.
 */
import { openLedger } from '../../audit/ledger/index.ts';

const [directory = '', segmentLeaves = '64', writers = '4'] = process.argv.slice(2);
const say = (...words: unknown[]): void => void process.stdout.write(`${JSON.stringify(words)}\n`);

const ledger = await openLedger({
  directory,
  origin: 'chaperone.example.org/test',
  init: true,
  clock: () => new Date(),
  queueBytes: 1024 * 1024,
  appendTimeoutMs: 30_000,
  segmentLeaves: Number(segmentLeaves),
});
say('open', ledger.size);
ledger.onState((state) => {
  say('state', state.kind);
  if (state.kind === 'failed') process.exitCode = 70;
});

async function write(writer: number): Promise<void> {
  for (let i = 0; ; i++) {
    const name = `${String(process.pid)}-${String(writer)}-${String(i)}`;
    try {
      const intent = await ledger.openIntent({
        kind: 'intent',
        bodies: [`unknown ${name} a`, `unknown ${name} b`],
      });
      say('intent', name);
      await ledger.append([{ kind: 'record', body: `read ${name}` }]);
      say('record', `read ${name}`);
      await ledger.append([{ kind: 'record', body: `done ${name}` }], { settles: intent });
      say('record', `done ${name}`);
    } catch (error) {
      say('fault', (error as { code?: unknown }).code);
      if (ledger.state.kind === 'failed') return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

await Promise.all(Array.from({ length: Number(writers) }, (_, writer) => write(writer)));
await ledger.close();
