/**
 * Runs a development tool on a Node that will do, after a set-up where one is needed:
 *   node tools/run.mjs vitest run        (a package's command)
 *   node tools/run.mjs tools/check.ts    (a script of ours)
 */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { ensureInstalled, packageDirectory, runScript } from '../bin/runtime.mjs';

const [name, ...args] = process.argv.slice(2);
try {
  if (name === undefined) throw new Error('usage: node tools/run.mjs SCRIPT|COMMAND [ARG …]');
  ensureInstalled();
  await runScript(
    existsSync(path.resolve(packageDirectory, name))
      ? path.resolve(packageDirectory, name)
      : commandOf(name),
    args,
  );
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 70;
}

function commandOf(command) {
  const directory = path.join(packageDirectory, 'node_modules', command);
  const { bin } = JSON.parse(readFileSync(path.join(directory, 'package.json'), 'utf8'));
  return path.join(directory, typeof bin === 'string' ? bin : bin[command]);
}
