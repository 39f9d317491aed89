/**
 * The record of what happens before there is a token: an authorization request that was sent on to
 * the authorization server, and a launch that was sent on to an app. Pure; total.
 *
 * Not a BALP profile: nobody is authenticated here yet, so none may be claimed. The event types are
 * DICOM's nearest, the subtypes our own.
 */
import { constantsOf, networkOf } from './agents.ts';
import { agentTypes, eventTypes } from './codes.ts';
import { withoutCredentials } from './credentials.ts';
import {
  addDetail,
  addIdentity,
  detailEntity,
  requestLine,
  startDetails,
  type Details,
} from './details.ts';
import { requestIdEntity } from './entities.ts';
import type { DescribedEvent, RecordContext, RefusalReason } from './exchange.ts';
import type { ExchangeBeforeAnswer } from './exchange-so-far.ts';
import type { AuditEvent, AuditEventAgent } from './fhir.ts';
import { guard } from './guard.ts';
import { minimalEvent } from './minimal.ts';
import { statusText } from './outcome.ts';
import { recordableUrl } from './smart-target.ts';
import { fitTextOrNone, fitUri } from './text.ts';
import { vocabulary, type SubtypeCode } from './vocabulary.ts';

/** What an authorization request asks for. Text as received, percent-decoded. */
export interface AuthorizationSeen {
  readonly kind: 'authorization-request';
  readonly clientId: string | undefined;
  readonly scopes: string | undefined;
  /** Values of `aud`, `resource` and `audience`. */
  readonly audiences: readonly string[];
  readonly swapped: number;
  readonly redirectUri: string | undefined;
  /** Keyed digests, never the values themselves. */
  readonly launchDigest: string | undefined;
  readonly stateDigest: string | undefined;
  readonly codeChallenge: string | undefined;
  readonly codeChallengeMethod: string | undefined;
  readonly warnings: readonly ('signed-request' | 'request-uri' | 'no-code-challenge')[];
  /** The authorization endpoint; undefined when none is known. */
  readonly endpoint: string | undefined;
}

/** A launch by the EHR. */
export interface LaunchSeen {
  readonly kind: 'launch-relayed';
  /** Name of the app in the configuration, and its launch URL. */
  readonly app: string;
  readonly launchUrl: string;
  readonly issuer: string;
  readonly launchDigest: string;
}

/** One request on a SMART route. Its `request.target` has been cleaned already. */
export interface SmartAccess extends ExchangeBeforeAnswer {
  readonly endedAt: Date;
  readonly seen: AuthorizationSeen | LaunchSeen;
  /** What the browser was answered. */
  readonly status: number;
  /** Why it was not sent on. */
  readonly refused?: RefusalReason;
}

/** A hash of 32 bytes; any other challenge is the verifier itself, a secret. */
const hashedChallenge = /^[A-Za-z0-9_-]{43}$/;

function addAuthorization(details: Details, seen: AuthorizationSeen): void {
  addDetail(details, 'requested-scopes', withoutCredentials(seen.scopes ?? ''));
  for (const audience of seen.audiences) addDetail(details, 'audience', recordableUrl(audience));
  addDetail(details, 'audience-swapped', seen.swapped);
  addDetail(details, 'redirect-uri', recordableUrl(seen.redirectUri ?? ''));
  addDetail(details, 'launch-digest', seen.launchDigest);
  addDetail(details, 'state-digest', seen.stateDigest);
  const { codeChallenge, codeChallengeMethod } = seen;
  if (codeChallenge !== undefined) {
    const isHash = codeChallengeMethod === 'S256' && hashedChallenge.test(codeChallenge);
    if (isHash) addDetail(details, 'code-challenge', codeChallenge);
    addDetail(details, 'code-challenge-method', (codeChallengeMethod ?? 'plain').slice(0, 20));
  }
  if (seen.endpoint !== undefined) {
    addDetail(details, 'authorization-server', new URL(seen.endpoint).origin);
  }
  for (const warning of seen.warnings) addDetail(details, 'authorization-warning', warning);
}

function addLaunch(details: Details, seen: LaunchSeen): void {
  addDetail(details, 'launch-app', seen.app);
  addDetail(details, 'launch-issuer', recordableUrl(seen.issuer));
  addDetail(details, 'launch-digest', seen.launchDigest);
  addDetail(details, 'launch-target', recordableUrl(seen.launchUrl));
}

type Place = Required<Pick<AuditEventAgent, 'network' | 'who'>>;

/** A server, named by its URL. */
function place(url: string): Place {
  const address = fitUri(url);
  return {
    who: { identifier: { system: 'urn:ietf:rfc:3986', value: address } },
    network: { address, type: '5' },
  };
}

function agents({ peer, seen }: SmartAccess, context: RecordContext): AuditEventAgent[] {
  const { gateway } = constantsOf(context);
  const network = networkOf(peer);
  if (seen.kind === 'launch-relayed') {
    const app = fitTextOrNone(seen.app) ?? 'app';
    return [
      {
        type: { coding: [agentTypes.application] },
        who: { identifier: { value: app }, display: app },
        requestor: false,
      },
      { ...place(context.upstreamBase), type: { coding: [agentTypes.source] }, requestor: false },
      {
        type: { coding: [agentTypes.recipient] },
        who: { display: 'unidentified user' },
        requestor: true,
        network,
      },
      gateway,
    ];
  }
  const client = fitTextOrNone(seen.clientId)?.slice(0, 200);
  const who =
    client === undefined
      ? { display: 'unidentified client' }
      : { identifier: { value: client }, display: `${client} (unverified)` };
  return [
    { type: { coding: [agentTypes.application] }, who, requestor: true, network },
    ...(seen.endpoint === undefined
      ? []
      : [
          {
            ...place(new URL(seen.endpoint).origin),
            type: { coding: [agentTypes.authorizationServer] },
            requestor: false,
          },
        ]),
    gateway,
  ];
}

function describeFully(access: SmartAccess, context: RecordContext): DescribedEvent {
  const { seen, status, refused } = access;
  const isAuthorization = seen.kind === 'authorization-request';
  const details = startDetails('event', context);
  addDetail(details, 'request-line', requestLine(access));
  addDetail(details, 'http-status', status);
  addDetail(details, 'refusal-reason', refused);
  if (isAuthorization) addAuthorization(details, seen);
  else addLaunch(details, seen);
  addDetail(details, 'correlation-id', access.correlationId);
  addDetail(details, 'forwarded-chain', access.peer.forwardedChain);
  addIdentity(details, access.identity, access.requestId);
  addDetail(details, 'patient-found', 'none-known');
  const subtype: SubtypeCode = seen.kind;
  const done = isAuthorization
    ? 'sent on to the authorization server'
    : 'sent on to the launch URL of the app';
  const id = context.newId();
  const event: AuditEvent = {
    resourceType: 'AuditEvent',
    id,
    type: isAuthorization ? eventTypes.userAuthentication : eventTypes.applicationActivity,
    subtype: [{ system: vocabulary.eventSubtype.url, code: subtype }],
    action: 'E',
    period: { start: access.receivedAt.toISOString(), end: access.endedAt.toISOString() },
    recorded: context.clock().toISOString(),
    outcome: refused === undefined ? '0' : '12',
    outcomeDesc: `${statusText(status)}; ${refused === undefined ? done : `refused by the gateway: ${refused}`}`,
    agent: agents(access, context),
    source: constantsOf(context).source,
    entity: [requestIdEntity(access.requestId), detailEntity(details)],
  };
  const issue = guard(event);
  return issue === undefined
    ? { id, body: JSON.stringify(event) }
    : minimalEvent(access, context, issue);
}

/** Describes one request on a SMART route. Total: never throws. */
export function describeSmart(access: SmartAccess, context: RecordContext): DescribedEvent {
  try {
    return describeFully(access, context);
  } catch {
    return minimalEvent(access, context, 'threw');
  }
}
