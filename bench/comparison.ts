/**
 * The comparison: all legs side by side, round by round in a shuffled order, and the check of the
 * ledger at the end.
 */
import { join } from 'node:path';
import type { BenchCase } from './bodies.ts';
import { seededRandom, shuffled } from './figures.ts';
import type { RoundFigures } from './figures.ts';
import { checkLedger } from './ledger-check.ts';
import type { LedgerCheck } from './ledger-check.ts';
import {
  ledgerDirectory,
  startChaperone,
  startHelpers,
  startPassThrough,
  startUpstream,
} from './legs.ts';
import type { Leg, LegName } from './legs.ts';
import { measureWindow, prepareCase, sendLoad, untilQuiet } from './measure.ts';
import type { PreparedCase, WindowOptions } from './measure.ts';
import type { LoadResult } from './load.ts';
import type { BenchOptions } from './options.ts';
import type { Pinning } from './processes.ts';
import { compareLegs } from './report.ts';
import type { CaseReport } from './report.ts';
import type { BenchIssuer } from './token.ts';

/** What a comparison yields. */
export interface Comparison {
  readonly cases: readonly CaseReport[];
  /** Absent when Chaperone was not among the legs. */
  readonly check: LedgerCheck | undefined;
}

/** What it is made with. */
export interface ComparisonContext {
  readonly options: BenchOptions;
  readonly pinning: Pinning | undefined;
  readonly issuer: BenchIssuer | undefined;
  readonly directory: string;
  readonly progress: (line: string) => void;
}

/**
 * The first warm-up goes by requests, since it is their number after which functions are compiled,
 * and a busy machine takes longer for them; up to a limit, so that a run stays bounded.
 */
const FIRST_WARM_UP = { requests: 10_000, stepMs: 1_000, steps: 6 };
const WARM_UP_MS = 400;

/** Counts the answers that clients received, by leg, and the records that they must have left. */
interface AnswerCount {
  add(leg: LegName, benchCase: BenchCase, answers: number): void;
  of(leg: LegName): { readonly answers: number; readonly recordsNeeded: number };
}

/** A count of nothing yet. */
export function answerCount(): AnswerCount {
  const counts = new Map<LegName, { answers: number; recordsNeeded: number }>();
  const of: AnswerCount['of'] = (leg) => counts.get(leg) ?? { answers: 0, recordsNeeded: 0 };
  return {
    of,
    add(leg, { eventsPerExchange }, answers) {
      const before = of(leg);
      counts.set(leg, {
        answers: before.answers + answers,
        recordsNeeded: before.recordsNeeded + answers * eventsPerExchange,
      });
    },
  };
}

interface Candidate {
  readonly leg: Leg;
  readonly benchCase: BenchCase;
  readonly prepared: PreparedCase;
  readonly rounds: RoundFigures[];
}

/** Runs it. Throws when an answer was wrong: such figures are worth nothing. */
export async function runComparison(context: ComparisonContext): Promise<Comparison> {
  const { options, pinning, issuer, progress } = context;
  const helpers = await startHelpers(pinning);
  const upstreamBase = helpers.upstream.base;
  const legs: Leg[] = [];
  for (const name of options.legs) legs.push(await startLeg(name, upstreamBase, context));
  const answers = answerCount();
  const candidates: Candidate[] = [];
  const window = (durationMs: number): WindowOptions => ({
    helpers,
    pinning,
    connections: options.connections,
    durationMs,
  });
  for (const benchCase of options.cases) {
    for (const leg of legs) {
      const base = leg.name === 'direct' ? leg.base : upstreamBase;
      const prepared = await prepareCase(leg, benchCase, base, issuer?.token);
      answers.add(leg.name, benchCase, 1);
      progress(`warming up ${leg.name}, ${benchCase.name}`);
      let sent = 0;
      for (let step = 0; step < FIRST_WARM_UP.steps && sent < FIRST_WARM_UP.requests; step += 1) {
        const load = await sendLoad(prepared, window(FIRST_WARM_UP.stepMs));
        sent += soundAnswers(leg, benchCase, load);
      }
      answers.add(leg.name, benchCase, sent);
      candidates.push({ leg, benchCase, prepared, rounds: [] });
    }
  }
  const random = seededRandom(options.seed);
  for (let round = 1; round <= options.rounds; round += 1) {
    for (const benchCase of options.cases) {
      const turns = candidates.filter((candidate) => candidate.benchCase === benchCase);
      for (const { leg, prepared, rounds } of shuffled(turns, random)) {
        const warm = await sendLoad(prepared, window(WARM_UP_MS));
        answers.add(leg.name, benchCase, soundAnswers(leg, benchCase, warm));
        await untilQuiet(leg);
        const measured = await measureWindow(leg, prepared, round, window(options.seconds * 1000));
        answers.add(leg.name, benchCase, soundAnswers(leg, benchCase, measured.load));
        rounds.push(measured.figures);
        progress(
          `round ${String(round)} of ${String(options.rounds)}, ${benchCase.name}, ${leg.name}: ` +
            `${((measured.figures.cpuSeconds * 1e6) / measured.figures.requests).toFixed(0)} µs of CPU a request`,
        );
      }
    }
  }
  const check = await stopAndCheck(context, legs, answers);
  await Promise.all([helpers.load.stop(), helpers.upstream.process.stop()]);
  return {
    check,
    cases: options.cases.map((benchCase) =>
      compareLegs(
        benchCase,
        candidates
          .filter((candidate) => candidate.benchCase === benchCase)
          .map(({ leg, rounds }) => ({ leg: leg.name, rounds })),
      ),
    ),
  };
}

function startLeg(
  name: LegName,
  upstreamBase: string,
  { pinning, issuer, directory }: ComparisonContext,
): Promise<Leg> {
  const core = pinning?.tested;
  switch (name) {
    // A second upstream on the tested core, so that the direct leg has the same room as the others.
    case 'direct':
      return startUpstream(core);
    case 'http-proxy-middleware':
      return startPassThrough(upstreamBase, core);
    case 'chaperone':
      return startChaperone({
        upstreamBase,
        directory: join(directory, 'chaperone'),
        core,
        issuer,
      });
  }
}

async function stopAndCheck(
  { directory, progress }: ComparisonContext,
  legs: readonly Leg[],
  answers: AnswerCount,
): Promise<LedgerCheck | undefined> {
  progress('stopping the legs');
  let serveExitCode: number | null = null;
  for (const leg of legs) {
    const code = await leg.process.stop();
    if (leg.name === 'chaperone') serveExitCode = code;
  }
  if (!legs.some(({ name }) => name === 'chaperone')) return undefined;
  progress('verifying the ledger of the Chaperone leg');
  return checkLedger(ledgerDirectory(join(directory, 'chaperone')), {
    ...answers.of('chaperone'),
    serveExitCode,
  });
}

/** The answers of a load, all of which must have been right. */
export function soundAnswers(leg: Leg, benchCase: BenchCase, load: LoadResult): number {
  const faults = Object.entries(load.faults);
  if (faults.length === 0) return load.requests;
  throw new Error(
    `${leg.name}, ${benchCase.name}: faulty answers (${faults
      .map(([kind, count]) => `${kind}: ${String(count)}`)
      .join(', ')})\n${load.firstFaultHead ?? ''}`,
  );
}
