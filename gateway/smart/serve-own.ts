/**
 * Answers the routes of the gateway's own: reads the request, records it, and only then sends the
 * browser on. A side track of the flow; what it cannot take ends like any other refusal.
 */
import type { Hold } from '../answer/budget.ts';
import type { SmartAccess } from '../../audit/event/index.ts';
import { requestSide, type Course, type FlowOptions } from '../course.ts';
import { deliver, type Deliverable } from '../delivery.ts';
import { refuse, unrecordable } from '../endings.ts';
import { parseMediaType, type Admitted } from '../gate/index.ts';
import { headFacts, readBody } from '../receive.ts';
import type { Recorded } from '../recorder.ts';
import { releaseContinue, type ReleasableAnswer } from '../release.ts';
import { locationOf, maxLocationLength, type AuthorizationRequest } from './authorize.ts';
import type { OwnRoute } from './own-route.ts';
import { submitPage } from './submit-page.ts';

/** Longest authorization request that is taken as a form. */
const maxFormBytes = 262_144;

/** Serves one request. */
export async function serveOwn(
  course: Course,
  route: OwnRoute,
  head: Admitted,
  hold: Hold,
  options: FlowOptions,
): Promise<void> {
  const { method } = head;
  const isRead = method === 'GET' || method === 'HEAD';
  const isTaken = isRead || (method === 'POST' && route.kind === 'authorize');
  if (!isTaken) {
    // RFC 9110 section 15.5.6: a 405 names the methods that there are.
    const allow = route.kind === 'authorize' ? 'GET, HEAD, POST' : 'GET, HEAD';
    const told = { ...course, headers: [...course.headers, 'Allow', allow] };
    await refuse(told, options, 'method-unknown', head);
    return;
  }
  const overload = options.overload();
  if (overload !== undefined) {
    await refuse(course, options, overload, head);
    return;
  }
  await options.inFlight.track(course.response, async () => {
    if (route.kind === 'launch') await relay(course, route.name, head, options);
    else if (isRead) await authorize(course, head, undefined, options);
    else await authorizeByForm(course, head, hold, options);
  });
}

async function authorizeByForm(
  course: Course,
  head: Admitted,
  hold: Hold,
  options: FlowOptions,
): Promise<void> {
  const { framing, fields, expectContinue } = head.headers;
  const find = (wanted: string): string | undefined =>
    fields.find(([name]) => name === wanted)?.[1];
  const media = parseMediaType(find('content-type') ?? '');
  if (media?.essence !== 'application/x-www-form-urlencoded') {
    await refuse(course, options, 'form-expected', head);
    return;
  }
  if (find('content-encoding') !== undefined) {
    await refuse(course, options, 'body-encoding-unknown', head);
    return;
  }
  const requestBodyBytes = Math.min(maxFormBytes, options.limits.requestBodyBytes);
  if (framing.kind === 'length' && framing.bytes > requestBodyBytes) {
    await refuse(course, options, 'body-too-large', head);
    return;
  }
  if (expectContinue) releaseContinue(course.response);
  const body =
    framing.kind === 'none'
      ? new Uint8Array()
      : await readBody(course.request, { requestBodyBytes, hold });
  if (typeof body === 'string') await refuse(course, options, body, head);
  // One character for each byte: what is not ASCII is percent-encoded where it goes on.
  else await authorize(course, head, Buffer.from(body).toString('latin1'), options);
}

async function authorize(
  course: Course,
  head: Admitted,
  form: string | undefined,
  options: FlowOptions,
): Promise<void> {
  const asked = options.smart.readAuthorization(head.target.query, form);
  const found = await options.smart.endpoint.find(course.arrival.requestId);
  if (found.kind !== 'found') {
    const isUnknown = found.kind === 'none';
    const reason = isUnknown
      ? 'authorization-endpoint-unknown'
      : 'authorization-endpoint-unavailable';
    const seen = { ...asked.seen, endpoint: undefined };
    const status = isUnknown ? 502 : 503;
    await conclude(
      course,
      head,
      { seen, status, refused: reason },
      { kind: 'fault', reason },
      options,
    );
    return;
  }
  const answer = sendOn(asked, found.url, head.method === 'HEAD');
  const seen = { ...asked.seen, endpoint: found.url };
  await conclude(
    course,
    head,
    { seen, status: answer.status },
    { kind: 'answer', release: answer },
    options,
  );
}

async function relay(
  course: Course,
  name: string,
  head: Admitted,
  options: FlowOptions,
): Promise<void> {
  const launch = options.smart.readLaunch(name, head.target.query);
  if (launch.kind === 'refused') {
    await refuse(course, options, launch.reason, head);
    return;
  }
  const answer = redirect(302, 'Found', launch.location);
  const { seen } = launch;
  await conclude(course, head, { seen, status: 302 }, { kind: 'answer', release: answer }, options);
}

/** Neither cached nor told to the next page: the URL holds the launch handle. */
const discreet = ['Cache-Control', 'no-store', 'Referrer-Policy', 'no-referrer'] as const;

function redirect(status: 302 | 303, statusText: string, location: string): ReleasableAnswer {
  const headers = ['Location', location, ...discreet];
  return { status, statusText, headers, body: new Uint8Array() };
}

function sendOn(asked: AuthorizationRequest, endpoint: string, isHead: boolean): ReleasableAnswer {
  const location = locationOf(asked, endpoint);
  if (asked.form === undefined) return redirect(302, 'Found', location);
  if (location.length <= maxLocationLength) return redirect(303, 'See Other', location);
  const page = submitPage(locationOf({ ...asked, form: [] }, endpoint), asked.form);
  const headers = [
    ...['Content-Type', 'text/html; charset=utf-8'],
    ...['Content-Security-Policy', page.policy],
    ...['X-Content-Type-Options', 'nosniff'],
    ...discreet,
  ];
  return { status: 200, statusText: 'OK', headers, body: isHead ? undefined : page.html };
}

/** Records, and only then answers. */
async function conclude(
  course: Course,
  head: Admitted,
  what: Pick<SmartAccess, 'seen' | 'status' | 'refused'>,
  answer: Deliverable,
  options: FlowOptions,
): Promise<void> {
  const { arrival } = course;
  let recorded: Recorded;
  try {
    recorded = await options.recorder.recordSmart({
      ...requestSide(arrival, headFacts(head, arrival.rawTarget)),
      ...what,
      peer: head.client,
      identity: arrival.identification.provisional,
      endedAt: options.clock(),
    });
  } catch (error) {
    unrecordable(course, options, error, false);
    return;
  }
  deliver(course, answer, recorded, options);
}
