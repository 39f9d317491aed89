/**
 * Starts the processes of a benchmark run, pinned to a core where that is possible, and ends them.
 */
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { allowedCores } from './cpu.ts';

/** Which core each role runs on; absent: the machine decides. */
export interface Pinning {
  readonly tested: number;
  readonly helpers: number;
}

/** A started process, and what is needed to end it. */
export interface RunningProcess {
  readonly pid: number;
  readonly child: ChildProcess;
  /** Asks with SIGTERM, insists with SIGKILL after 40 seconds. Resolves with the exit code. */
  stop(): Promise<number | null>;
}

/** What to start. */
export interface StartOptions {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  readonly core: number | undefined;
  readonly environment?: Readonly<Record<string, string>>;
  /** Whether it talks over an IPC channel (our own children) or prints lines (the product). */
  readonly channel: 'ipc' | 'stdout';
}

const STOP_TIMEOUT_MS = 40_000;
const READY_TIMEOUT_MS = 30_000;
const running = new Set<ChildProcess>();

/** One core for the process under test and another for the rest, or undefined with fewer than two. */
export function choosePinning(): Pinning | undefined {
  if (spawnSync('taskset', ['--version'], { stdio: 'ignore' }).status !== 0) return undefined;
  const cores = allowedCores();
  const [helpers] = cores;
  const tested = cores.at(-1);
  if (helpers === undefined || tested === undefined || helpers === tested) return undefined;
  return { tested, helpers };
}

/** The path of a file of this repository, given relative to this folder. */
export function ownPath(relative: string): string {
  return fileURLToPath(new URL(relative, import.meta.url));
}

/** Starts a process. Its stderr is passed on only when it fails. */
export function startProcess(options: StartOptions): RunningProcess {
  const pin = options.core === undefined ? [] : ['taskset', '-c', String(options.core)];
  const [command = '', ...rest] = [...pin, ...options.command];
  const child = spawn(command, rest, {
    env: { ...process.env, ...options.environment },
    stdio: ['ignore', 'pipe', 'pipe', ...(options.channel === 'ipc' ? ['ipc' as const] : [])],
  });
  running.add(child);
  let complaints = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    complaints = (complaints + chunk.toString('utf8')).slice(-4_000);
  });
  if (options.channel === 'ipc') child.stdout?.resume();
  child.once('error', (error) => {
    complaints += String(error);
  });
  child.once('exit', (code) => {
    running.delete(child);
    if (code !== 0 && code !== null) {
      process.stderr.write(`${options.name} ended with ${String(code)}\n${complaints}\n`);
    }
  });
  if (child.pid === undefined) throw new Error(`${options.name} could not be started`);
  return { pid: child.pid, child, stop: () => stopChild(child) };
}

async function stopChild(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const ended = once(child, 'exit') as Promise<[number | null]>;
  child.kill('SIGTERM');
  const insist = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  const [code] = await ended;
  clearTimeout(insist);
  return code;
}

/** Ends what is still running, at once: for the ways out that nobody planned. */
export function killAll(): void {
  for (const child of running) child.kill('SIGKILL');
}

/** The first message of a child with an IPC channel. */
export async function firstMessage<T>(started: RunningProcess): Promise<T> {
  const [message] = (await withDeadline(started, once(started.child, 'message'))) as [T];
  return message;
}

/** The first line on stdout that matches; later output is read and dropped. */
export function matchingLine(started: RunningProcess, pattern: RegExp): Promise<RegExpExecArray> {
  const found = new Promise<RegExpExecArray>((resolve) => {
    let text = '';
    started.child.stdout?.on('data', (chunk: Buffer) => {
      if (text.length > 65_536) return;
      text += chunk.toString('utf8');
      const match = pattern.exec(text);
      if (match !== null) resolve(match);
    });
  });
  return withDeadline(started, found);
}

async function withDeadline<T>(started: RunningProcess, awaited: Promise<T>): Promise<T> {
  const cancel = new AbortController();
  const { signal } = cancel;
  const name = started.child.spawnargs.slice(0, 6).join(' ');
  const failed = once(started.child, 'exit', { signal }).then(() => {
    throw new Error(`ended before it was ready: ${name}`);
  });
  const late = new Promise<never>((_, reject) => {
    const timer = setTimeout(() => {
      reject(new Error(`not ready after ${String(READY_TIMEOUT_MS)} ms: ${name}`));
    }, READY_TIMEOUT_MS);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
    });
  });
  failed.catch(() => undefined);
  try {
    return await Promise.race([awaited, failed, late]);
  } finally {
    cancel.abort();
  }
}
