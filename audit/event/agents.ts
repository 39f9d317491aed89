/**
 * Builds the agents of an event: client app, EHR, user or backend service, and the gateway. Their
 * types carry several codings, so that one event satisfies the REST and the OAuth token profiles.
 *
 * Spec: IHE BALP 1.1.4, 3:5.7.3 (REST) and 3:5.7.5 (OAuth token).
 */
import { isIP } from 'node:net';
import type { Identity, TokenClaims } from '../../smart/index.ts';
import { agentTypes, sourceTypes } from './codes.ts';
import type { Answer, Peer, RecordContext } from './exchange.ts';
import type { AuditEvent, AuditEventAgent, CodeableConcept, Coding } from './fhir.ts';
import { displayName } from './identity.ts';
import { shareText } from './render.ts';
import type { Roles } from './roles.ts';
import { fitTextOrNone, fitUri } from './text.ts';
import { claimsOf, digestOf } from './exchange-so-far.ts';

/** `type` of the address, of the required value set network-type: 1 name, 2 IP, 5 URI. */
export type Network = NonNullable<AuditEventAgent['network']>;

type Who = NonNullable<AuditEventAgent['who']>;

/** Address of a peer: an IP, or a name when it is none. */
export function networkOf(peer: Peer): Network {
  const address = fitTextOrNone(peer.address) ?? 'unknown';
  return { address, type: isIP(address) === 0 ? '1' : '2' };
}

/** The parts of an event that are the same in all events of one gateway. */
export interface ConstantParts {
  readonly gateway: AuditEventAgent;
  readonly source: AuditEvent['source'];
  /** The EHR in each of its roles. */
  readonly servers: Map<Roles, AuditEventAgent>;
}

const constantParts = new WeakMap<RecordContext, ConstantParts>();

/** Made once for each context and shared, read-only, by all its events. */
export function constantsOf(context: RecordContext): ConstantParts {
  const known = constantParts.get(context);
  if (known !== undefined) return known;
  const who = { identifier: { value: context.origin }, display: 'Chaperone' };
  const made: ConstantParts = {
    gateway: shareText({
      type: { coding: [agentTypes.gateway] },
      who,
      requestor: false,
      network: { address: context.gatewayBase, type: '5' },
    }),
    source: shareText({ site: context.gatewayBase, observer: who, type: [...sourceTypes] }),
    servers: new Map(),
  };
  constantParts.set(context, made);
  return made;
}

function serverAgent(roles: Roles, context: RecordContext): AuditEventAgent {
  const { servers } = constantsOf(context);
  const known = servers.get(roles);
  if (known !== undefined) return known;
  const { upstreamBase } = context;
  const made: AuditEventAgent = shareText({
    type: { coding: [...roles.server] },
    who: { identifier: { system: 'urn:ietf:rfc:3986', value: upstreamBase } },
    requestor: false,
    network: { address: upstreamBase, type: '5' },
  });
  servers.set(roles, made);
  return made;
}

/** Codings as CodeableConcepts, what cannot be a FHIR code left out. */
export function conceptsOf(codings: readonly Coding[]): CodeableConcept[] {
  const concepts: CodeableConcept[] = [];
  for (const { system, code, display } of codings) {
    const coding: Coding = {};
    if (system !== undefined && system !== '') coding.system = fitUri(system);
    const fitCode = fitTextOrNone(code)?.replaceAll(/\s+/g, ' ');
    if (fitCode !== undefined) coding.code = fitCode;
    const fitDisplay = fitTextOrNone(display);
    if (fitDisplay !== undefined) coding.display = fitDisplay;
    if (fitCode !== undefined || fitDisplay !== undefined) concepts.push({ coding: [coding] });
  }
  return concepts;
}

function clientOf(
  roles: Roles,
  claims: TokenClaims | undefined,
  requestor: boolean,
): AuditEventAgent {
  const clientId = fitTextOrNone(claims?.clientId);
  const identifier = clientId === undefined ? undefined : identifierOf(claims?.issuer, clientId);
  return {
    type: { coding: [...roles.client] },
    who:
      identifier === undefined
        ? { display: 'unidentified client' }
        : { identifier, display: identifier.value },
    requestor,
  };
}

function identifierOf(
  system: string | undefined,
  value: string,
): { system?: string; value: string } {
  return system === undefined || system === '' ? { value } : { system: fitUri(system), value };
}

/** Types that `AuditEvent.agent.who` may refer to and a token may name. */
const userTypes =
  /^(?:https?:\/\/\S+\/)?(?:Patient|Practitioner|PractitionerRole|RelatedPerson)\/[^/?#\s]+$/;

function whoOf(identity: Identity, claims: TokenClaims | undefined): Who {
  const who: Who = {};
  const fhirUser = claims?.fhirUser;
  if (fhirUser !== undefined && userTypes.test(fhirUser)) who.reference = fitUri(fhirUser);
  const persistent =
    fitTextOrNone(claims?.subject) ?? fitTextOrNone(fhirUser) ?? digestOf(identity);
  if (persistent !== undefined) who.identifier = identifierOf(claims?.issuer, persistent);
  who.display = displayName(identity, claims);
  return who;
}

/** How the token is named in the record: by its own id, else by our keyed digest. */
function policyOf(identity: Identity, claims: TokenClaims | undefined): string | undefined {
  const tokenId = claims?.tokenId;
  if (tokenId !== undefined && tokenId !== '')
    return `urn:ietf:params:oauth:jti:${fitUri(tokenId)}`;
  const digest = digestOf(identity);
  return digest === undefined ? undefined : fitUri(digest);
}

/** The one who holds the token. Never has a network address: that is the client's. */
function holderAgent(
  types: readonly Coding[],
  identity: Identity,
  claims: TokenClaims | undefined,
): AuditEventAgent {
  const who = whoOf(identity, claims);
  const agent: AuditEventAgent = { type: { coding: [...types] }, who, requestor: true };
  if (claims?.name !== undefined && who.display !== undefined) agent.name = who.display;
  const policy = policyOf(identity, claims);
  if (policy !== undefined) agent.policy = [policy];
  const purposeOfUse = conceptsOf(claims?.purposeOfUse ?? []);
  if (purposeOfUse.length > 0) agent.purposeOfUse = purposeOfUse;
  return agent;
}

/** The agent behind the client app: a user, a backend service, or nobody that we know of. */
function tokenAgent(roles: Roles, identity: Identity): AuditEventAgent | undefined {
  const claims = claimsOf(identity);
  if (claims?.isClientOnly === true) {
    // BALP OAuth Minimal needs a network-less UserOauthAgent, and the client has a network.
    return holderAgent([agentTypes.oauthUser], identity, claims);
  }
  if (claims === undefined && digestOf(identity) === undefined) return undefined;
  const isPatient = /(?:^|\/)Patient\/[^/]+$/.test(claims?.fhirUser ?? '');
  const types = isPatient ? [...roles.user, agentTypes.patient] : roles.user;
  return holderAgent(types, identity, claims);
}

/** Client and holder of a token, where nothing is said of the exchange or its addresses. */
export function identifiedAgents(identity: Identity): AuditEventAgent[] {
  const { application, recipient, oauthUser } = agentTypes;
  const roles = { client: [application], server: [], user: [recipient, oauthUser] };
  const holder = tokenAgent(roles, identity);
  const client = clientOf(roles, claimsOf(identity), holder === undefined);
  return holder === undefined ? [client] : [client, holder];
}

/** False when the gateway refused before it had any contact with the upstream. */
export function hadContact(answer: Answer | undefined): boolean {
  if (answer?.kind !== 'refused' || answer.withheld !== undefined) return true;
  return answer.reason === 'too-costly' || answer.reason.startsWith('answer-');
}

/** All agents, in the order client, server, user, gateway. */
export function agentsOf(
  exchange: { readonly peer: Peer; readonly answer?: Answer },
  identity: Identity,
  roles: Roles,
  context: RecordContext,
): AuditEventAgent[] {
  const holder = tokenAgent(roles, identity);
  const client = clientOf(roles, claimsOf(identity), holder === undefined);
  const agents: AuditEventAgent[] = [{ ...client, network: networkOf(exchange.peer) }];
  if (hadContact(exchange.answer)) {
    agents.push(serverAgent(roles, context));
  }
  if (holder !== undefined) agents.push(holder);
  agents.push(constantsOf(context).gateway);
  return agents;
}
