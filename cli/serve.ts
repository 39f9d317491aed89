/** `chaperone serve`: runs the gateway and the review face until it is told to stop. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { defaultConfig, loadConfig, type Config } from '../config/index.ts';
import { readArguments, type Arguments } from './arguments.ts';
import { exitCodes, UsageError, type ExitCode } from './exit-codes.ts';
import { serveHelp } from './help.ts';
import { ensureReaderToken } from './keys.ts';
import { start, type Running } from './start.ts';
import { stopSignal } from './stop-signal.ts';
import type { Terminal } from './terminal.ts';

const usage = 'chaperone serve --config FILE [--init] | --upstream URL';

/** Runs `chaperone serve`. Resolves when it was stopped, or when the ledger failed. */
export async function serveCommand(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const read = readArguments(args, {
    values: ['config', 'upstream'],
    flags: ['init'],
    positionals: { least: 0, most: 0 },
    usage,
  });
  if (read.flag('help')) {
    terminal.out(serveHelp);
    return exitCodes.well;
  }
  const { config, init } = settings(read, terminal);
  const stop = stopSignal();
  const running = await start(config, {
    init,
    warn: (text) => {
      terminal.note(text);
    },
  });
  announce(running, terminal);
  return untilStopped(running, stop, terminal);
}

function settings(read: Arguments, terminal: Terminal): { config: Config; init: boolean } {
  const file = read.value('config');
  const upstream = read.value('upstream');
  if ((file === undefined) === (upstream === undefined)) {
    throw new UsageError(`Say either --config FILE or --upstream URL. Usage: ${usage}`);
  }
  if (file !== undefined) return { config: loadConfig(file), init: read.flag('init') };
  const isNew = !existsSync(path.resolve('chaperone-data'));
  const config = defaultConfig(upstream ?? '', process.cwd());
  for (const reader of config.review.readers) {
    if (ensureReaderToken(reader.tokenFile)) {
      terminal.note(`The credential of reader "${reader.name}" is in ${reader.tokenFile}`);
    }
  }
  return { config, init: isNew || read.flag('init') };
}

/** The one line that says that traffic is taken. */
export function announce(running: Running, terminal: Terminal): void {
  terminal.out(
    `ready app=${running.appUrl} review=${running.reviewUrl} pid=${String(process.pid)}`,
  );
}

/** Waits for a signal to stop, or for the ledger to fail; ends in the right order. */
export async function untilStopped(
  running: Running,
  stop: Promise<string>,
  terminal: Terminal,
): Promise<ExitCode> {
  const ending = await Promise.race([
    stop.then((signal) => ({ kind: 'stopped', signal }) as const),
    running.failed.then((fault) => ({ kind: 'failed', fault }) as const),
  ]);
  if (ending.kind === 'stopped') {
    await running.close();
    return exitCodes.well;
  }
  terminal.note(
    `chaperone: ${ending.fault.message} (${ending.fault.code}); start it again to recover.`,
  );
  // We do not know what is on disk: exchanges under way get their 503, nothing is written any more.
  await Promise.race([
    running.close().catch(() => undefined),
    new Promise((resolve) => setTimeout(resolve, 2000)),
  ]);
  process.exit(exitCodes.ledgerFault);
}
