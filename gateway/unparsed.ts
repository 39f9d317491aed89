/**
 * What Node's own parser refuses, and requests that are not for a gateway (CONNECT): recorded like
 * any other refusal, and answered with an OperationOutcome.
 */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { RecordContext } from '../audit/event/index.ts';
import { faults, type FaultReason } from './faults.ts';
import type { Recorder } from './recorder.ts';
import { releaseRawFault } from './release.ts';

type UnparsedReason = 'malformed-request' | 'header-limit' | 'request-timeout' | 'method-unknown';

/** Registers the listeners. */
export function recordUnparsed(
  server: Server,
  recorder: Recorder,
  source: Pick<RecordContext, 'newId' | 'clock'>,
): void {
  const refuse = (socket: Duplex, reason: UnparsedReason & FaultReason): void => {
    const now = source.clock();
    const requestId = source.newId();
    const peer = { address: (socket as Socket).remoteAddress ?? '' };
    socket.on('error', () => undefined);
    void recorder
      .refuse(peer, reason, () => ({
        requestId,
        receivedAt: now,
        endedAt: source.clock(),
        peer,
        request: {
          method: '',
          target: '',
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
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    // A connection that ended or never sent a byte is not a request.
    const { bytesRead } = socket as Socket;
    if (error.code === 'ECONNRESET' || error.code === 'EPIPE' || bytesRead === 0) {
      socket.destroy();
      return;
    }
    refuse(socket, reasonOf(error.code));
  });
  server.on('connect', (_request, socket: Duplex) => {
    refuse(socket, 'method-unknown');
  });
}

function reasonOf(code: string | undefined): UnparsedReason {
  if (code === 'HPE_HEADER_OVERFLOW') return 'header-limit';
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return 'request-timeout';
  return 'malformed-request';
}
