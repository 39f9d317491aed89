/**
 * kill -9 on the process that writes the ledger, under load, again and again: what clients were
 * told stays recorded, and what the upstream was asked to change is never without a record.
 *
 * `CHAPERONE_KILLS` sets the number of kills (default 100).
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AuditEvent } from '@medplum/fhirtypes';
import { describe, expect, it, onTestFinished } from 'vitest';
import { verifyLedger } from '../../audit/ledger/index.ts';
import { startClinicLoad } from '../support/clinic-load.ts';
import type { ReceivedAnswer } from '../support/clinic-load.ts';
import { runVerify } from '../support/command.ts';
import { expectLedger } from '../support/expect-ledger.ts';
import { requestIdOf } from '../support/face-under-test.ts';
import { GatewayNotReady, projectRoot, startGateway } from '../support/gateway-process.ts';
import type { GatewayOptions, GatewayProcess } from '../support/gateway-process.ts';
import { epochFolder, isEffectUnknown, readEvents } from '../support/ledger-events.ts';
import { saidAfter, startLedgerProcess } from '../support/ledger-process.ts';
import { copyProject, type Patch } from '../support/project-copy.ts';
import { openTestLedger, temporaryFolder } from '../support/temporary-ledger.ts';

const kills = Number(process.env['CHAPERONE_KILLS'] ?? '100');
const apps = 8;
/** A start that is itself killed, and a start that finds nothing to recover, this often. */
const everyNth = 5;
/** A ledger takes so many kills, then a new one begins: verifying one for ever costs ever more. */
const killsPerLedger = 25;

interface Upstream {
  readonly base: string;
  /** Request ids of all changes that it saw, in order. */
  changes(): readonly string[];
}

async function startUpstream(): Promise<Upstream> {
  const file = join(temporaryFolder(), 'changes');
  const script = join(projectRoot, 'test', 'support', 'change-upstream-child.ts');
  const child = spawn(process.execPath, [script, file], { stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const [port] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string];
  return {
    base: `http://127.0.0.1:${port.trim()}/fhir`,
    changes: () => (existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : []),
  };
}

/** What is known of one ledger so far. */
interface Knowledge {
  readonly directory: string;
  readonly upstream: Upstream;
  /** Starts the gateway on this ledger; it is gone when the test has ended. */
  start(options?: Partial<GatewayOptions>): Promise<GatewayProcess>;
  readonly ledgerDirectory: string;
  /** Leaves read so far, and the events in them by request id. */
  size: number;
  readonly events: Map<string, AuditEvent[]>;
  readonly received: ReceivedAnswer[];
  /** Changes that the upstream had seen before this ledger began. */
  readonly changesBefore: number;
}

interface Totals {
  kills: number;
  killsWithOpenIntents: number;
  openIntents: number;
  startsKilled: number;
  answers: number;
  changes: number;
  unknown: number;
  readonly roundMs: number[];
}

function newTotals(): Totals {
  return {
    kills: 0,
    killsWithOpenIntents: 0,
    openIntents: 0,
    startsKilled: 0,
    answers: 0,
    changes: 0,
    unknown: 0,
    roundMs: [],
  };
}

function newKnowledge(upstream: Upstream, project = projectRoot): Knowledge {
  const directory = temporaryFolder();
  let running: GatewayProcess | undefined;
  onTestFinished(async () => {
    await running?.kill9();
  });
  return {
    directory,
    upstream,
    start: async (options) => {
      running = await startGateway({ upstream: upstream.base, directory, project, ...options });
      return running;
    },
    ledgerDirectory: join(directory, 'ledger'),
    size: 0,
    events: new Map(),
    received: [],
    changesBefore: upstream.changes().length,
  };
}

/** Reads what came to the ledger since the last time. */
function learn(known: Knowledge): void {
  const { size, events } = readEvents(known.ledgerDirectory, known.size);
  expect(size).toBeGreaterThanOrEqual(known.size);
  known.size = size;
  for (const event of events) {
    const id = requestIdOf(event) ?? '';
    known.events.set(id, [...(known.events.get(id) ?? []), event]);
  }
}

/** The whole point: nothing that anybody outside knows of is without its record. */
function expectAllRecorded(known: Knowledge, changes: readonly string[]): void {
  const missing = known.received.filter(({ requestId, kind, status }) => {
    const events = known.events.get(requestId) ?? [];
    // One event for each patient; and of an answered change nobody says that its effect is unknown.
    if (events.length !== (kind === 'search' ? 3 : 1)) return true;
    return status >= 300 || events.some((event) => event.outcome !== '0');
  });
  expect(missing, 'answers without their events').toEqual([]);
  const unrecorded = changes.filter((id) => known.events.get(id)?.length !== 1);
  expect(unrecorded, 'changes without exactly one event').toEqual([]);
  expect(new Set(changes).size, 'no change was forwarded twice').toBe(changes.length);
}

/** Kills a start at some moment; when it is ready before that, it is killed ready. */
async function killStart(known: Knowledge, afterMs: number): Promise<void> {
  try {
    await (await known.start({ readyTimeoutMs: afterMs })).kill9();
  } catch (error) {
    if (!(error instanceof GatewayNotReady)) throw error;
    // Killed as meant, or it ended by itself: that must not happen.
    expect(error.exit, error.stderr).toBeUndefined();
  }
}

function openAfterKill(known: Knowledge): number {
  const report = verifyLedger(known.ledgerDirectory);
  expect(report.problems).toEqual([]);
  return report.openIntents;
}

/** From a start to the kill under load, and the start after that with all its checks. */
async function round(
  known: Knowledge,
  gateway: GatewayProcess,
  totals: Totals,
): Promise<GatewayProcess> {
  const number = totals.kills++;
  const startedAt = performance.now();
  const load = startClinicLoad(gateway.appUrl, apps);
  await new Promise((resolve) => setTimeout(resolve, 150 + ((number * 73) % 450)));
  await gateway.kill9();
  await load.ended;
  known.received.push(...load.received);
  const open = openAfterKill(known);
  totals.openIntents += open;
  if (open > 0) totals.killsWithOpenIntents += 1;

  if (number % everyNth === 2) {
    await killStart(known, 200 + ((number * 131) % 900));
    totals.startsKilled += 1;
    expect(openAfterKill(known)).toBeLessThanOrEqual(open);
  }
  let next = await known.start();
  learn(known);
  expectAllRecorded(known, known.upstream.changes().slice(known.changesBefore));
  const recovered = verifyLedger(known.ledgerDirectory);
  expect(recovered).toMatchObject({ ok: true, openIntents: 0, treeSize: known.size });
  if (number % everyNth === 0) {
    // A second recovery finds nothing to do.
    await next.kill9();
    next = await known.start();
    const { rootHash, treeSize } = recovered;
    expect(verifyLedger(known.ledgerDirectory)).toMatchObject({ rootHash, treeSize });
  }
  totals.answers += load.received.length;
  totals.roundMs.push(performance.now() - startedAt);
  return next;
}

async function oneLedger(known: Knowledge, rounds: number, totals: Totals): Promise<void> {
  let gateway = await known.start();
  for (let i = 0; i < rounds; i++) gateway = await round(known, gateway, totals);
  await gateway.stop();
  const changes = known.upstream.changes().slice(known.changesBefore);
  totals.changes += changes.length;
  const all = [...known.events.values()].flat();
  totals.unknown += all.filter(isEffectUnknown).length;
  // What was read piece by piece is what is there at the end, for two verifiers as well.
  expect(readEvents(known.ledgerDirectory).events.length).toBe(all.length);
  expectLedger(epochFolder(known.ledgerDirectory), { size: known.size, openIntents: [] });
  expect(await runVerify(known.ledgerDirectory)).toMatchObject({
    code: 0,
    ok: true,
    treeSize: known.size,
    openIntents: 0,
  });
}

function report(text: string): void {
  process.stderr.write(`${text}\n`);
}

describe('a gateway that is killed under load', () => {
  it(`has lost nothing that anybody was told, ${String(kills)} times`, async () => {
    const upstream = await startUpstream();
    const totals = newTotals();
    while (totals.kills < kills) {
      const rounds = Math.min(killsPerLedger, kills - totals.kills);
      await oneLedger(newKnowledge(upstream), rounds, totals);
    }
    const { roundMs, ...counts } = totals;
    const sorted = roundMs.sort((a, b) => a - b);
    const median = Math.round(sorted[Math.floor(sorted.length / 2)] ?? 0);
    const longest = Math.round(sorted.at(-1) ?? 0);
    report(
      `kill -9 under load: ${String(counts.kills)} kills, ${String(counts.killsWithOpenIntents)} left open intents (${String(counts.openIntents)} in all); ${JSON.stringify(counts)}; a round took ${String(median)} ms (median), ${String(longest)} ms (longest)`,
    );
    expect(totals.killsWithOpenIntents, 'kills that left open intents').toBeGreaterThan(0);
    expect(totals.unknown, 'changes that recovery spoke for').toBe(totals.openIntents);
    expect(totals.answers).toBeGreaterThan(kills);
  });
});

describe('a gateway with a defect', () => {
  const later = 'await new Promise((resolve) => setTimeout(resolve, 200));';
  it.each<[string, readonly Patch[], string]>([
    [
      'that records what it has released already',
      [
        {
          file: 'gateway/flow.ts',
          from: '    recorded = await options.recorder.record(done, intent);\n',
          to: `    deliver(course, prepared, { receipts: [{}], ids: [] } as never, options);
    ${later}
    recorded = await options.recorder.record(done, intent);\n`,
        },
        {
          file: 'gateway/flow.ts',
          from: '  deliver(course, prepared, recorded, options);\n',
          to: '',
        },
      ],
      'answers without their events',
    ],
    [
      'that forwards changes without an intent',
      [{ file: 'gateway/flow.ts', from: '  if (changes) {\n', to: '  if (2 < 1) {\n' }],
      'changes without exactly one event',
    ],
    [
      'whose recovery forgets the open intents',
      [
        {
          file: 'audit/ledger/recover.ts',
          from: '    settleOrphans(state, options);\n',
          to: '',
        },
      ],
      'changes without exactly one event',
    ],
  ])('%s does not survive the loop', async (_, patches, complaint) => {
    const known = newKnowledge(await startUpstream(), copyProject(patches));
    await expect(oneLedger(known, 5, newTotals())).rejects.toThrow(complaint);
  });
});

describe('a ledger that is killed while it goes on to a new file', () => {
  const rounds = Math.max(1, Math.ceil(kills / 4));

  it(`is whole, ${String(rounds)} times`, async () => {
    const directory = temporaryFolder();
    const durable: string[] = [];
    const intended: string[] = [];
    let inRollOver = 0;
    for (let kill = 0; kill < rounds; kill++) {
      // Files of a few leaves: most of the time goes into beginning the next one.
      const writer = startLedgerProcess([directory, '8', '8']);
      await writer.said('record', 5 + ((kill * 7) % 40));
      await new Promise((resolve) => setTimeout(resolve, (kill * 13) % 29));
      writer.child.kill('SIGKILL');
      await writer.ended();
      durable.push(...saidAfter('record', writer));
      intended.push(...saidAfter('intent', writer));
      if (readdirSync(epochFolder(directory)).some((name) => name.includes('.unfinished'))) {
        inRollOver += 1;
      }
      expect(verifyLedger(directory).problems).toEqual([]);
    }
    report(`kill -9 while files roll over: ${String(inRollOver)} of ${String(rounds)} kills`);
    const ledger = await openTestLedger(directory, { init: false });
    const records = new Set(expectLedger(ledger.directory, { openIntents: [] }).records);
    expect(durable.filter((body) => !records.has(body))).toEqual([]);
    for (const name of intended) {
      expect(records.has(`unknown ${name} a`)).toBe(!records.has(`done ${name}`));
    }
    expect(verifyLedger(directory).problems).toEqual([]);
    expect(inRollOver, 'kills in the middle of a roll-over').toBeGreaterThan(0);
  });
});
