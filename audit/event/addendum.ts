/**
 * Records that say what became known of earlier records afterwards. A record is never changed: an
 * addendum names it by id. Base AuditEvents without any profile.
 */
import type { Identity } from '../../smart/index.ts';
import { constantsOf, identifiedAgents } from './agents.ts';
import { eventTypes } from './codes.ts';
import { addDetail, addIdentity, detailEntity, startDetails } from './details.ts';
import { requestIdEntity } from './entities.ts';
import type { DescribedEvent, RecordContext } from './exchange.ts';
import type { AuditEvent } from './fhir.ts';
import type { OutcomeCode } from './outcome.ts';
import { vocabulary } from './vocabulary.ts';

/** What all addenda name. */
interface AboutExchange {
  /** Ids of the records of the exchange. */
  readonly originals: readonly string[];
  /** Request id of the exchange. */
  readonly requestId: string;
}

/** What became known. */
export type Addendum = AboutExchange &
  (
    | { readonly kind: 'identity-resolved'; readonly identity: Identity }
    /** Not all of a recorded answer reached the client's connection. */
    | {
        readonly kind: 'not-delivered';
        readonly bytesReleased?: number;
        readonly bytesTotal?: number;
      }
    /** The append timed out, the client was answered 503, and it was committed after all. */
    | { readonly kind: 'recorded-late' }
    /** The client left after the records were made and before anything was released. */
    | { readonly kind: 'client-gone' }
  );

const meanings: Readonly<
  Record<Addendum['kind'], { readonly outcome: OutcomeCode; readonly text: string }>
> = {
  'identity-resolved': { outcome: '0', text: 'identity resolved later' },
  'not-delivered': { outcome: '4', text: 'answer not delivered completely' },
  'recorded-late': {
    outcome: '4',
    text: 'the record was committed after the client had been answered HTTP 503',
  },
  'client-gone': { outcome: '4', text: 'client gone before release' },
};

/** Describes what became known of earlier records. */
export function describeAddendum(addendum: Addendum, context: RecordContext): DescribedEvent {
  const id = context.newId();
  const constants = constantsOf(context);
  const { outcome, text } = meanings[addendum.kind];
  const details = startDetails('addendum', context);
  for (const original of addendum.originals) addDetail(details, 'original-record', original);
  addDetail(details, 'original-request-id', addendum.requestId);
  if (addendum.kind === 'not-delivered') {
    addDetail(details, 'bytes-released', addendum.bytesReleased);
    addDetail(details, 'bytes-total', addendum.bytesTotal);
  }
  if (addendum.kind === 'identity-resolved') {
    addIdentity(details, addendum.identity, addendum.requestId);
  }
  const event: AuditEvent = {
    resourceType: 'AuditEvent',
    id,
    type: eventTypes.rest,
    subtype: [{ system: vocabulary.eventSubtype.url, code: addendum.kind }],
    action: 'E',
    recorded: context.clock().toISOString(),
    outcome,
    outcomeDesc: text,
    agent:
      addendum.kind === 'identity-resolved'
        ? [...identifiedAgents(addendum.identity), constants.gateway]
        : [constants.gateway],
    source: constants.source,
    entity: [requestIdEntity(addendum.requestId), detailEntity(details)],
  };
  return { id, body: JSON.stringify(event) };
}
