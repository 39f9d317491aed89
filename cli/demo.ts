/** `chaperone demo`: the gateway in front of the sample upstream, with the record as it grows. */
import path from 'node:path';
import { existsSync } from 'node:fs';
import { sentence } from '../audit/event/index.ts';
import { openReader } from '../audit/ledger/index.ts';
import { demoConfig } from './demo-config.ts';
import { readArguments, type Arguments } from './arguments.ts';
import { exitCodes, UsageError, type ExitCode } from './exit-codes.ts';
import { demoHelp } from './help.ts';
import { ensureReaderToken } from './keys.ts';
import { loadSample } from './load-sample.ts';
import { announce, untilStopped } from './serve.ts';
import { start, type Running } from './start.ts';
import { stopSignal } from './stop-signal.ts';
import type { Terminal } from './terminal.ts';

const folder = 'chaperone-demo';

/** Runs `chaperone demo` (`npm start`) until it is told to stop. */
export async function demoCommand(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const read = readArguments(args, {
    values: ['port', 'review-port'],
    flags: [],
    positionals: { least: 0, most: 0 },
    usage: 'chaperone demo [--port N] [--review-port N]',
  });
  if (read.flag('help')) {
    terminal.out(demoHelp);
    return exitCodes.well;
  }
  const { startSampleEhr } = await loadSample();
  const stop = stopSignal();
  const upstream = await startSampleEhr({ port: 0, access: 'open' });
  const directory = path.resolve(folder);
  const isNew = !existsSync(directory);
  const config = demoConfig(upstream.fhirBaseUrl, directory, {
    port: portOf(read, 'port', 8080),
    reviewPort: portOf(read, 'review-port', 8090),
  });
  for (const reader of config.review.readers) ensureReaderToken(reader.tokenFile);
  try {
    const running = await start(config, {
      init: isNew,
      warn: (text) => {
        terminal.note(text);
      },
    }).catch((error: unknown) => {
      throw byOption(error);
    });
    announce(running, terminal);
    for (const line of whatToTry(running, config.review.readers[0]?.tokenFile ?? '')) {
      terminal.out(line);
    }
    const tell = tellEvents(running, terminal);
    const code = await untilStopped(running, stop, terminal);
    tell.close();
    return code;
  } finally {
    await upstream.close();
  }
}

/** The demo has options where a configuration has keys. */
function byOption(error: unknown): unknown {
  if (!(error instanceof UsageError)) return error;
  const named = error.message
    .replace(/^gateway\.listen:/, '--port:')
    .replace(/^review\.listen:/, '--review-port:');
  return new UsageError(named);
}

function portOf(read: Arguments, name: string, fallback: number): number {
  const text = read.value(name);
  if (text === undefined) return fallback;
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port < 65536) return port;
  throw new UsageError(`--${name} takes a port number, 0 for any free one.`);
}

function whatToTry(running: Running, tokenFile: string): readonly string[] {
  const token = path.relative(process.cwd(), tokenFile);
  return [
    '',
    'The gateway stands in front of a small FHIR server with three synthetic patients. Try:',
    '',
    `  curl '${running.appUrl}/Patient?name=Nu'`,
    `  curl ${running.appUrl}/Patient/zoe`,
    `  curl '${running.appUrl}/Observation?patient=zoe'`,
    `  curl -X DELETE ${running.appUrl}/Observation/hr-5`,
    '',
    'Then ask who saw Zoë (the question is recorded too):',
    '',
    `  npm run chaperone -- search 'patient=Patient/zoe' --review ${running.reviewUrl} --token-file ${token}`,
    '',
    `All data are in ./${folder}, which can be thrown away. Ctrl-C stops it. The record:`,
    '',
  ];
}

/** Prints each event that is recorded from now on as one sentence. */
function tellEvents(running: Running, terminal: Terminal): { close(): void } {
  const reader = openReader(running.ledger.directory);
  let next = running.ledger.size;
  const stop = running.ledger.onCommit((size) => {
    for (const leaf of reader.read(next, size - next)) {
      next = leaf.leafIndex + 1;
      if (leaf.kind !== 'record' || leaf.body === undefined) continue;
      const event: unknown = JSON.parse(Buffer.from(leaf.body).toString('utf8'));
      terminal.out(`  ${sentence(event)}`);
    }
  });
  return {
    close() {
      stop();
      reader.close();
    },
  };
}
