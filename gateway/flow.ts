/**
 * The flow of one exchange: receive ▶ identify ▶ (intent) ▶ forward ▶ describe ▶ append ▶ release.
 * One direction; each stage takes a value and gives the next. Nothing of an answer is released
 * before its record is durable (promise 1), and every way out of here leaves a record (promise 2).
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { canChange, type Exchange } from '../audit/event/index.ts';
import type { IntentHandle } from '../audit/ledger/index.ts';
import type { Hold } from './answer/budget.ts';
import { prepareAnswer, type Prepared } from './answer/prepare.ts';
import { arrive, type Arrival } from './arrival.ts';
import { isPreflight, type CorsRequest } from './cors.ts';
import { corsFor, ownHeaders, requestSide, type Course, type FlowOptions } from './course.ts';
import { deliver } from './delivery.ts';
import { fail, preflight, refuse, unrecordable } from './endings.ts';
import type { Admitted } from './gate/index.ts';
import { followIdentity, identityWithin } from './identity-budget.ts';
import { checkHead, receive, type Received, type ReceiveOptions } from './receive.ts';
import type { Recorded } from './recorder.ts';
import { releaseContinue } from './release.ts';
import { askForDocument } from './smart/ask.ts';
import { ownRouteOf } from './smart/own-route.ts';
import { serveOwn } from './smart/serve-own.ts';

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
      headers: ownHeaders(arrival, corsFor(arrival.rawTarget, options)),
    };
    try {
      await run(course, options);
    } catch (error) {
      await fail(course, options, error);
    }
  };
}

function corsFacts(head: Admitted, arrival: Arrival): CorsRequest {
  const find = (wanted: string): string | undefined =>
    head.headers.fields.find(([name]) => name === wanted)?.[1];
  return {
    origin: arrival.origin,
    requestedMethod: find('access-control-request-method'),
    requestedHeaders: find('access-control-request-headers'),
  };
}

async function run(course: Course, options: FlowOptions): Promise<void> {
  const { arrival, request, response } = course;
  if (request.socket.destroyed) {
    // It stood behind another one on a connection that has ended since (RFC 9112 section 9.6).
    await refuse(course, options, 'connection-closed', undefined);
    return;
  }
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
  const hold = options.heldBytes.open();
  try {
    const own = ownRouteOf(head);
    if (own === undefined) await receiveAndAsk(course, head, hold, options);
    else await serveOwn(course, own, head, hold, options);
  } finally {
    if (response.closed || response.destroyed) hold.release();
    else response.once('close', hold.release);
  }
}

async function receiveAndAsk(
  course: Course,
  head: Admitted,
  hold: Hold,
  options: FlowOptions,
): Promise<void> {
  const { arrival, request, response } = course;
  const received = await receive(arrival, head, request, receiveOptions(options, response, hold));
  // Asked again, as a body may have taken its time: a slow sender holds no place among those
  // under way.
  const reason = received.kind === 'refused' ? received.reason : options.overload();
  if (received.kind === 'refused' || reason !== undefined) {
    await refuse(course, options, reason ?? 'overloaded', head);
    return;
  }
  await options.inFlight.track(response, () => exchange(course, received, hold, options));
}

function receiveOptions(
  options: FlowOptions,
  response: ServerResponse,
  hold: Hold,
): ReceiveOptions {
  return {
    gate: options.gate,
    urls: options.urls,
    upstreamPath: options.upstreamPath,
    upstreamHost: options.upstreamHost,
    requestBodyBytes: options.limits.requestBodyBytes,
    overload: options.overload,
    hold,
    goOn: () => {
      releaseContinue(response);
    },
  };
}

/** The exchange proper: from here on the upstream may be touched. */
async function exchange(
  course: Course,
  received: Received,
  hold: Hold,
  options: FlowOptions,
): Promise<void> {
  const { arrival, response } = course;
  const changes = canChange(received.facts);
  // The intent may be all that is ever recorded of a change, so it names who asked; a read is
  // forwarded meanwhile.
  const known = changes
    ? await identityWithin(arrival.identification, options.identityBudgetMs)
    : undefined;
  const started: Omit<Exchange, 'answer' | 'endedAt'> = {
    ...requestSide(arrival, received.facts),
    peer: received.admitted.client,
    identity: known?.identity ?? arrival.identification.provisional,
  };
  let intent: IntentHandle | undefined;
  if (changes) {
    try {
      intent = await options.recorder.intend(started);
    } catch (error) {
      unrecordable(course, options, error, false);
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
  const prepared = await askUpstream(received, giveUp, hold, options);
  // What a change has waited for before, it does not wait for again.
  const budgetMs = changes ? 0 : options.identityBudgetMs;
  await conclude(course, started, prepared, intent, budgetMs, options);
}

async function askUpstream(
  received: Received,
  giveUp: AbortController,
  hold: Hold,
  options: FlowOptions,
): Promise<Prepared> {
  const document = askForDocument(received, options);
  const forwarded = await document.forwarder.forward(
    document.forward,
    giveUp.signal,
    options.limits.heldAnswerBytes,
  );
  const prepared = await prepareAnswer(
    forwarded,
    received,
    hold,
    () => {
      giveUp.abort();
    },
    options,
  );
  return document.fallBack(prepared);
}

/** Describes, appends, and only then releases. */
async function conclude(
  course: Course,
  started: Omit<Exchange, 'answer' | 'endedAt'>,
  prepared: Prepared,
  intent: IntentHandle | undefined,
  budgetMs: number,
  options: FlowOptions,
): Promise<void> {
  const within = identityWithin(course.arrival.identification, budgetMs);
  const found = within instanceof Promise ? await within : within;
  const done: Exchange = {
    ...started,
    identity: found.identity,
    answer: prepared.answer,
    endedAt: options.clock(),
  };
  let recorded: Recorded;
  try {
    recorded = await options.recorder.record(done, intent);
  } catch (error) {
    unrecordable(course, options, error, intent !== undefined);
    return;
  }
  deliver(course, prepared, recorded, options);
  followIdentity(found, done, recorded.ids, options.recorder);
}
