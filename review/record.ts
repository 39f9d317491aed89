/**
 * Makes the record of one access on the review face durable: without its receipts nothing of the
 * answer is released.
 */
import type { Request } from 'express';
import { describeReview } from '../audit/event/index.ts';
import type { ReviewAccess } from '../audit/event/index.ts';
import type { Receipts } from '../audit/ledger/index.ts';
import type { ReviewAnswer } from './answer.ts';
import type { ReviewOptions } from './options.ts';
import { bearerOf } from './readers.ts';
import type { Credential } from './readers.ts';
import { recordedPath, recordedQuery } from './recorded-target.ts';
import type { AskedOfRecord } from './route.ts';

/** One access, answered but not released. */
export interface Access {
  readonly requestId: string;
  readonly receivedAt: Date;
  readonly asked: AskedOfRecord;
  readonly credential: Credential;
  readonly request: Request;
  /** The form of a POST `_search`; `''` when there was none or it was not read. */
  readonly form: string;
  readonly answer: ReviewAnswer;
}

/** Records an access. Rejects with a `LedgerFault` when that cannot be made durable. */
export async function recordAccess(options: ReviewOptions, access: Access): Promise<Receipts> {
  const { ledger, record } = options;
  const event = describeReview(reviewAccess(access, record.clock()), record);
  return ledger.append([{ kind: 'record', body: event.body }]);
}

function reviewAccess(access: Access, endedAt: Date): ReviewAccess {
  const { request, credential, answer } = access;
  const kind = kindOf(access.asked);
  return {
    requestId: access.requestId,
    kind,
    reader: credential.kind === 'reader' ? credential.reader : undefined,
    peer: { address: request.socket.remoteAddress ?? 'unknown' },
    method: request.method,
    target: targetOf(access),
    status: answer.status,
    ...(answer.status === 200 && (kind === 'search' || kind === 'read')
      ? { results: answer.eventCount }
      : {}),
    ...(answer.checked === undefined ? {} : { checked: answer.checked }),
    receivedAt: access.receivedAt,
    endedAt,
  };
}

function kindOf(asked: AskedOfRecord): ReviewAccess['kind'] {
  switch (asked.kind) {
    case 'search':
    case 'search-form':
    case 'told':
      return 'search';
    case 'read':
      return 'read';
    case 'check':
      return 'verify';
    case 'reader':
    case 'capabilities':
    case 'refused':
      return 'other';
  }
}

function targetOf({ request, form }: Access): string {
  const token = bearerOf(request.headers.authorization ?? '');
  const mark = request.url.indexOf('?');
  const query = mark < 0 ? '' : request.url.slice(mark + 1);
  const asked = recordedQuery([query, form].filter((part) => part !== '').join('&'), token);
  return recordedPath(request.url, token) + (asked === '' ? '' : `?${asked}`);
}
