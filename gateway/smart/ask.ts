/**
 * How the upstream is asked for smart-configuration: at another place when that is configured, and
 * with the last good copy in reserve. Everything else goes where it always goes.
 */
import type { Prepared } from '../answer/prepare.ts';
import type { FlowOptions } from '../course.ts';
import type { Forwarder, ForwardRequest } from '../forward/forward.ts';
import type { Received } from '../receive.ts';
import { publicDocumentAt } from './documents.ts';

/** What to send, by whom, and what to make of a failure. */
export interface Asking {
  readonly forwarder: Forwarder;
  readonly forward: ForwardRequest;
  fallBack(prepared: Prepared): Prepared;
}

/** Decides for one request. */
export function askForDocument(
  { admitted, forward }: Received,
  { forwarder, smart }: Pick<FlowOptions, 'forwarder' | 'smart'>,
): Asking {
  const { method } = admitted;
  const isAsked =
    (method === 'GET' || method === 'HEAD') &&
    publicDocumentAt(admitted.target.path) === 'configuration';
  if (!isAsked) return { forwarder, forward, fallBack: (prepared) => prepared };
  const { elsewhere, lastGood } = smart;
  const requestId = forward.headers['x-request-id'] ?? '';
  return {
    forwarder: elsewhere?.forwarder ?? forwarder,
    forward: elsewhere?.request(method, requestId) ?? forward,
    fallBack: (prepared) => lastGood.fallBack(prepared, method === 'HEAD'),
  };
}
