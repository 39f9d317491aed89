/**
 * The flow of one request on the review face: receive, identify, answer (held), record (durable),
 * release. Same order as on the app face, and for the same reason.
 */
import type { Request, Response } from 'express';
import type { CapabilityStatement } from '@medplum/fhirtypes';
import type { Refusals } from '../audit/event/index.ts';
import { answerFault, answerWith } from './answer.ts';
import type { ReviewAnswer } from './answer.ts';
import { answerRead, answerSearch, formatIssues } from './events.ts';
import { readForm } from './form.ts';
import type { IntegrityCheck } from './integrity.ts';
import type { ReviewOptions } from './options.ts';
import { answerCheck, answerReader, answerTold } from './page-answers.ts';
import { identifyReader } from './readers.ts';
import type { Credential } from './readers.ts';
import { recordAccess } from './record.ts';
import { release, releaseCounted, releaseUnrecordable } from './release.ts';
import type { AskedOfRecord } from './route.ts';

/** What stays the same from request to request. */
export interface Face {
  readonly options: ReviewOptions;
  /** Lower-case `host[:port]` values. */
  readonly hosts: ReadonlySet<string>;
  readonly statement: CapabilityStatement;
  /** Counts those who are no readers, beyond a rate. */
  readonly strangers: Refusals;
  readonly check: IntegrityCheck;
}

/** Serves one request. Never rejects. */
export async function serve(
  face: Face,
  asked: AskedOfRecord,
  requestId: string,
  request: Request,
  response: Response,
): Promise<void> {
  const { options } = face;
  const receivedAt = options.record.clock();
  const credential = identifyReader(request.headers.authorization, options.readers);
  const exchange = { asked, credential, request, response, form: '' };
  let answer: ReviewAnswer;
  try {
    answer = await answerTo(face, exchange);
  } catch (cause) {
    options.log.error({ requestId, errorName: nameOf(cause) }, 'review request failed');
    answer = answerFault('failed');
  }
  const { form } = exchange;
  if (credential.kind !== 'reader' && tellsNothing(answer)) {
    const peer = { address: request.socket.remoteAddress ?? '' };
    if (!face.strangers.admits(peer, `review-${answer.reason}`)) {
      releaseCounted(response, requestId, answer);
      return;
    }
  }
  try {
    const access = { requestId, receivedAt, asked, credential, request, form, answer };
    release(response, requestId, answer, await recordAccess(options, access));
  } catch (cause) {
    options.log.error({ requestId, errorName: nameOf(cause) }, 'review access not recorded');
    releaseUnrecordable(response, requestId);
    return;
  }
  const { status, eventCount, body } = answer;
  options.log.info(
    { requestId, route: asked.kind, status, eventCount, bytes: body.length },
    'review access',
  );
}

function tellsNothing(answer: ReviewAnswer): answer is ReviewAnswer & { readonly eventCount: 0 } {
  return answer.eventCount === 0;
}

interface Held {
  readonly asked: AskedOfRecord;
  readonly credential: Credential;
  readonly request: Request;
  readonly response: Response;
  /** The form of a POST `_search`, once read. */
  form: string;
}

async function answerTo(face: Face, held: Held): Promise<ReviewAnswer> {
  const { options } = face;
  const { asked, credential, request } = held;
  const refusal = refuse(face, held);
  if (refusal !== undefined) return refusal;
  switch (asked.kind) {
    case 'refused':
      return answerFault(asked.fault, asked.allow === undefined ? {} : { Allow: asked.allow });
    case 'capabilities': {
      const issues = formatIssues(asked.query);
      if (issues.length > 0) return answerFault('search-refused', {}, issues);
      return answerWith(Buffer.from(JSON.stringify(face.statement)), 0);
    }
    case 'read':
      return refuseReader(credential) ?? answerRead(options, asked.id, asked.query);
    case 'search':
      return refuseReader(credential) ?? answerSearch(options, asked.query, preferOf(request));
    case 'told':
      return refuseReader(credential) ?? answerTold(options, asked.query);
    case 'check':
      return refuseReader(credential) ?? answerCheck(face.check, asked.start, asked.query);
    case 'reader':
      return credential.kind === 'reader'
        ? answerReader(credential.reader, asked.query)
        : refuseStranger(credential);
    case 'search-form': {
      const refused = refuseReader(credential);
      if (refused !== undefined) return refused;
      const form = await readForm(request, held.response);
      if (form.kind === 'refused') return answerFault(form.fault);
      held.form = form.text;
      return answerSearch(
        options,
        [asked.query, form.text].filter((part) => part !== '').join('&'),
        preferOf(request),
      );
    }
  }
}

/** Why a request is not for this service, or not plainly so; undefined when it is. */
export function misaddressed(
  face: Pick<Face, 'hosts'>,
  request: Request,
): 'header-duplicate' | 'host-unknown' | undefined {
  const { host = [], authorization = [] } = request.headersDistinct;
  if (host.length > 1 || authorization.length > 1) return 'header-duplicate';
  return face.hosts.has(host[0]?.toLowerCase() ?? '') ? undefined : 'host-unknown';
}

function preferOf({ headersDistinct }: Request): string {
  return headersDistinct['prefer']?.join(',') ?? '';
}

/** What is refused whoever asks for whatever. */
function refuse(face: Face, { request }: Held): ReviewAnswer | undefined {
  const fault = misaddressed(face, request);
  if (fault !== undefined) return answerFault(fault);
  // Only JSON is made here, under the names that clients know it by.
  const accepted = request.accepts(['application/fhir+json', 'application/json', 'text/json']);
  return accepted === false ? answerFault('not-acceptable') : undefined;
}

/** What is refused to all but auditors. */
function refuseReader(credential: Credential): ReviewAnswer | undefined {
  if (credential.kind !== 'reader') return refuseStranger(credential);
  return credential.reader.role === 'auditor' ? undefined : answerFault('role-insufficient');
}

function refuseStranger(
  credential: Exclude<Credential, { readonly kind: 'reader' }>,
): ReviewAnswer {
  const challenge = 'Bearer realm="chaperone-review"';
  switch (credential.kind) {
    case 'none':
      return answerFault('credential-missing', { 'WWW-Authenticate': challenge });
    case 'unknown':
      return answerFault('credential-unknown', {
        'WWW-Authenticate': `${challenge}, error="invalid_token"`,
      });
  }
}

function nameOf(cause: unknown): string {
  return cause instanceof Error ? cause.name : typeof cause;
}
