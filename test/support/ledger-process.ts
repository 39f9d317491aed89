/** Runs `ledger-child.ts`, kills it, and keeps what it said it was told is durable. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';

/** A child that writes a ledger. */
export interface LedgerProcess {
  readonly child: ChildProcess;
  /** What it said, line by line, each an array that begins with a word. */
  readonly lines: readonly (readonly unknown[])[];
  /** Waits until it has said that many lines that begin with the word. */
  said(word: string, count?: number): Promise<void>;
  /** Waits for its end, and for all that it had said. */
  ended(): Promise<number | null>;
}

/** Starts a child; `wrap` is a command that runs it (strace and its options). */
export function startLedgerProcess(
  args: readonly string[],
  wrap: readonly string[] = [],
): LedgerProcess {
  const words = [...wrap, process.execPath, join(import.meta.dirname, 'ledger-child.ts'), ...args];
  const [command = process.execPath, ...rest] = words;
  // A group of its own, so that what strace runs ends with it.
  const child = spawn(command, rest, { detached: true, stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => {
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
      process.kill(-child.pid, 'SIGKILL');
    }
  });
  const lines: (readonly unknown[])[] = [];
  const exit = once(child, 'exit') as Promise<[number | null]>;
  const reader = createInterface({ input: child.stdout });
  const drained = once(reader, 'close');
  reader.on('line', (line) => {
    // A kill may cut the last line.
    if (line.endsWith(']')) lines.push(JSON.parse(line) as unknown[]);
  });
  return {
    child,
    lines,
    said: async (word, count = 1) => {
      while (lines.filter((line) => line[0] === word).length < count) {
        if (child.exitCode !== null) throw new Error(`it ended before it said ${word}`);
        await Promise.race([once(reader, 'line'), exit]);
      }
    },
    ended: async () => {
      const [code] = await exit;
      await drained;
      return code;
    },
  };
}

/** The second word of all lines that begin with the word. */
export function saidAfter(word: string, process: LedgerProcess): readonly string[] {
  return process.lines.filter((line) => line[0] === word).map((line) => String(line[1]));
}
