/**
 * Finds a Node that Chaperone can run on, and hands over to it. Plain JavaScript that Node 18 can
 * run, since its job is to say so, or do better, when the Node at hand is too old.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** Folder of the package: a checkout, or an installed copy. */
export const packageDirectory = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

const manifest = JSON.parse(readFileSync(path.join(packageDirectory, 'package.json'), 'utf8'));

/** True in a checkout, where the TypeScript sources are run as they are. */
export const isCheckout = existsSync(path.join(packageDirectory, 'cli', 'main.ts'));

/** Whether a version such as `24.18.1` satisfies `engines.node`. */
export function satisfiesEngines(version, range = manifest.engines.node) {
  const have = version.split('.').map(Number);
  const atLeast = (want) => {
    for (let i = 0; i < 3; i++) if (have[i] !== want[i]) return have[i] > want[i];
    return true;
  };
  return range.split('||').some((part) => {
    const found = /^\s*(\^|>=)(\d+)\.(\d+)\.(\d+)\s*$/.exec(part);
    if (!found) throw new Error(`engines.node has a part that is not understood: ${part}`);
    const want = found.slice(2).map(Number);
    return atLeast(want) && (found[1] === '>=' || have[0] === want[0]);
  });
}

/** Path of a Node to run on: the current one when it is new enough, else the one in node_modules. */
export function chooseNode() {
  if (satisfiesEngines(process.versions.node)) return process.execPath;
  const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
  const file = process.platform === 'win32' ? 'node.exe' : 'node';
  const bundled = path.join(packageDirectory, 'node_modules', name, 'bin', file);
  if (isCheckout && existsSync(bundled)) return bundled;
  throw new Error(
    `Node ${process.versions.node} is too old: Chaperone needs ${manifest.engines.node}. Install Node 24 and try again.`,
  );
}

/** In a checkout: runs `npm ci` when node_modules is not what package-lock.json asks for. */
export function ensureInstalled() {
  if (!isCheckout) return;
  const lock = path.join(packageDirectory, 'package-lock.json');
  const stamp = path.join(packageDirectory, 'node_modules', '.package-lock.json');
  const fresh = existsSync(stamp) && sameLock(lock, stamp);
  if (fresh) return;
  process.stderr.write('Installing dependencies (npm ci) …\n');
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const done = spawnSync(npm, ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: packageDirectory,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (done.status !== 0) throw new Error('npm ci failed: see its output above.');
}

function sameLock(lockFile, stampFile) {
  if (statSync(stampFile).mtimeMs >= statSync(lockFile).mtimeMs) return true;
  const wanted = JSON.parse(readFileSync(lockFile, 'utf8')).packages;
  const have = JSON.parse(readFileSync(stampFile, 'utf8')).packages;
  return Object.entries(wanted).every(
    ([name, entry]) =>
      name === '' || entry.optional === true || have[name]?.version === entry.version,
  );
}

/**
 * Runs a script on the chosen Node with all of this process's input, output and signals, and ends
 * as it ends. In this very process when its Node will do, so that there is one pid.
 */
export async function runScript(script, args) {
  const node = chooseNode();
  if (node === process.execPath) {
    process.argv.splice(1, process.argv.length - 1, script, ...args);
    await import(new URL(`file://${script}`).href);
    return;
  }
  // The channel tells the child when this launcher is killed, so that no orphan stays behind.
  const child = spawn(node, [script, ...args], { stdio: ['inherit', 'inherit', 'inherit', 'ipc'] });
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR2']) {
    process.on(signal, () => child.kill(signal));
  }
  child.on('error', (error) => {
    process.stderr.write(`chaperone: Node could not be started: ${error.message}\n`);
    process.exitCode = 70;
  });
  child.on('exit', (code, signal) => {
    if (signal) {
      for (const name of process.eventNames()) process.removeAllListeners(name);
      process.kill(process.pid, signal);
    } else process.exit(code ?? 70);
  });
}
