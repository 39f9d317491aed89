/**
 * What a running gateway asks of the kernel, in the order in which the kernel was asked: `strace`
 * attached to its process, and the calls that matter for "nothing before durable" read out of it.
 * Needs root and strace. Linux only.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { temporaryFolder } from './temporary-ledger.ts';

/** What happens to every sync from the moment of attaching, or from the n-th one of a thread on. */
export type SyncFault =
  | { readonly kind: 'none' }
  | { readonly kind: 'delay'; readonly delayMs: number }
  | { readonly kind: 'error'; readonly fromSync?: number };

/** A trace that is being written. */
export interface Tracing {
  /** Detaches when the process still runs, and gives all lines of the trace. */
  stop(): Promise<readonly string[]>;
}

/** Attaches to a process and all its threads. The trace has begun when it resolves. */
export async function traceCalls(pid: number, fault: SyncFault): Promise<Tracing> {
  const file = join(temporaryFolder(), 'trace');
  const calls = 'trace=fsync,fdatasync,pwrite64,pwritev,read,recvfrom,write,writev,sendto,sendmsg';
  const inject = injection(fault);
  const strace = spawn(
    'strace',
    ['-f', '-yy', '-s', '32', '-e', calls, ...inject, '-o', file, '-p', String(pid)],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const ended = once(strace, 'exit');
  onTestFinished(async () => {
    strace.kill('SIGINT');
    await ended;
    rmSync(file, { force: true });
  });
  await new Promise<void>((resolve, reject) => {
    let said = '';
    strace.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (said.includes('attached')) resolve();
    });
    strace.once('error', reject);
    void ended.then(() => {
      reject(new Error(`strace ended before it was attached: ${said}`));
    });
  });
  return {
    stop: async () => {
      strace.kill('SIGINT');
      await ended;
      return readFileSync(file, 'utf8').split('\n');
    },
  };
}

function injection(fault: SyncFault): readonly string[] {
  switch (fault.kind) {
    case 'none':
      return [];
    case 'delay':
      return ['-e', `inject=fsync,fdatasync:delay_enter=${String(fault.delayMs * 1000)}`];
    case 'error':
      return ['-e', `inject=fsync,fdatasync:error=EIO:when=${String(fault.fromSync ?? 1)}+`];
  }
}

/** One step of an exchange, as the kernel saw it. */
export type Step =
  /** The request of the client was read. */
  | 'request'
  /** Bytes went into the ledger's write-ahead log. */
  | 'write'
  /** A sync of that log has ended well. */
  | 'sync'
  /** Bytes went to the upstream. */
  | 'upstream'
  /** Bytes went to the client. */
  | 'answer';

/** The sockets of an exchange. */
export interface Sockets {
  readonly gatewayPort: number;
  readonly clientPort: number;
  readonly upstreamPort: number;
}

/**
 * The steps of the exchange on one client connection, equal neighbours taken together, up to the
 * next request of another one. A call counts where it begins, a sync where it has ended: its thread
 * goes on only after strace has written that line, so "sync before answer" in the list is so in the
 * process.
 */
export function stepsOf(lines: readonly string[], sockets: Sockets): readonly Step[] {
  const steps: Step[] = [];
  const syncing = new Set<string>();
  for (const line of lines) {
    const step = stepOf(line, sockets, syncing);
    if (steps.length === 0 && step !== 'request') continue;
    if (step === 'other') return steps;
    if (step !== undefined && steps.at(-1) !== step) steps.push(step);
  }
  return steps;
}

const syncCall = /^fsync\(|^fdatasync\(/u;
const writeCall = /^(?:write|writev|sendto|sendmsg)\(/u;
const ledgerLog = /^\w+\(\d+<[^>]*\/leaves-\d+\.db-wal>/u;
const connection = /^\w+\(\d+<TCP:\[[^\]]*:(\d+)->[^\]]*:(\d+)\]>/u;

function stepOf(line: string, sockets: Sockets, syncing: Set<string>): Step | 'other' | undefined {
  const [, thread = '', call = ''] = /^(\d+)\s+(.*)$/u.exec(line) ?? [];
  const hasEndedWell = / = 0(?: \(.*\))?$/u.test(call);
  if (/^<\.\.\. (?:fsync|fdatasync) resumed>/u.test(call)) {
    return syncing.delete(thread) && hasEndedWell ? 'sync' : undefined;
  }
  if (ledgerLog.test(call)) {
    if (!syncCall.test(call)) return 'write';
    if (call.endsWith('<unfinished ...>')) syncing.add(thread);
    return hasEndedWell ? 'sync' : undefined;
  }
  const [, own, peer] = (connection.exec(call) ?? []).map(Number);
  const isWrite = writeCall.test(call);
  if (peer === sockets.upstreamPort) return isWrite ? 'upstream' : undefined;
  if (own !== sockets.gatewayPort) return undefined;
  if (isWrite) return peer === sockets.clientPort ? 'answer' : 'other';
  // A read that gave nothing is the end of a connection, or its waiting.
  if (/ = (?:0|-1 .*)$/u.test(call)) return undefined;
  return peer === sockets.clientPort ? 'request' : 'other';
}
