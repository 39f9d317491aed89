/**
 * Stage 6, as far as it can be known: hands a recorded answer to the client's connection, and
 * follows up with an addendum when the connection ended before all of it was handed over.
 */
import type { Course, FlowOptions } from './course.ts';
import { endWithFault } from './endings.ts';
import type { FaultReason } from './faults.ts';
import type { Recorded } from './recorder.ts';
import { abandon, release, type ReleasableAnswer } from './release.ts';

/** What a client may be given once it is recorded. */
export type Deliverable =
  | { readonly kind: 'answer'; readonly release: ReleasableAnswer }
  | { readonly kind: 'fault'; readonly reason: FaultReason }
  /** The client left: nobody is answered. */
  | { readonly kind: 'nobody' };

/** Stage 6: the record is durable, the client gets its answer. */
export function deliver(
  course: Course,
  prepared: Deliverable,
  recorded: Recorded,
  options: FlowOptions,
): void {
  const { response } = course;
  if (prepared.kind === 'nobody') {
    options.metrics.exchange('client-gone');
    return;
  }
  if (response.destroyed) notDelivered(course, recorded, prepared, options);
  else {
    const watch = watchDelivery(course, recorded, prepared, options);
    if (prepared.kind === 'answer') {
      const headers = [...course.headers, ...prepared.release.headers];
      release(response, { ...prepared.release, headers }, recorded.receipts);
    } else endWithFault(course, prepared.reason, { kind: 'recorded', ...recorded });
    watch.limitTime();
  }
  options.metrics.exchange(prepared.kind === 'answer' ? 'released' : 'upstream-failed');
}

interface Watch {
  /** To be called once all is handed over, as far as the connection takes it. */
  readonly limitTime: () => void;
}

/** `finish` says that the bytes were handed to the system, never that they arrived. */
function watchDelivery(
  course: Course,
  recorded: Recorded,
  prepared: Deliverable,
  options: FlowOptions,
): Watch {
  const { response } = course;
  let timer: NodeJS.Timeout | undefined;
  response.once('close', () => {
    clearTimeout(timer);
    if (!response.writableFinished) notDelivered(course, recorded, prepared, options);
  });
  return {
    limitTime() {
      // Most answers are with the system at once; only one that waits for its client is watched.
      if (response.closed || response.writableLength === 0) return;
      timer = setTimeout(() => {
        abandon(response);
      }, options.limits.drainTimeoutMs);
    },
  };
}

function notDelivered(
  course: Course,
  recorded: Recorded,
  prepared: Deliverable,
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
