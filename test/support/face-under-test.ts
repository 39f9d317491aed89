/**
 * The app face between a raw client and a recording upstream, with the assertions that hold for any
 * bytes whatsoever: what the upstream saw is recorded, what was refused is recorded, every answer
 * names its record, and the next request is served.
 */
import type { AuditEvent } from '@medplum/fhirtypes';
import { expect } from 'vitest';
import { validateAuditEvent } from './balp/index.ts';
import { startLocalGateway } from './local-gateway.ts';
import type { LocalGateway, LocalGatewaySettings } from './local-gateway.ts';
import { sendRaw, waitFor } from './raw-client.ts';
import type { ClientStep, RawResult, SendOptions } from './raw-client.ts';
import { headerOf, patientAnswer, startRecordingUpstream } from './recording-upstream.ts';
import type { BelievedRequest, RecordingUpstream, Script } from './recording-upstream.ts';

/** What came of a run. */
export interface Run extends RawResult {
  /** Requests that the upstream believes it received. */
  readonly seen: readonly BelievedRequest[];
  /** Events committed, in order. */
  readonly events: readonly AuditEvent[];
}

/** What to run. */
export interface RunOptions extends Omit<SendOptions, 'port' | 'steps'> {
  readonly send: readonly ClientStep[] | ClientStep;
  /** What the upstream answers; default: a patient. */
  readonly upstream?: Script;
  /** Events to wait for; default 1. */
  readonly events?: number;
  /** Ask for the next request afterwards; default true. */
  readonly askNext?: boolean;
}

/** Gateway and upstream. */
export interface Face {
  readonly gateway: LocalGateway;
  readonly upstream: RecordingUpstream;
  /** `Host` that the gateway answers to. */
  readonly host: string;
  run(options: RunOptions): Promise<Run>;
  stop(): Promise<void>;
}

/** Starts both. */
export async function startFace(
  settings: Omit<LocalGatewaySettings, 'upstream'> = {},
): Promise<Face> {
  const upstream = await startRecordingUpstream();
  const gateway = await startLocalGateway({
    ...settings,
    upstream: upstream.base,
    limits: { refusalsPerPeerPerMinute: 100_000, ...settings.limits },
  });
  const host = `127.0.0.1:${String(gateway.port)}`;
  return {
    gateway,
    upstream,
    host,
    run: (options) => runOne(gateway, upstream, host, options),
    async stop() {
      await gateway.stop();
      await upstream.close();
    },
  };
}

async function runOne(
  gateway: LocalGateway,
  upstream: RecordingUpstream,
  host: string,
  options: RunOptions,
): Promise<Run> {
  const { send, upstream: script = patientAnswer, events: expected = 1, ...rest } = options;
  const seenBefore = upstream.seen.length;
  const before = gateway.events().length;
  upstream.answerWith(script);
  const result = await sendRaw({
    ...rest,
    port: gateway.port,
    steps: (Array.isArray(send) ? send : [send]) as readonly ClientStep[],
  });
  await waitFor(() => gateway.events().length >= before + expected);
  upstream.answerWith(patientAnswer);
  const next = options.askNext === false ? undefined : await askNext(gateway.port, host);
  const run = {
    ...result,
    seen: upstream.seen.slice(seenBefore).filter((it) => headerOf(it, 'x-request-id') !== next),
    events: gateway
      .events()
      .slice(before)
      .filter((event) => next === undefined || requestIdOf(event) !== next),
  };
  checkAlways(run, gateway);
  return run;
}

/** The twin of every refusal: an ordinary request is served, whatever came before it. */
async function askNext(port: number, host: string): Promise<string> {
  const next = await sendRaw({
    port,
    steps: [`GET /fhir/Patient/1 HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`],
    answers: 1,
  });
  expect(next.answers[0]?.status, 'the next request').toBe(200);
  return next.answers[0]?.headers['x-request-id'] ?? '';
}

function checkAlways(run: Run, gateway: LocalGateway): void {
  const ids = new Set(run.events.map(requestIdOf));
  for (const answer of run.answers) {
    expect(answer.headers['x-request-id'], 'X-Request-Id').toBeDefined();
    expect(ids, 'the answer names its record').toContain(answer.headers['x-request-id']);
  }
  // Seen upstream = recorded as forwarded, by the request id that both have.
  const forwarded = new Set(run.events.filter(wasForwarded).map(requestIdOf));
  const seenIds = run.seen.map((request) => headerOf(request, 'x-request-id'));
  expect(new Set(seenIds), 'seen upstream = recorded as forwarded').toEqual(forwarded);
  expect(new Set(seenIds).size, 'no request was sent twice').toBe(seenIds.length);
  for (const event of run.events)
    expect(validateAuditEvent(event), 'the event is valid').toEqual([]);
  expect(gateway.logged.filter((line) => line.includes('defect'))).toEqual([]);
}

/** Values of one code of the record's own details. */
export function detailsOf(event: AuditEvent, code: string): readonly string[] {
  const details = (event.entity ?? []).flatMap((entity) => entity.detail ?? []);
  return details.filter((it) => it.type === code).map((it) => it.valueString ?? '');
}

/** The one value of a detail. */
export function detailOf(event: AuditEvent | undefined, code: string): string | undefined {
  return event === undefined ? undefined : detailsOf(event, code)[0];
}

/** The request id of an event. */
export function requestIdOf(event: AuditEvent): string | undefined {
  const entity = event.entity?.find((it) => it.type?.code === 'XrequestId');
  return entity?.what?.identifier?.value;
}

/** The event says that the upstream was, or may have been, asked. */
function wasForwarded(event: AuditEvent): boolean {
  if (detailOf(event, 'record-kind') !== 'event') return false;
  if (/connect/.test(detailOf(event, 'unreachable-reason') ?? '')) return false;
  const isRefusal = detailOf(event, 'refusal-reason') !== undefined;
  return !isRefusal || detailOf(event, 'upstream-status') !== undefined;
}

/** `record-kind reason-or-status outcome` of each event: what a row states. */
export function summaries(events: readonly AuditEvent[]): readonly string[] {
  return events.map((event) => {
    const kind = detailOf(event, 'record-kind') ?? '?';
    const subtype = event.subtype?.at(-1)?.code ?? '';
    const what =
      kind === 'event'
        ? (detailOf(event, 'refusal-reason') ??
          detailOf(event, 'unreachable-reason') ??
          detailOf(event, 'http-status') ??
          'client-gone')
        : subtype;
    return `${kind} ${what} ${event.outcome ?? ''}`;
  });
}
