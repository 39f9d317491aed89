/**
 * The ways in which an exchange ends without an answer of the upstream: refused before contact, a
 * preflight, a record that could not be made, a defect of ours. Each leaves a record or a count.
 */
import type { Exchange, LocalReason, RefusalReason } from '../audit/event/index.ts';
import { LedgerFault } from '../audit/ledger/index.ts';
import { unreadFacts } from './arrival.ts';
import type { CorsRequest } from './cors.ts';
import { corsFor, requestSide, type Course, type FlowOptions } from './course.ts';
import { faults, type FaultReason } from './faults.ts';
import type { Admitted } from './gate/index.ts';
import { followIdentity, identityWithin } from './identity-budget.ts';
import { headFacts } from './receive.ts';
import { abandon, releaseFault, releasePreflight, type RefusalCover } from './release.ts';

/** Refuses before any contact with the upstream. */
export async function refuse(
  course: Course,
  options: FlowOptions,
  reason: RefusalReason,
  head: Admitted | undefined,
): Promise<void> {
  const cover = await recordRefusal(course, options, reason, head);
  endWithFault(course, reason, cover);
  options.metrics.exchange('refused');
}

async function recordRefusal(
  course: Course,
  options: FlowOptions,
  reason: LocalReason,
  head: Admitted | undefined,
): Promise<RefusalCover> {
  const { arrival } = course;
  const peer = head?.client ?? arrival.peer;
  const found = await identityWithin(arrival.identification, options.identityBudgetMs);
  const exchange = (): Exchange => ({
    ...requestSide(
      arrival,
      head === undefined ? unreadFacts(arrival) : headFacts(head, arrival.rawTarget),
    ),
    peer,
    identity: found.identity,
    endedAt: options.clock(),
    answer: { kind: 'refused', status: statusOf(reason), reason },
  });
  const cover = await options.recorder.refuse(peer, reason, exchange);
  if (cover.kind === 'recorded' && found.late !== undefined) {
    followIdentity(found, exchange(), cover.ids, options.recorder);
  }
  return cover;
}

function statusOf(reason: LocalReason): number {
  return reason === 'preflight-answered' ? 204 : faults[reason].status;
}

/** Answers with an OperationOutcome of the gateway's own, unless the client has left. */
export function endWithFault(course: Course, reason: FaultReason, cover: RefusalCover): void {
  const { request, response } = course;
  if (response.destroyed) return;
  if (request.socket.destroyed) {
    // Never got its turn on the connection: nobody else would end it.
    abandon(response);
    return;
  }
  // A body that is still on its way is not waited for: the connection ends with the answer.
  const unread = !request.complete;
  if (unread) request.resume();
  const headers = unread ? [...course.headers, 'Connection', 'close'] : course.headers;
  releaseFault(response, reason, headers, cover);
}

/** Answers a CORS preflight from the configuration; it is never forwarded. */
export async function preflight(
  course: Course,
  options: FlowOptions,
  head: Admitted,
  cors: CorsRequest,
): Promise<void> {
  const headers = corsFor(course.arrival.rawTarget, options).preflight(cors);
  const reason = headers === undefined ? 'preflight-refused' : 'preflight-answered';
  const cover = await recordRefusal(course, options, reason, head);
  if (headers === undefined || cover.kind === 'unrecordable') {
    endWithFault(course, 'preflight-refused', cover);
  } else releasePreflight(course.response, [...course.headers.slice(0, 2), ...headers], cover);
  options.metrics.exchange('preflight');
}

/** The last resort: the record could not be made, so nothing of the answer leaves. */
export function unrecordable(
  course: Course,
  options: FlowOptions,
  error: unknown,
  hasIntent: boolean,
): void {
  if (!(error instanceof LedgerFault)) throw error;
  options.log.error({ requestId: course.arrival.requestId, code: error.code }, 'not recorded');
  // A change is on record by its intent.
  if (!hasIntent) options.recorder.countUnrecorded(course.arrival.peer, error);
  endWithFault(course, 'ledger-unavailable', { kind: 'unrecordable' });
  options.metrics.exchange('audit-unavailable');
}

/** A bug of ours: recorded as such, answered with 500. */
export async function fail(course: Course, options: FlowOptions, error: unknown): Promise<void> {
  const { arrival, response } = course;
  options.log.error(
    { requestId: arrival.requestId, stack: stackOf(error) },
    'an exchange failed by a defect of the gateway',
  );
  try {
    const recorded = await options.recorder.record({
      ...requestSide(arrival, unreadFacts(arrival)),
      peer: arrival.peer,
      identity: arrival.identification.provisional,
      endedAt: options.clock(),
      answer: { kind: 'failed', status: 500 },
    });
    if (!response.headersSent) {
      endWithFault(course, 'failed', { kind: 'recorded', ...recorded });
    } else abandon(response);
  } catch (failure) {
    options.recorder.countUnrecorded(arrival.peer, failure);
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
