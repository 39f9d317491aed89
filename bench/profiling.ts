/**
 * The option `--profile`: Chaperone alone under V8's CPU profiler, main thread and workers, a fresh
 * process for each case. Only the samples of the measured window are summed, so that the start and
 * the warm-up do not blur them.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { answerCount, soundAnswers } from './comparison.ts';
import type { ComparisonContext } from './comparison.ts';
import type { BenchCase } from './bodies.ts';
import { checkLedger } from './ledger-check.ts';
import type { LedgerCheck } from './ledger-check.ts';
import { ledgerDirectory, startChaperone, startHelpers } from './legs.ts';
import type { Helpers } from './legs.ts';
import { prepareCase, sendLoad, untilQuiet } from './measure.ts';
import { loadProfiles, summariseProfiles } from './profile.ts';
import type { ProfileSummary } from './profile.ts';

/** The profile of one case. */
export interface CaseProfile {
  readonly case: string;
  readonly title: string;
  readonly requests: number;
  readonly summary: ProfileSummary;
  readonly check: LedgerCheck;
}

const WARM_UP_MS = 2_000;

/** Profiles the chosen cases one after another. */
export async function runProfiles(context: ComparisonContext): Promise<readonly CaseProfile[]> {
  const helpers = await startHelpers(context.pinning);
  const profiles: CaseProfile[] = [];
  for (const benchCase of context.options.cases) {
    profiles.push(await profileCase(context, helpers, benchCase));
  }
  await Promise.all([helpers.load.stop(), helpers.upstream.process.stop()]);
  return profiles;
}

async function profileCase(
  { options, pinning, issuer, directory, progress }: ComparisonContext,
  helpers: Helpers,
  benchCase: BenchCase,
): Promise<CaseProfile> {
  const folder = join(directory, `profile-${benchCase.name}`);
  const profileFolder = join(folder, 'cpu-profiles');
  mkdirSync(profileFolder, { recursive: true });
  const leg = await startChaperone({
    upstreamBase: helpers.upstream.base,
    directory: folder,
    core: pinning?.tested,
    issuer,
    environment: {
      NODE_OPTIONS: `--cpu-prof --cpu-prof-interval=500 --cpu-prof-dir=${profileFolder}`,
    },
  });
  const answers = answerCount();
  const prepared = await prepareCase(leg, benchCase, helpers.upstream.base, issuer?.token);
  answers.add('chaperone', benchCase, 1);
  const window = { helpers, pinning, connections: options.connections };
  progress(`warming up under the profiler, ${benchCase.name}`);
  const warm = await sendLoad(prepared, { ...window, durationMs: WARM_UP_MS });
  answers.add('chaperone', benchCase, soundAnswers(leg, benchCase, warm));
  await untilQuiet(leg);
  progress(`profiling ${benchCase.name}`);
  const fromMicros = monotonicMicros();
  const load = await sendLoad(prepared, { ...window, durationMs: options.seconds * 1000 });
  answers.add('chaperone', benchCase, soundAnswers(leg, benchCase, load));
  await untilQuiet(leg);
  const toMicros = monotonicMicros();
  progress('stopping, reading the profiles and verifying the ledger');
  const serveExitCode = await leg.process.stop();
  return {
    case: benchCase.name,
    title: benchCase.title,
    requests: load.requests,
    summary: summariseProfiles(loadProfiles(profileFolder), { fromMicros, toMicros }),
    check: await checkLedger(ledgerDirectory(folder), {
      ...answers.of('chaperone'),
      serveExitCode,
    }),
  };
}

/** The clock of the profiler. */
function monotonicMicros(): number {
  return Number(process.hrtime.bigint() / 1000n);
}
