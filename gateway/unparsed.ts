/**
 * What Node's own parser refuses, and requests that are not for a gateway (CONNECT): recorded like
 * any other refusal, and answered with an OperationOutcome.
 */
import type { Server } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { withoutCredentials, type RecordContext } from '../audit/event/index.ts';
import { markBroken, type BrokenReason } from './broken-request.ts';
import { faults } from './faults.ts';
import type { Recorder } from './recorder.ts';
import { releaseRawFault } from './release.ts';
import { openTurn } from './turn.ts';

/** What is known of a request that was not parsed. */
interface Unparsed {
  readonly reason: BrokenReason | 'method-unknown';
  readonly method: string;
  readonly target: string;
}

/** Registers the listeners. */
export function recordUnparsed(
  server: Server,
  recorder: Recorder,
  source: Pick<RecordContext, 'newId' | 'clock'>,
): void {
  const refused = new WeakSet<Duplex>();
  const refuse = (socket: Duplex, { reason, method, target }: Unparsed): void => {
    const now = source.clock();
    const requestId = source.newId();
    const peer = { address: addressOf(socket) };
    void recorder
      .refuse(peer, reason, () => ({
        requestId,
        receivedAt: now,
        endedAt: source.clock(),
        peer,
        request: {
          method,
          target,
          path: undefined,
          query: '',
          headers: {},
          body: undefined,
        },
        identity: { kind: 'anonymous' },
        answer: { kind: 'refused', status: faults[reason].status, reason },
      }))
      .then((cover) => {
        releaseRawFault(socket, reason, requestId, cover);
      });
  };
  /** Once for each connection, after the answers that are still due on it. */
  const refuseInTurn = (socket: Duplex, unparsed: Unparsed): void => {
    if (refused.has(socket)) return;
    refused.add(socket);
    socket.on('error', () => undefined);
    const due = openTurn(socket);
    if (due === undefined) refuse(socket, unparsed);
    else {
      void due.ended.then(() => {
        refuse(socket, unparsed);
      });
    }
  };
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    // A connection that ended or never sent a byte is not a request.
    const silent = socket instanceof Socket && socket.bytesRead === 0;
    if (error.code === 'ECONNRESET' || error.code === 'EPIPE' || silent) {
      socket.destroy();
      return;
    }
    const reason = reasonOf(error.code);
    const due = openTurn(socket);
    if (due !== undefined && !due.request.complete) markBroken(due.request, reason);
    else refuseInTurn(socket, { reason, method: '', target: '' });
  });
  server.on('connect', (request, socket: Duplex) => {
    // An authority may have userinfo in front.
    const target = withoutCredentials((request.url ?? '').replace(/^.*@/, ''));
    refuseInTurn(socket, { reason: 'method-unknown', method: 'CONNECT', target });
  });
}

function addressOf(socket: Duplex): string {
  return socket instanceof Socket ? (socket.remoteAddress ?? '') : '';
}

function reasonOf(code: string | undefined): BrokenReason {
  if (code === 'HPE_HEADER_OVERFLOW') return 'header-limit';
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return 'request-timeout';
  return 'malformed-request';
}
