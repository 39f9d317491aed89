/** The `chaperone` command: picks the command, runs it, and turns errors into exit codes. */
import { readFileSync } from 'node:fs';
import { configCheckCommand } from './config-check.ts';
import { demoCommand } from './demo.ts';
import { endingOf, exitCodes, UsageError, type ExitCode } from './exit-codes.ts';
import { generalHelp } from './help.ts';
import { initCommand } from './init.ts';
import { sampleEhrCommand } from './sample-ehr.ts';
import { indexCommand } from './index-rebuild.ts';
import { searchCommand } from './search.ts';
import { serveCommand } from './serve.ts';
import { processTerminal, type Terminal } from './terminal.ts';
import { verifyCommand } from './verify.ts';
import { packageVersion } from './version.ts';

type Command = (args: readonly string[], terminal: Terminal) => Promise<ExitCode>;

const commands: Readonly<Record<string, Command>> = {
  serve: serveCommand,
  init: initCommand,
  demo: demoCommand,
  'sample-ehr': sampleEhrCommand,
  verify: verifyCommand,
  search: searchCommand,
  index: indexCommand,
  config: configCheckCommand,
};

async function run(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const [name, ...rest] = args;
  if (name === undefined || name === '--help' || name === 'help') {
    terminal.out(generalHelp);
    return name === undefined ? exitCodes.usage : exitCodes.well;
  }
  if (name === '--version') {
    terminal.out(packageVersion(readFileSync));
    return exitCodes.well;
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) {
    const known = Object.keys(commands).join(', ');
    throw new UsageError(`There is no command "${name}". Commands: ${known}.`);
  }
  return command(rest, terminal);
}

// Whatever a command creates is for its owner alone.
process.umask(0o077);
const terminal = processTerminal();
try {
  const code = await run(process.argv.slice(2), terminal);
  // Output may still be on its way into a pipe: the process ends by itself.
  process.exitCode = code;
  if (process.connected) process.disconnect();
} catch (error) {
  const ending = endingOf(error);
  terminal.note(`chaperone: ${ending.text}`);
  process.exitCode = ending.code;
  if (process.connected) process.disconnect();
}
