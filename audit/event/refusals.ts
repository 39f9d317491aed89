/**
 * The record of many refusals at once: of one peer, for one reason, before any contact with the
 * upstream. So that a flood of garbage cannot fill the disk, and is still on record.
 */
import { constantsOf, networkOf } from './agents.ts';
import { agentTypes, eventTypes } from './codes.ts';
import { addDetail, detailEntity, startDetails } from './details.ts';
import type { DescribedEvent, Peer, RecordContext, CountedReason } from './exchange.ts';
import type { AuditEvent } from './fhir.ts';
import { vocabulary } from './vocabulary.ts';

/** Refusals that were counted instead of being recorded one by one. */
export interface RefusalAggregate {
  readonly peer: Peer;
  readonly reason: CountedReason;
  readonly count: number;
  readonly firstAt: Date;
  readonly lastAt: Date;
}

/** Describes an aggregate as one event. */
export function describeRefusals(
  aggregate: RefusalAggregate,
  context: RecordContext,
): DescribedEvent {
  const id = context.newId();
  const constants = constantsOf(context);
  const start = aggregate.firstAt.toISOString();
  const end = aggregate.lastAt.toISOString();
  const details = startDetails('refusals', context);
  addDetail(details, 'refusal-reason', aggregate.reason);
  addDetail(details, 'refusals-count', aggregate.count);
  addDetail(details, 'refusals-first-at', start);
  addDetail(details, 'refusals-last-at', end);
  addDetail(details, 'forwarded-chain', aggregate.peer.forwardedChain);
  // What is allowed and answered without a look at anything is counted here too.
  const isRefusal = !aggregate.reason.endsWith('answered');
  const what = isRefusal ? 'refused' : 'answered';
  const event: AuditEvent = {
    resourceType: 'AuditEvent',
    id,
    type: eventTypes.rest,
    subtype: [{ system: vocabulary.eventSubtype.url, code: 'refusals' }],
    action: 'E',
    period: { start, end },
    recorded: context.clock().toISOString(),
    outcome: isRefusal ? '8' : '0',
    outcomeDesc: `${String(aggregate.count)} requests ${what} by the gateway: ${aggregate.reason}`,
    agent: [
      {
        type: { coding: [agentTypes.application] },
        who: { display: 'unidentified client' },
        requestor: true,
        network: networkOf(aggregate.peer),
      },
      constants.gateway,
    ],
    source: constants.source,
    entity: [detailEntity(details)],
  };
  return { id, body: JSON.stringify(event) };
}
