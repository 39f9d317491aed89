/**
 * Accesses for tests of the search, as plain facts; and the AuditEvents built from them.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLedger } from '../../audit/ledger/index.ts';
import type { Ledger } from '../../audit/ledger/index.ts';

/** What one event is about. */
export interface AccessFacts {
  readonly id: string;
  readonly recordedMs: number;
  readonly patients: readonly string[];
  readonly user: string | undefined;
  readonly outcome: string;
  readonly action: string;
  readonly requestId: string;
  readonly requestIdSystem: string | undefined;
}

/** The AuditEvent of some facts, as stored. */
export function eventText(facts: AccessFacts, filler = ''): string {
  const system = facts.requestIdSystem;
  return JSON.stringify({
    resourceType: 'AuditEvent',
    id: facts.id,
    type: { system: 'http://terminology.hl7.org/CodeSystem/audit-event-type', code: 'rest' },
    subtype: [{ system: 'http://hl7.org/fhir/restful-interaction', code: 'read' }],
    action: facts.action,
    recorded: new Date(facts.recordedMs).toISOString(),
    outcome: facts.outcome,
    agent: [
      { who: { identifier: { value: 'client-app' } }, requestor: false },
      ...(facts.user === undefined ? [] : [{ who: { reference: facts.user }, requestor: true }]),
    ],
    source: { observer: { identifier: { value: 'gateway-1' } } },
    entity: [
      ...facts.patients.map((reference) => ({ what: { reference, type: 'Patient' } })),
      { what: { reference: 'Observation/1' } },
      {
        what: {
          identifier: { ...(system === undefined ? {} : { system }), value: facts.requestId },
        },
      },
      ...(filler === '' ? [] : [{ name: filler }]),
    ],
  });
}

/** Midnight of the first day on which generated events may lie. */
export const firstDayMs = Date.UTC(2026, 1, 27);

/** An empty ledger in a folder of its own. */
export interface TestLedger {
  readonly ledger: Ledger;
  /** Folder for other files; removed with the ledger. */
  readonly folder: string;
  /** Appends texts, one transaction. */
  append(texts: readonly string[]): Promise<void>;
  remove(): Promise<void>;
}

/** Makes a ledger in a new temporary folder. */
export async function makeTestLedger(origin = 'test.example/one'): Promise<TestLedger> {
  const folder = await mkdtemp(join(tmpdir(), 'chaperone-search-'));
  const ledger = await openLedger({
    directory: join(folder, 'ledger'),
    origin,
    init: true,
    clock: () => new Date(),
    queueBytes: 256 * 1024 * 1024,
    appendTimeoutMs: 60_000,
  });
  return {
    ledger,
    folder,
    append: async (texts) => {
      const [first, ...rest] = texts.map((body) => ({ kind: 'record' as const, body }));
      if (first !== undefined) await ledger.append([first, ...rest]);
    },
    remove: async () => {
      await ledger.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The AuditEvent of a read of one patient's data, for tests that need any event. */
export function readEventText(id: string, patient = 'Patient/p'): string {
  return eventText({
    id,
    recordedMs: firstDayMs,
    patients: [patient],
    user: 'Practitioner/u',
    outcome: '0',
    action: 'R',
    requestId: `request-${id}`,
    requestIdSystem: undefined,
  });
}
