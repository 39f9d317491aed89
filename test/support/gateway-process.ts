/**
 * Runs the shipped command, `node bin/chaperone.mjs serve`, as a child process: for suites that
 * judge the gateway from outside. Nothing in here looks inside the gateway: it writes a
 * configuration file, reads the ready line and sends signals, as an operator would.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, rmSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';

/** The repository's root folder. */
export const projectRoot = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** A tree of configuration: what YAML can hold. */
export interface ConfigTree {
  readonly [key: string]: ConfigValue;
}
type ConfigValue = string | number | boolean | readonly ConfigValue[] | ConfigTree;

/** What to start. */
export interface GatewayOptions {
  /** FHIR base of the upstream. */
  readonly upstream: string;
  /** Laid over the suite's configuration: mappings merge, everything else replaces. */
  readonly config?: ConfigTree;
  /**
   * Folder for configuration, ledger, keys and readers' tokens. Left out: a new temporary folder
   * that `stop` removes. Given: it belongs to the caller and is kept, so that a second start finds
   * the same ledger.
   */
  readonly directory?: string;
  /** Pass `--init`. Default: when the folder holds no ledger yet. */
  readonly init?: boolean;
  /** Root of the tree whose command is run. Default: this one. A copy of it with a defect, say. */
  readonly project?: string;
  /** Put before the command, for instance `['strace', '-f', ...]`. */
  readonly wrapper?: readonly string[];
  /** Added to the environment of the child. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Milliseconds to wait for the ready line. Default 30 000. */
  readonly readyTimeoutMs?: number;
}

/** How a process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A gateway that said it is ready. */
export interface GatewayProcess {
  /** Public FHIR base of the app face, without trailing slash. */
  readonly appUrl: string;
  /** Public FHIR base of the review face, without trailing slash. */
  readonly reviewUrl: string;
  /** Process that writes the ledger, from the ready line. */
  readonly pid: number;
  /** Credential of a reader with the role `auditor`. */
  readonly readerToken: string;
  /** Credential of a reader with the role `operator`. */
  readonly operatorToken: string;
  /** File that holds `readerToken`. */
  readonly readerTokenFile: string;
  /** Folder that holds everything below. */
  readonly directory: string;
  /** `audit.directory`. */
  readonly ledgerDirectory: string;
  readonly configFile: string;
  /** All of stdout so far. */
  readonly stdout: () => string;
  /** All of stderr so far. */
  readonly stderr: () => string;
  /** Resolves when the process has ended, however it did. */
  readonly exited: Promise<Exit>;
  /** Sends SIGTERM and waits. Rejects, with stderr, unless the exit code is 0. */
  readonly stop: () => Promise<void>;
  /** Kills the writer with SIGKILL and waits until the process has ended. Keeps the folder. */
  readonly kill9: () => Promise<Exit>;
}

/** The gateway ended, or said nothing, before its ready line. */
export class GatewayNotReady extends Error {
  readonly exit: Exit | undefined;
  readonly stdout: string;
  readonly stderr: string;

  constructor(facts: { exit: Exit | undefined; stdout: string; stderr: string }) {
    const how = facts.exit === undefined ? 'was not ready in time' : 'ended before it was ready';
    super(`the gateway ${how} (exit ${JSON.stringify(facts.exit)}): ${facts.stderr}`);
    this.name = 'GatewayNotReady';
    this.exit = facts.exit;
    this.stdout = facts.stdout;
    this.stderr = facts.stderr;
  }
}

const readyLine = /^ready app=(\S+) review=(\S+) pid=(\d+)$/mu;

/**
 * Starts a gateway in front of `options.upstream` and waits until it is ready.
 *
 * @throws GatewayNotReady when the process ends or stays silent; nothing is left running then.
 */
export async function startGateway(options: GatewayOptions): Promise<GatewayProcess> {
  const directory = options.directory ?? (await mkdtemp(join(tmpdir(), 'chaperone-test-')));
  const files = await writeFiles(directory, options);
  const init = options.init ?? !existsSync(files.ledgerDirectory);
  const running = launch(files.configFile, init, options);
  running.onEnd(() => {
    if (options.directory === undefined) rmSync(directory, { recursive: true, force: true });
  });

  const ready = await firstOf(running, options.readyTimeoutMs ?? 30_000);
  if (ready === undefined) {
    running.killGroup();
    if (options.directory === undefined) await rm(directory, { recursive: true, force: true });
    throw new GatewayNotReady({
      exit: running.exit(),
      stdout: running.stdout(),
      stderr: running.stderr(),
    });
  }
  const pid = Number(ready[3]);
  return {
    appUrl: withoutSlash(ready[1] ?? ''),
    reviewUrl: withoutSlash(ready[2] ?? ''),
    pid,
    ...files,
    directory,
    stdout: running.stdout,
    stderr: running.stderr,
    exited: running.exited,
    stop: () => stop(running, directory, options.directory === undefined),
    kill9: async () => {
      // Its number may belong to another process by now.
      if (running.exit() !== undefined) return running.exited;
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // Gone already.
      }
      const exit = await running.exited;
      running.killGroup();
      return exit;
    },
  };
}

interface Files {
  readonly configFile: string;
  readonly ledgerDirectory: string;
  readonly readerTokenFile: string;
  readonly readerToken: string;
  readonly operatorToken: string;
}

async function writeFiles(directory: string, options: GatewayOptions): Promise<Files> {
  await mkdir(directory, { recursive: true });
  const readerToken = randomBytes(24).toString('base64url');
  const operatorToken = randomBytes(24).toString('base64url');
  const readerTokenFile = join(directory, 'auditor.token');
  await writeFile(readerTokenFile, `${readerToken}\n`, { mode: 0o600 });
  await writeFile(join(directory, 'operator.token'), `${operatorToken}\n`, { mode: 0o600 });
  const base: ConfigTree = {
    gateway: { listen: '127.0.0.1:0' },
    upstream: { baseUrl: options.upstream },
    review: {
      listen: '127.0.0.1:0',
      readers: [
        { name: 'test-auditor', role: 'auditor', tokenFile: 'auditor.token' },
        { name: 'test-operator', role: 'operator', tokenFile: 'operator.token' },
      ],
    },
    audit: { directory: 'ledger', origin: 'chaperone.test/suite' },
    keys: { directory: 'keys' },
  };
  const configFile = join(directory, 'chaperone.yaml');
  await writeFile(configFile, stringify(merge(base, options.config ?? {})));
  const ledgerDirectory = join(directory, 'ledger');
  return { configFile, ledgerDirectory, readerTokenFile, readerToken, operatorToken };
}

function merge(under: ConfigTree, over: ConfigTree): ConfigTree {
  const result: Record<string, ConfigValue> = { ...under };
  for (const [key, value] of Object.entries(over)) {
    const old = result[key];
    result[key] = isTree(old) && isTree(value) ? merge(old, value) : value;
  }
  return result;
}

function isTree(value: ConfigValue | undefined): value is ConfigTree {
  return typeof value === 'object' && !Array.isArray(value);
}

interface Running {
  readonly child: ChildProcess;
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly exit: () => Exit | undefined;
  readonly exited: Promise<Exit>;
  readonly killGroup: () => void;
  /** Called when the test process itself ends while the child still runs. */
  readonly onEnd: (cleanUp: () => void) => void;
}

function launch(configFile: string, init: boolean, options: GatewayOptions): Running {
  const command = [
    ...(options.wrapper ?? []),
    process.execPath,
    join(options.project ?? projectRoot, 'bin', 'chaperone.mjs'),
    'serve',
    '--config',
    configFile,
    ...(init ? ['--init'] : []),
  ];
  // A group of its own, so that the command's own child can be ended with it.
  const child = spawn(command[0] ?? '', command.slice(1), {
    cwd: options.project ?? projectRoot,
    env: { ...process.env, ...options.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let stdout = '';
  let stderr = '';
  let exit: Exit | undefined;
  const cleanUps: (() => void)[] = [];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const killGroup = (): void => {
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // Nobody left in the group.
    }
  };
  const atEnd = (): void => {
    killGroup();
    for (const cleanUp of cleanUps) cleanUp();
  };
  process.once('exit', atEnd);
  const exited = new Promise<Exit>((resolve) => {
    child.once('error', (error) => {
      stderr += String(error);
      resolve((exit = { code: null, signal: null }));
    });
    child.once('close', (code, signal) => {
      process.removeListener('exit', atEnd);
      resolve((exit = { code, signal }));
    });
  });
  return {
    child,
    stdout: () => stdout,
    stderr: () => stderr,
    exit: () => exit,
    exited,
    killGroup,
    onEnd: (cleanUp) => cleanUps.push(cleanUp),
  };
}

/** The ready line's match, or undefined when the process ended or the time is over. */
async function firstOf(running: Running, timeoutMs: number): Promise<RegExpExecArray | undefined> {
  return new Promise((resolve) => {
    const finish = (match: RegExpExecArray | undefined): void => {
      clearTimeout(timer);
      running.child.stdout?.removeListener('data', look);
      resolve(match);
    };
    const look = (): void => {
      const match = readyLine.exec(running.stdout());
      if (match !== null) finish(match);
    };
    const timer = setTimeout(() => {
      finish(undefined);
    }, timeoutMs);
    running.child.stdout?.on('data', look);
    running.child.once('close', () => {
      finish(undefined);
    });
    running.child.once('error', () => {
      finish(undefined);
    });
    look();
  });
}

async function stop(running: Running, directory: string, isOurs: boolean): Promise<void> {
  running.child.kill('SIGTERM');
  const exit = await running.exited;
  running.killGroup();
  if (exit.code !== 0) {
    throw new Error(
      `the gateway should end with 0 on SIGTERM, not ${JSON.stringify(exit)}: ${running.stderr()}`,
    );
  }
  if (isOurs) await rm(directory, { recursive: true, force: true });
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/u, '');
}
