/**
 * `chaperone init`: creates the ledger and the keys of a configuration, and ends. For installations
 * in which `serve` is started by something that always starts it in the same way (a container, a
 * service manager), and so must never carry `--init`.
 */
import { LedgerFault, openLedger, type Ledger } from '../audit/ledger/index.ts';
import { loadConfig, type Config } from '../config/index.ts';
import { readArguments } from './arguments.ts';
import { exitCodes, UsageError, type ExitCode } from './exit-codes.ts';
import { initHelp } from './help.ts';
import { loadKey } from './keys.ts';
import { keyNames } from './start.ts';
import type { Terminal } from './terminal.ts';

const usage = 'chaperone init --config FILE';

/**
 * Runs `chaperone init`. A ledger that is there already is left as it is, and said so.
 *
 * @throws ConfigError, UsageError, or LedgerFault (`LEDGER_LOCKED` while a gateway runs on it).
 */
export async function initCommand(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const read = readArguments(args, {
    values: ['config'],
    flags: [],
    positionals: { least: 0, most: 0 },
    usage,
  });
  if (read.flag('help')) {
    terminal.out(initHelp);
    return exitCodes.well;
  }
  const file = read.value('config');
  if (file === undefined) throw new UsageError(`Say --config FILE. Usage: ${usage}`);
  const config = loadConfig(file);
  for (const name of Object.values(keyNames)) loadKey(config.keys.directory, name);
  const { ledger, isNew } = await openOrCreate(config, terminal);
  const { directory, size } = ledger;
  await ledger.close();
  terminal.out(
    isNew
      ? `created ${directory}`
      : `there is a ledger already, with ${String(size)} leaves: ${directory}`,
  );
  return exitCodes.well;
}

async function openOrCreate(
  config: Config,
  terminal: Terminal,
): Promise<{ readonly ledger: Ledger; readonly isNew: boolean }> {
  const open = (init: boolean): Promise<Ledger> =>
    openLedger({
      directory: config.audit.directory,
      origin: config.audit.origin,
      init,
      clock: () => new Date(),
      queueBytes: config.limits.ledgerQueueBytes,
      appendTimeoutMs: config.limits.appendTimeoutMs,
      onWarning: (text) => {
        terminal.note(text);
      },
    });
  try {
    return { ledger: await open(false), isNew: false };
  } catch (error) {
    if (!(error instanceof LedgerFault) || error.code !== 'LEDGER_MISSING') throw error;
    return { ledger: await open(true), isNew: true };
  }
}
