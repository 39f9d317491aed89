/** `chaperone verify`: checks a ledger folder and says what it checked. */
import { verifyLedger } from '../audit/ledger/index.ts';
import { readArguments } from './arguments.ts';
import { exitCodes, type ExitCode } from './exit-codes.ts';
import { verifyHelp } from './help.ts';
import type { Terminal } from './terminal.ts';

/** Problems shown to a person before the rest is only counted. */
const shownProblems = 20;

/** Runs `chaperone verify`. Resolves with 1 when anything is wrong or missing. */
export function verifyCommand(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const read = readArguments(args, {
    values: [],
    flags: ['json'],
    positionals: { least: 1, most: 1 },
    usage: 'chaperone verify DIR [--json]',
  });
  if (read.flag('help')) {
    terminal.out(verifyHelp);
    return Promise.resolve(exitCodes.well);
  }
  const [directory = ''] = read.positionals;
  const report = verifyLedger(directory, {
    onProgress: ({ leaves }) => {
      terminal.progress(`verified ${leaves.toLocaleString('en')} leaves …`);
    },
  });
  if (read.flag('json')) terminal.out(JSON.stringify(report));
  else {
    const verdict = report.ok ? terminal.paint('green', 'ok') : terminal.paint('red', 'NOT ok');
    terminal.out(`${verdict}  ${directory}`);
    terminal.out(`records       ${String(report.records)} rehashed`);
    terminal.out(`tree size     ${String(report.treeSize)} leaves`);
    terminal.out(`root hash     ${report.rootHash}`);
    terminal.out(`open intents  ${String(report.openIntents)}`);
    for (const problem of report.problems.slice(0, shownProblems)) {
      const where = problem.leafIndex === undefined ? '' : ` at leaf ${String(problem.leafIndex)}`;
      terminal.out(`${terminal.paint('red', problem.code)}${where}: ${problem.message}`);
    }
    const more = report.problems.length - shownProblems;
    if (more > 0) terminal.out(`… and ${String(more)} more problems (--json lists all)`);
  }
  return Promise.resolve(report.ok ? exitCodes.well : exitCodes.verificationFailed);
}
