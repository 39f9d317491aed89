/**
 * The event of last resort: made when the mapping threw or its event failed the guard. Uses nothing
 * of the request but a few texts, so that it cannot fail in its turn.
 */
import { constantsOf } from './agents.ts';
import { eventTypes } from './codes.ts';
import { addDetail, detailEntity, requestLine, startDetails, type Details } from './details.ts';
import { requestIdEntity } from './entities.ts';
import type { DescribedEvent, RecordContext } from './exchange.ts';
import type { AuditEvent } from './fhir.ts';
import type { GuardIssue } from './guard.ts';
import { statusText, type OutcomeCode } from './outcome.ts';
import { fitText } from './text.ts';
import { vocabulary, type DetailCode } from './vocabulary.ts';
import { digestOf, type ExchangeSoFar } from './exchange-so-far.ts';

/** Never 0: what was not understood is not called a success. */
function outcomeOfStatus(status: number | undefined): OutcomeCode {
  if (status === undefined || status >= 500) return '12';
  return status >= 400 ? '8' : '4';
}

/** The value, or undefined where even looking at it fails. */
function attempt<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}

function minimalDetails(
  exchange: ExchangeSoFar,
  context: RecordContext,
  fault: GuardIssue | 'threw',
  status: number | undefined,
): Details {
  const details = startDetails('minimal', context);
  addDetail(details, 'mapping-fault', fault);
  const look: readonly (readonly [DetailCode, () => string | number | undefined])[] = [
    ['request-line', () => requestLine(exchange)],
    ['http-status', () => status],
    ['identity-confidence', () => exchange.identity.kind],
    ['token-digest', () => digestOf(exchange.identity)],
  ];
  for (const [type, value] of look)
    attempt(() => {
      addDetail(details, type, value());
    });
  return details;
}

/** Describes an exchange by what is certain: when, from where, the request line, the status. */
export function minimalEvent(
  exchange: ExchangeSoFar,
  context: RecordContext,
  fault: GuardIssue | 'threw',
): DescribedEvent {
  const { gateway, source } = constantsOf(context);
  const { answer } = exchange;
  const status = answer !== undefined && 'status' in answer ? answer.status : undefined;
  const start = attempt(() => exchange.receivedAt.toISOString());
  const address = attempt(() => fitText(exchange.peer.address));
  const text = status === undefined ? '' : `${statusText(status)}; `;
  const id = context.newId();
  const event: AuditEvent = {
    resourceType: 'AuditEvent',
    id,
    type: eventTypes.rest,
    subtype: [{ system: vocabulary.eventSubtype.url, code: 'unrecognised' }],
    action: 'E',
    ...(start === undefined ? {} : { period: { start } }),
    recorded: context.clock().toISOString(),
    outcome: outcomeOfStatus(status),
    outcomeDesc: `${text}the full record could not be made: ${fault}`,
    agent: [
      {
        who: { display: 'unidentified client' },
        requestor: true,
        network: {
          address: address === undefined || address === '' ? 'unknown' : address,
          type: '1',
        },
      },
      gateway,
    ],
    source,
    entity: [
      requestIdEntity(exchange.requestId),
      detailEntity(minimalDetails(exchange, context, fault, status)),
    ],
  };
  return { id, body: JSON.stringify(event) };
}
