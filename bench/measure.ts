/**
 * One measured window of one leg: load for some seconds, then wait until the process is quiet, and
 * read its CPU time before and after. Work that a leg puts off (an index that follows behind) is thus
 * paid by the leg that caused it and not by the next one.
 */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BenchCase } from './bodies.ts';
import { caseBody } from './bodies.ts';
import {
  busySecondsOfCore,
  cpuSecondsOfTree,
  threadDifference,
  threadSecondsOfTree,
} from './cpu.ts';
import type { RoundFigures } from './figures.ts';
import type { Helpers, Leg } from './legs.ts';
import type { LoadMessage } from './load-process.ts';
import type { LoadResult } from './load.ts';
import type { Pinning } from './processes.ts';

/** A request and the only answer that counts. */
export interface PreparedCase {
  readonly benchCase: BenchCase;
  readonly port: number;
  readonly request: string;
  readonly expected: Buffer;
}

/** What a window is made with. */
export interface WindowOptions {
  readonly helpers: Helpers;
  readonly pinning: Pinning | undefined;
  readonly connections: number;
  readonly durationMs: number;
}

const QUIET_STEP_MS = 100;
const QUIET_LIMIT_MS = 5_000;

/**
 * Asks a leg once for the case and keeps what it answered, if that is right.
 *
 * Right means: the body of the upstream, with the upstream's base replaced by that of the leg where
 * the leg replaces it. Throws otherwise: figures about wrong answers are worth nothing.
 */
export async function prepareCase(
  leg: Leg,
  benchCase: BenchCase,
  upstreamBase: string,
  token: string | undefined,
): Promise<PreparedCase> {
  const url = new URL(leg.base + benchCase.target);
  const headers = {
    accept: 'application/fhir+json',
    'user-agent': 'chaperone-bench',
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
  const answer = await fetch(url, { headers });
  const body = Buffer.from(await answer.arrayBuffer());
  const wanted = Buffer.from(
    caseBody(benchCase, upstreamBase)
      .toString('utf8')
      .replaceAll(`${upstreamBase}/`, `${leg.baseInBodies}/`),
    'utf8',
  );
  if (answer.status !== 200 || !body.equals(wanted)) {
    throw new Error(
      `${leg.name}: wrong answer to ${benchCase.target}: status ${String(answer.status)}, ` +
        `${String(body.length)} bytes where ${String(wanted.length)} were expected\n` +
        body.toString('utf8').slice(0, 600),
    );
  }
  const head = Object.entries({ host: url.host, ...headers, connection: 'keep-alive' })
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('');
  return {
    benchCase,
    port: Number(url.port),
    request: `GET ${url.pathname}${url.search} HTTP/1.1\r\n${head}\r\n`,
    expected: wanted,
  };
}

/** Sends the load and waits for its result. */
export async function sendLoad(
  prepared: PreparedCase,
  { helpers, connections, durationMs }: WindowOptions,
): Promise<LoadResult> {
  const message: LoadMessage = {
    port: prepared.port,
    request: prepared.request,
    expectedBase64: prepared.expected.toString('base64'),
    connections,
    durationMs,
  };
  const { child } = helpers.load;
  const waiting = new AbortController();
  const ended = once(child, 'exit', { signal: waiting.signal }).then(() => {
    throw new Error('the load generator ended');
  });
  const answered = once(child, 'message') as Promise<[LoadResult]>;
  child.send(message);
  try {
    const [result] = await Promise.race([answered, ended]);
    return result;
  } finally {
    ended.catch(() => undefined);
    waiting.abort();
  }
}

/** Measures one window. */
export async function measureWindow(
  leg: Leg,
  prepared: PreparedCase,
  round: number,
  options: WindowOptions,
): Promise<{ readonly figures: RoundFigures; readonly load: LoadResult }> {
  const { helpers, pinning } = options;
  const read = (): { tested: number; helpers: number; core: number } => ({
    tested: cpuSecondsOfTree(leg.process.pid),
    helpers: cpuSecondsOfTree(helpers.load.pid) + cpuSecondsOfTree(helpers.upstream.process.pid),
    core: pinning === undefined ? Number.NaN : busySecondsOfCore(pinning.tested),
  });
  const threadsBefore = threadSecondsOfTree(leg.process.pid);
  const before = read();
  const load = await sendLoad(prepared, options);
  const after = read();
  const quiet = await untilQuiet(leg);
  const threadsAfter = threadSecondsOfTree(leg.process.pid);
  const elapsedSeconds = load.elapsedMs / 1000;
  const foreign = (after.core - before.core - (after.tested - before.tested)) / elapsedSeconds;
  return {
    load,
    figures: {
      round,
      requests: load.requests,
      elapsedMs: load.elapsedMs,
      p50Ms: load.p50Ms,
      p99Ms: load.p99Ms,
      cpuSeconds: quiet.cpuSeconds - before.tested,
      threads: threadDifference(threadsBefore, threadsAfter),
      ...(Number.isNaN(foreign) ? {} : { foreignShare: Math.max(0, foreign) }),
      helperShare: (after.helpers - before.helpers) / elapsedSeconds,
      settled: quiet.settled,
    },
  };
}

/** Waits until a leg has used next to no CPU for two steps on end, or the limit is reached. */
export async function untilQuiet(
  leg: Leg,
): Promise<{ readonly cpuSeconds: number; readonly settled: boolean }> {
  let last = cpuSecondsOfTree(leg.process.pid);
  let quietSteps = 0;
  for (let waitedMs = 0; waitedMs < QUIET_LIMIT_MS; waitedMs += QUIET_STEP_MS) {
    await sleep(QUIET_STEP_MS);
    const now = cpuSecondsOfTree(leg.process.pid);
    quietSteps = now - last < 0.015 ? quietSteps + 1 : 0;
    last = now;
    if (quietSteps === 2) return { cpuSeconds: now, settled: true };
  }
  return { cpuSeconds: last, settled: false };
}
