/**
 * The event of last resort: made when the mapping threw or its event failed the guard. Uses nothing
 * of the request but a few texts, so that it cannot fail in its turn.
 */
import { constantsOf } from './agents.ts';
import { eventTypes } from './codes.ts';
import { addDetail, detailEntity, startDetails } from './details.ts';
import { requestIdEntity } from './entities.ts';
import type { DescribedEvent, RecordContext } from './exchange.ts';
import type { AuditEvent } from './fhir.ts';
import type { GuardIssue } from './guard.ts';
import { statusText, type OutcomeCode } from './outcome.ts';
import { fitText } from './text.ts';
import { stripCredentials } from './url.ts';
import { vocabulary } from './vocabulary.ts';
import type { ExchangeSoFar } from './exchange-so-far.ts';

/** Never 0: what was not understood is not called a success. */
function outcomeOfStatus(status: number | undefined): OutcomeCode {
  if (status === undefined || status >= 500) return '12';
  return status >= 400 ? '8' : '4';
}

/** Describes an exchange by what is certain: when, from where, the request line, the status. */
export function minimalEvent(
  exchange: ExchangeSoFar,
  context: RecordContext,
  fault: GuardIssue | 'threw',
): DescribedEvent {
  const { gateway, source } = constantsOf(context);
  const { answer } = exchange;
  const details = startDetails('minimal', context);
  addDetail(details, 'mapping-fault', fault);
  const { method, target } = exchange.request;
  addDetail(details, 'request-line', `${method} ${stripCredentials(target)}`);
  const status = answer !== undefined && 'status' in answer ? answer.status : undefined;
  addDetail(details, 'http-status', status);
  addDetail(details, 'identity-confidence', exchange.identity.kind);
  if ('tokenDigest' in exchange.identity) {
    addDetail(details, 'token-digest', exchange.identity.tokenDigest);
  }
  const id = context.newId();
  const event: AuditEvent = {
    resourceType: 'AuditEvent',
    id,
    type: eventTypes.rest,
    subtype: [{ system: vocabulary.eventSubtype.url, code: 'unrecognised' }],
    action: 'E',
    period: { start: exchange.receivedAt.toISOString() },
    recorded: context.clock().toISOString(),
    outcome: outcomeOfStatus(status),
    outcomeDesc: `${status === undefined ? '' : `${statusText(status)}; `}the full record could not be made: ${fault}`,
    agent: [
      {
        who: { display: 'unidentified client' },
        requestor: true,
        network: { address: fitText(exchange.peer.address) || 'unknown', type: '1' },
      },
      gateway,
    ],
    source,
    entity: [requestIdEntity(exchange.requestId), detailEntity(details)],
  };
  return { id, body: JSON.stringify(event) };
}
