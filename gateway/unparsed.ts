/**
 * What Node's own parser refuses, and requests that are not for a gateway (CONNECT): recorded like
 * any other refusal, and answered with an OperationOutcome.
 */
import type { Server } from 'node:http';
import { Socket } from 'node:net';
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
    const peer = { address: addressOf(socket) };
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
    const silent = socket instanceof Socket && socket.bytesRead === 0;
    if (error.code === 'ECONNRESET' || error.code === 'EPIPE' || silent) {
      socket.destroy();
      return;
    }
    refuse(socket, reasonOf(error.code));
  });
  server.on('connect', (_request, socket: Duplex) => {
    refuse(socket, 'method-unknown');
  });
}

function addressOf(socket: Duplex): string {
  return socket instanceof Socket ? (socket.remoteAddress ?? '') : '';
}

function reasonOf(code: string | undefined): UnparsedReason {
  if (code === 'HPE_HEADER_OVERFLOW') return 'header-limit';
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return 'request-timeout';
  return 'malformed-request';
}
