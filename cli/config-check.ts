/** `chaperone config check`: reads a configuration as `serve` would. */
import { loadConfig } from '../config/index.ts';
import { readArguments } from './arguments.ts';
import { exitCodes, UsageError, type ExitCode } from './exit-codes.ts';
import { configHelp } from './help.ts';
import type { Terminal } from './terminal.ts';

/** Runs `chaperone config check`. Throws a `ConfigError` with every problem. */
export function configCheckCommand(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const usage = 'chaperone config check FILE';
  const read = readArguments(args, {
    values: [],
    flags: [],
    positionals: { least: 2, most: 2 },
    usage,
  });
  if (read.flag('help')) {
    terminal.out(configHelp);
    return Promise.resolve(exitCodes.well);
  }
  const [verb, file = ''] = read.positionals;
  if (verb !== 'check') throw new UsageError(`There is only "config check". Usage: ${usage}`);
  loadConfig(file);
  terminal.out(`${terminal.paint('green', 'ok')}  ${file}`);
  return Promise.resolve(exitCodes.well);
}
