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

/** What happens to every sync, or write into a file, from the moment of attaching. */
export type DiskFault =
  | { readonly kind: 'none' }
  | { readonly kind: 'slow-sync'; readonly delayMs: number }
  | { readonly kind: 'sync-fails' }
  | { readonly kind: 'write-fails' };

/** A trace that is being written. */
export interface Tracing {
  /** Detaches when the process still runs, and gives all lines of the trace. */
  stop(): Promise<readonly string[]>;
}

/** Attaches to a process and all its threads. The trace has begun when it resolves. */
export async function traceCalls(pid: number, fault: DiskFault): Promise<Tracing> {
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

function injection(fault: DiskFault): readonly string[] {
  switch (fault.kind) {
    case 'none':
      return [];
    case 'slow-sync':
      return ['-e', `inject=fsync,fdatasync:delay_enter=${String(fault.delayMs * 1000)}`];
    case 'sync-fails':
      return ['-e', 'inject=fsync,fdatasync:error=EIO'];
    case 'write-fails':
      return ['-e', 'inject=pwrite64,pwritev:error=EIO'];
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
 * next request of another one. What writes counts where it begins; a sync and a read where they
 * have ended well: their thread goes on only after strace has written that line, so "sync before
 * answer" in the list is so in the process.
 */
export function stepsOf(lines: readonly string[], sockets: Sockets): readonly Step[] {
  const steps: Step[] = [];
  /** What each thread has begun and not ended. */
  const begun = new Map<string, Step | 'other'>();
  for (const line of lines) {
    const step = stepOf(line, sockets, begun);
    if (steps.length === 0 && step !== 'request') continue;
    if (step === 'other') return steps;
    if (step !== undefined && steps.at(-1) !== step) steps.push(step);
  }
  return steps;
}

const ledgerLog = /^\w+\(\d+<[^>]*\/leaves-\d+\.db-wal>/u;
const connection = /^\w+\(\d+<TCP:\[[^\]]*:(\d+)->[^\]]*:(\d+)\]>/u;

function stepOf(
  line: string,
  sockets: Sockets,
  begun: Map<string, Step | 'other'>,
): Step | 'other' | undefined {
  const [, thread = '', call = ''] = /^(\d+)\s+(.*)$/u.exec(line) ?? [];
  if (/^<\.\.\. \w+ resumed>/u.test(call)) {
    const step = begun.get(thread);
    begun.delete(thread);
    return step !== undefined && hasEndedWell(step, call) ? step : undefined;
  }
  const step = meaningOf(call, sockets);
  if (step === undefined || !countsAtItsEnd(step, call)) return step;
  if (call.endsWith('<unfinished ...>')) {
    begun.set(thread, step);
    return undefined;
  }
  return hasEndedWell(step, call) ? step : undefined;
}

function countsAtItsEnd(step: Step | 'other', call: string): boolean {
  return step === 'sync' || /^(?:read|recvfrom)\(/u.test(call);
}

/** A read that gave nothing is the end of a connection, or its waiting. */
function hasEndedWell(step: Step | 'other', call: string): boolean {
  return step === 'sync' ? / = 0(?: \(.*\))?$/u.test(call) : / = [1-9]\d*$/u.test(call);
}

function meaningOf(call: string, sockets: Sockets): Step | 'other' | undefined {
  if (ledgerLog.test(call)) {
    if (/^fsync\(|^fdatasync\(/u.test(call)) return 'sync';
    return /^pwrite/u.test(call) ? 'write' : undefined;
  }
  const [, own, peer] = (connection.exec(call) ?? []).map(Number);
  const isWrite = /^(?:write|writev|sendto|sendmsg)\(/u.test(call);
  if (peer === sockets.upstreamPort) return isWrite ? 'upstream' : undefined;
  if (own !== sockets.gatewayPort) return undefined;
  if (peer !== sockets.clientPort) return 'other';
  return isWrite ? 'answer' : 'request';
}
