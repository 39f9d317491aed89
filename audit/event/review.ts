/**
 * The record of an access to the record itself, through the review face: who read what, with what
 * outcome. Searches carry the subtype of IHE ITI-81.
 *
 * Spec: DICOM PS3.15 A.5.3 "Audit Log Used" (DCM 110101); IHE ITI-81.
 */
import { constantsOf, networkOf } from './agents.ts';
import { agentTypes, entityRoles, entityTypes, eventSubtypes, eventTypes } from './codes.ts';
import { addDetail, detailEntity, startDetails } from './details.ts';
import { requestIdEntity } from './entities.ts';
import type { DescribedEvent, Peer, RecordContext } from './exchange.ts';
import type { AuditEvent, AuditEventEntity, Coding } from './fhir.ts';
import { statusText } from './outcome.ts';
import { fitText, fitTextOrNone } from './text.ts';
import { withoutCredentials } from './credentials.ts';
import { vocabulary, type SubtypeCode } from './vocabulary.ts';

/** One request on the review face, refused ones included. */
export interface ReviewAccess {
  readonly requestId: string;
  readonly kind: 'search' | 'read' | 'verify' | 'other';
  /** Name and role of the reader; undefined when the credential was missing or wrong. */
  readonly reader: { readonly name: string; readonly role: string } | undefined;
  readonly peer: Peer;
  readonly method: string;
  /** Request target as received, query included. */
  readonly target: string;
  readonly status: number;
  /** Number of events given to the reader; undefined when none could be. */
  readonly results?: number;
  /** What an integrity check found, where the reader was told. */
  readonly checked?: string;
  readonly receivedAt: Date;
  readonly endedAt: Date;
}

const searchSubtypes: Coding[] = [
  eventSubtypes.retrieveAuditEvent,
  { system: vocabulary.eventSubtype.url, code: 'review-search' },
];

function subtypesOf(kind: ReviewAccess['kind']): Coding[] {
  if (kind === 'search') return searchSubtypes;
  const code: SubtypeCode = `review-${kind}`;
  return [{ system: vocabulary.eventSubtype.url, code }];
}

function readerAgent(access: ReviewAccess): AuditEvent['agent'][number] {
  const name = fitTextOrNone(access.reader?.name);
  const network = networkOf(access.peer);
  if (access.reader === undefined || name === undefined) {
    return {
      type: { coding: [agentTypes.recipient] },
      who: { display: 'unidentified reader' },
      requestor: true,
      network,
    };
  }
  return {
    type: { coding: [agentTypes.recipient] },
    role: [{ text: fitText(access.reader.role) || 'none' }],
    who: { identifier: { value: name }, display: name },
    name,
    requestor: true,
    network,
  };
}

/** The record that was read; a search names its query, which goes with the request text. */
function targetEntity(access: ReviewAccess): AuditEventEntity {
  const request = `${access.method} ${withoutCredentials(access.target)}`;
  return {
    what: { identifier: { value: 'audit-record' }, display: 'the record of this gateway' },
    type: entityTypes.systemObject,
    role: entityRoles.securityResource,
    query: Buffer.from(request, 'utf8').toString('base64'),
  };
}

/** Describes one access to the record. */
export function describeReview(access: ReviewAccess, context: RecordContext): DescribedEvent {
  const id = context.newId();
  const constants = constantsOf(context);
  const details = startDetails('review', context);
  addDetail(details, 'request-line', `${access.method} ${withoutCredentials(access.target)}`);
  addDetail(details, 'http-status', access.status);
  addDetail(details, 'review-results', access.results);
  addDetail(details, 'verify-result', access.checked);
  addDetail(details, 'forwarded-chain', access.peer.forwardedChain);
  const failed = access.status >= 500 ? '12' : '8';
  const event: AuditEvent = {
    resourceType: 'AuditEvent',
    id,
    type: eventTypes.auditLogUsed,
    subtype: subtypesOf(access.kind),
    action: 'R',
    period: { start: access.receivedAt.toISOString(), end: access.endedAt.toISOString() },
    recorded: context.clock().toISOString(),
    outcome: access.status < 400 ? '0' : failed,
    outcomeDesc: statusText(access.status),
    agent: [readerAgent(access), constants.gateway],
    source: constants.source,
    entity: [targetEntity(access), requestIdEntity(access.requestId), detailEntity(details)],
  };
  return { id, body: JSON.stringify(event) };
}
