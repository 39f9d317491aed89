/**
 * The flow of one exchange: receive ▶ identify ▶ (intent) ▶ forward ▶ describe ▶ append ▶ release.
 * One direction; each stage takes a value and gives the next. Nothing of an answer is released
 * before its record is durable (promise 1), and every way out of here leaves a record (promise 2).
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  canChange,
  type Answer,
  type Exchange,
  type LocalReason,
  type RefusalReason,
  type RequestFacts,
} from '../audit/event/index.ts';
import { LedgerFault, type IntentHandle } from '../audit/ledger/index.ts';
import { settleIdentity, type Identity } from '../smart/index.ts';
import { prepareAnswer, type Prepared } from './answer/prepare.ts';
import type { HeldBytes } from './answer/budget.ts';
import { arrive, unreadFacts, type Arrival } from './arrival.ts';
import { isPreflight, type Cors } from './cors.ts';
import { faults, type FaultReason } from './faults.ts';
import type { Forwarder } from './forward/forward.ts';
import { identityWithin } from './identity-budget.ts';
import type { GatewayMetrics, ProcessLog } from './options.ts';
import { checkHead, headFacts, receive, type Received, type ReceiveOptions } from './receive.ts';
import type { Recorded, Recorder } from './recorder.ts';
import {
  abandon,
  release,
  releaseContinue,
  releaseFault,
  releasePreflight,
  type HeaderList,
  type RefusalCover,
} from './release.ts';
import type { Admitted, GateOptions } from './gate/index.ts';
import type { Identifier } from '../smart/index.ts';
import type { UrlMap } from './urls/index.ts';

/** Everything that an exchange passes through. */
export interface FlowOptions {
  readonly gate: GateOptions;
  readonly urls: UrlMap;
  readonly cors: Cors;
  readonly identifier: Identifier;
  readonly recorder: Recorder;
  readonly forwarder: Forwarder;
  readonly heldBytes: HeldBytes;
  readonly upstreamPath: string;
  readonly upstreamHost: string;
  readonly limits: {
    readonly requestBodyBytes: number;
    readonly heldAnswerBytes: number;
    readonly drainTimeoutMs: number;
  };
  readonly identityBudgetMs: number;
  readonly flagUninspectable: boolean;
  /** A reason when no new exchange may start. */
  readonly overload: () => RefusalReason | undefined;
  readonly clock: () => Date;
  readonly newId: () => string;
  readonly metrics: GatewayMetrics;
  readonly log: ProcessLog;
}

/** One exchange under way. */
interface Course {
  readonly arrival: Arrival;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly headers: HeaderList;
}

/** Runs one exchange to its end. Never rejects. */
export type Flow = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** Makes the flow of a gateway. */
export function createFlow(options: FlowOptions): Flow {
  return async (request, response) => {
    const arrival = arrive(request, options.identifier, options.newId(), options.clock());
    const course: Course = {
      arrival,
      request,
      response,
      headers: ownHeaders(arrival, options.cors),
    };
    try {
      await run(course, options);
    } catch (error) {
      await fail(course, options, error);
    }
  };
}

function ownHeaders(arrival: Arrival, cors: Cors): HeaderList {
  const headers = ['X-Request-Id', arrival.requestId];
  if (arrival.correlationId !== undefined) headers.push('X-Correlation-Id', arrival.correlationId);
  return [...headers, ...cors.headers(arrival.origin)];
}

async function run(course: Course, options: FlowOptions): Promise<void> {
  const { arrival, request, response } = course;
  const head = checkHead(arrival, request.httpVersion, options.gate);
  if (head.kind === 'refused') {
    await refuse(course, options, head.reason, undefined);
    return;
  }
  const cors = corsFacts(head, arrival);
  if (isPreflight(head.method, cors)) {
    await preflight(course, options, head, cors);
    return;
  }
  const received = await receive(arrival, head, request, receiveOptions(options, response));
  if (received.kind === 'refused') {
    await refuse(course, options, received.reason, head);
    return;
  }
  await exchange(course, received, options);
}

function receiveOptions(options: FlowOptions, response: ServerResponse): ReceiveOptions {
  return {
    gate: options.gate,
    urls: options.urls,
    upstreamPath: options.upstreamPath,
    upstreamHost: options.upstreamHost,
    requestBodyBytes: options.limits.requestBodyBytes,
    overload: options.overload,
    goOn: () => {
      releaseContinue(response);
    },
  };
}

function corsFacts(head: Admitted, arrival: Arrival): Parameters<Cors['preflight']>[0] {
  const find = (wanted: string): string | undefined =>
    head.headers.fields.find(([name]) => name === wanted)?.[1];
  return {
    origin: arrival.origin,
    requestedMethod: find('access-control-request-method'),
    requestedHeaders: find('access-control-request-headers'),
  };
}

async function preflight(
  course: Course,
  options: FlowOptions,
  head: Admitted,
  cors: Parameters<Cors['preflight']>[0],
): Promise<void> {
  const headers = options.cors.preflight(cors);
  const reason = headers === undefined ? 'preflight-refused' : 'preflight-answered';
  const cover = await recordRefusal(course, options, reason, head);
  if (headers === undefined || cover.kind === 'unrecordable') {
    endWithFault(course, 'preflight-refused', cover);
  } else releasePreflight(course.response, [...course.headers.slice(0, 2), ...headers], cover);
  options.metrics.exchange('preflight');
}

/** Refuses before any contact with the upstream. */
async function refuse(
  course: Course,
  options: FlowOptions,
  reason: RefusalReason,
  head: Admitted | undefined,
): Promise<void> {
  const cover = await recordRefusal(course, options, reason, head);
  endWithFault(course, reason, cover);
  options.metrics.exchange('refused');
}

function recordRefusal(
  course: Course,
  options: FlowOptions,
  reason: LocalReason,
  head: Admitted | undefined,
): Promise<RefusalCover> {
  const { arrival } = course;
  const peer = head?.client ?? arrival.peer;
  return options.recorder.refuse(peer, reason, () => ({
    ...base(
      arrival,
      head === undefined ? unreadFacts(arrival) : headFacts(head, arrival.rawTarget),
    ),
    peer,
    identity: arrival.identification.provisional,
    endedAt: options.clock(),
    answer: { kind: 'refused', status: statusOf(reason), reason },
  }));
}

function statusOf(reason: LocalReason): number {
  return reason === 'preflight-answered' ? 204 : faults[reason].status;
}

type Base = Omit<Exchange, 'peer' | 'identity' | 'endedAt' | 'answer'>;

function base(arrival: Arrival, request: RequestFacts): Base {
  return {
    requestId: arrival.requestId,
    ...(arrival.correlationId === undefined ? {} : { correlationId: arrival.correlationId }),
    receivedAt: arrival.receivedAt,
    request,
  };
}

function endWithFault(course: Course, reason: FaultReason, cover: RefusalCover): void {
  const { request, response } = course;
  if (response.destroyed) return;
  // A body that is still on its way is not waited for: the connection ends with the answer.
  const unread = !request.complete;
  if (unread) request.resume();
  const headers = unread ? [...course.headers, 'Connection', 'close'] : course.headers;
  releaseFault(response, reason, headers, cover);
}

/** The exchange proper: from here on the upstream may be touched. */
async function exchange(course: Course, received: Received, options: FlowOptions): Promise<void> {
  const { arrival, response } = course;
  const changes = canChange(received.facts);
  const started: Omit<Exchange, 'answer' | 'endedAt'> = {
    ...base(arrival, received.facts),
    peer: received.admitted.client,
    identity: arrival.identification.provisional,
  };
  let intent: IntentHandle | undefined;
  if (changes) {
    try {
      intent = await options.recorder.intend(started);
    } catch (error) {
      unrecordable(course, options, error);
      return;
    }
  }
  const giveUp = new AbortController();
  // A change in flight is completed and recorded whoever leaves; a read is given up.
  const onClose = (): void => {
    if (!changes && !response.writableFinished) giveUp.abort();
  };
  response.once('close', onClose);
  if (response.destroyed) onClose();
  const hold = options.heldBytes.open();
  try {
    const prepared = await askUpstream(received, giveUp, hold, options);
    await conclude(course, started, prepared, intent, options);
  } finally {
    if (response.closed || response.destroyed) hold.release();
    else response.once('close', hold.release);
  }
}

async function askUpstream(
  received: Received,
  giveUp: AbortController,
  hold: ReturnType<HeldBytes['open']>,
  options: FlowOptions,
): Promise<Prepared> {
  const forwarded = await options.forwarder.forward(
    received.forward,
    giveUp.signal,
    options.limits.heldAnswerBytes,
  );
  return prepareAnswer(
    forwarded,
    received,
    hold,
    () => {
      giveUp.abort();
    },
    options,
  );
}

/** Describes, appends, and only then releases. */
async function conclude(
  course: Course,
  started: Omit<Exchange, 'answer' | 'endedAt'>,
  prepared: Prepared,
  intent: IntentHandle | undefined,
  options: FlowOptions,
): Promise<void> {
  const { arrival } = course;
  const within = identityWithin(arrival.identification, options.identityBudgetMs);
  const found = within instanceof Promise ? await within : within;
  const status = upstreamStatus(prepared.answer);
  const done: Exchange = {
    ...started,
    identity: settleIdentity(found.identity, status),
    answer: prepared.answer,
    endedAt: options.clock(),
  };
  let recorded: Recorded;
  try {
    recorded = await options.recorder.record(done, intent);
  } catch (error) {
    unrecordable(course, options, error);
    return;
  }
  finish(course, prepared, recorded, options);
  if (found.late !== undefined) followIdentity(found.late, recorded, arrival, status, options);
}

function upstreamStatus(answer: Answer): number | undefined {
  if (answer.kind === 'answered') return answer.status;
  if (answer.kind === 'refused') return answer.withheld?.status;
  return undefined;
}

function followIdentity(
  late: Promise<Identity>,
  recorded: Recorded,
  arrival: Arrival,
  status: number | undefined,
  options: FlowOptions,
): void {
  void late.then((identity) => {
    options.recorder.follow({
      kind: 'identity-resolved',
      originals: recorded.ids,
      requestId: arrival.requestId,
      identity: settleIdentity(identity, status),
    });
  });
}

/** Stage 6: the record is durable, the client gets its answer. */
function finish(
  course: Course,
  prepared: Prepared,
  recorded: Recorded,
  options: FlowOptions,
): void {
  const { response } = course;
  if (prepared.answer.kind === 'client-gone') {
    options.metrics.exchange('client-gone');
    return;
  }
  if (response.destroyed) notDelivered(course, recorded, prepared, options);
  else {
    watchDelivery(course, recorded, prepared, options);
    if (prepared.kind === 'answer') {
      const headers = [...course.headers, ...prepared.release.headers];
      release(response, { ...prepared.release, headers }, recorded.receipts);
    } else endWithFault(course, prepared.reason, { kind: 'recorded', receipts: recorded.receipts });
  }
  options.metrics.exchange(prepared.kind === 'answer' ? 'released' : 'upstream-failed');
}

/** `finish` says that the bytes were handed to the system, never that they arrived. */
function watchDelivery(
  course: Course,
  recorded: Recorded,
  prepared: Prepared,
  options: FlowOptions,
): void {
  const { response } = course;
  let timer: NodeJS.Timeout | undefined;
  response.once('close', () => {
    clearTimeout(timer);
    if (!response.writableFinished) notDelivered(course, recorded, prepared, options);
  });
  setImmediate(() => {
    if (response.closed || response.writableFinished) return;
    timer = setTimeout(() => {
      abandon(response);
    }, options.limits.drainTimeoutMs);
  });
}

function notDelivered(
  course: Course,
  recorded: Recorded,
  prepared: Prepared,
  options: FlowOptions,
): void {
  options.recorder.follow({
    kind: 'not-delivered',
    originals: recorded.ids,
    requestId: course.arrival.requestId,
    ...(prepared.kind === 'answer' && prepared.release.body !== undefined
      ? { bytesTotal: prepared.release.body.length }
      : {}),
  });
}

/** The last resort: the record could not be made, so nothing of the answer leaves. */
function unrecordable(course: Course, options: FlowOptions, error: unknown): void {
  if (!(error instanceof LedgerFault)) throw error;
  options.log.error({ requestId: course.arrival.requestId, code: error.code }, 'not recorded');
  options.recorder.countUnrecorded(course.arrival.peer);
  endWithFault(course, 'ledger-unavailable', { kind: 'unrecordable' });
  options.metrics.exchange('audit-unavailable');
}

/** A bug of ours: recorded as such, answered with 500. */
async function fail(course: Course, options: FlowOptions, error: unknown): Promise<void> {
  const { arrival, response } = course;
  options.log.error(
    { requestId: arrival.requestId, stack: stackOf(error) },
    'an exchange failed by a defect of the gateway',
  );
  try {
    const recorded = await options.recorder.record({
      ...base(arrival, unreadFacts(arrival)),
      peer: arrival.peer,
      identity: arrival.identification.provisional,
      endedAt: options.clock(),
      answer: { kind: 'failed', status: 500 },
    });
    if (!response.headersSent) {
      endWithFault(course, 'failed', { kind: 'recorded', receipts: recorded.receipts });
    } else abandon(response);
  } catch {
    options.recorder.countUnrecorded(arrival.peer);
    if (response.headersSent) abandon(response);
    else endWithFault(course, 'ledger-unavailable', { kind: 'unrecordable' });
  }
  options.metrics.exchange('failed');
}

/** Where it failed; the message of a foreign error could hold anything, so it stays out. */
function stackOf(error: unknown): string {
  if (!(error instanceof Error) || error.stack === undefined) return '';
  return error.stack
    .split('\n')
    .filter((line) => line.startsWith('    at '))
    .join('\n');
}
