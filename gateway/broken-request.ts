/**
 * Requests whose body the parser gave up on. The head is with the flow by then, so the flow records
 * and answers: one request, one record. Part of receive.
 */
import type { IncomingMessage } from 'node:http';

/** Why no more of a request will come although its connection is open. */
export type BrokenReason = 'malformed-request' | 'header-limit' | 'request-timeout';

const reasons = new WeakMap<IncomingMessage, BrokenReason>();
const broken = Symbol('broken');

/** Says that no more of this request will come. */
export function markBroken(request: IncomingMessage, reason: BrokenReason): void {
  if (reasons.has(request)) return;
  reasons.set(request, reason);
  request.emit(broken);
}

/** Calls back once when the request is, or turns out to be, broken. */
export function onBroken(request: IncomingMessage, listener: (reason: BrokenReason) => void): void {
  const known = reasons.get(request);
  if (known !== undefined) listener(known);
  else {
    request.once(broken, () => {
      listener(reasons.get(request) ?? 'malformed-request');
    });
  }
}
