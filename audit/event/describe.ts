/**
 * Turns one exchange into the AuditEvents that describe it: one for each patient. Between the answer
 * that is held and the append; pure, total, on the path of every request.
 *
 * Spec: IHE BALP 1.1.4, 3:5.7.3 "RESTful activities"; FHIR R4 AuditEvent.
 */
import type { Identity } from '../../smart/index.ts';
import { agentsOf, conceptsOf, constantsOf } from './agents.ts';
import { balpProfile, eventSubtypes, eventTypes } from './codes.ts';
import { patientDetails, detailEntity, sharedDetails } from './details.ts';
import {
  containedIssues,
  dataEntity,
  issuesEntity,
  patientEntity,
  queryEntity,
  requestIdEntity,
} from './entities.ts';
import type { DescribedEvent, Exchange, RecordContext } from './exchange.ts';
import type { AuditEvent, AuditEventEntity } from './fhir.ts';
import { findPatients } from './find-patients.ts';
import { guard } from './guard.ts';
import { weighIdentity } from './identity.ts';
import { canChange, classify, type Interaction } from './interaction.ts';
import { minimalEvent } from './minimal.ts';
import { outcomeOf, type Outcome } from './outcome.ts';
import { distinctPatients, type Patient } from './patients.ts';
import { queryText, type QueryText } from './request-text.ts';
import { renderEvent, shareText } from './render.ts';
import { planOf, type Plan } from './roles.ts';
import {
  claimsOf,
  upstreamAnswer,
  type ExchangeSoFar,
  type ExchangeBeforeAnswer,
} from './exchange-so-far.ts';

/** A list with at least one event. */
export type DescribedEvents = readonly [DescribedEvent, ...DescribedEvent[]];

const effectUnknown: Outcome = { code: '12', text: 'effect unknown', issues: [] };

/** What was asked for: the resource, the search, or nothing that could be named. */
function targetEntity(
  interaction: Interaction,
  exchange: ExchangeSoFar,
  query: QueryText | undefined,
): AuditEventEntity | undefined {
  switch (interaction.kind) {
    case 'read':
    case 'vread':
    case 'create':
    case 'update':
    case 'patch':
    case 'delete':
      return dataEntity(interaction, exchange);
    case 'search':
      return query === undefined ? undefined : queryEntity(query.base64);
    case 'capabilities':
    case 'batch':
    case 'transaction':
    case 'operation':
    case 'history':
    case 'conditional-delete':
    case 'unrecognised':
      return undefined;
  }
}

/** The elements that all events of one exchange have in common. */
type SharedParts = Omit<AuditEvent, 'id' | 'meta' | 'entity' | 'resourceType'>;

function sharedParts(
  exchange: ExchangeSoFar,
  plan: Plan,
  outcome: Outcome,
  identity: Identity,
  context: RecordContext,
): SharedParts {
  const isRejected = upstreamAnswer(exchange.answer)?.status === 401;
  const start = exchange.receivedAt.toISOString();
  const purposeOfEvent = conceptsOf(claimsOf(identity)?.purposeOfUse ?? []);
  return {
    ...(outcome.issues.length === 0 ? {} : { contained: [containedIssues(outcome.issues)] }),
    type: isRejected ? eventTypes.userAuthentication : eventTypes.rest,
    subtype: isRejected ? [eventSubtypes.login, ...plan.subtype] : plan.subtype,
    action: isRejected ? 'E' : plan.action,
    period:
      exchange.endedAt === undefined ? { start } : { start, end: exchange.endedAt.toISOString() },
    recorded: context.clock().toISOString(),
    outcome: outcome.code,
    outcomeDesc: outcome.text,
    ...(purposeOfEvent.length === 0 ? {} : { purposeOfEvent }),
    agent: agentsOf(exchange, identity, plan.roles, context),
    source: constantsOf(context).source,
  };
}

function describeFully(
  kind: 'event' | 'intent',
  exchange: ExchangeSoFar,
  context: RecordContext,
): DescribedEvents {
  const { request, answer } = exchange;
  const interaction = classify(request);
  const changes = canChange(request);
  const identity = weighIdentity(exchange.identity, interaction, answer);
  const plan = planOf(interaction, answer, changes);
  const isHead = request.method === 'HEAD';
  const isMatch = plan.effect === 'matched';
  const outcome =
    answer === undefined ? effectUnknown : outcomeOf(answer, { changes, isHead, isMatch });
  const patients = findPatients({ ...exchange, identity }, interaction, context.upstreamBase);
  const distinct = distinctPatients(patients);
  const query = interaction.kind === 'search' ? queryText(request) : undefined;
  const known = { identity, interaction, changes, plan, query, patientCount: distinct.length };
  const shared = sharedParts(exchange, plan, outcome, identity, context);
  const details = sharedDetails(kind, exchange, known, context);
  const target = targetEntity(interaction, exchange, query);
  const common = target === undefined ? [] : [target];
  common.push(requestIdEntity(exchange.requestId));
  if (outcome.issues.length > 0) common.push(issuesEntity);
  if (distinct.length > 1) {
    shareText(shared.agent);
    for (const entity of common) shareText(entity);
  }

  const describeOne = (patient: Patient | undefined): DescribedEvent => {
    const id = context.newId();
    const event: AuditEvent = {
      resourceType: 'AuditEvent',
      id,
      ...profileClaim(plan, outcome, patient !== undefined),
      ...shared,
      entity: [
        ...(patient === undefined ? [] : [patientEntity(patient)]),
        ...common,
        detailEntity(patientDetails(details, patient, patients.general)),
      ],
    };
    const issue = guard(event);
    return issue === undefined
      ? { id, body: renderEvent(event) }
      : minimalEvent(exchange, context, issue);
  };
  const [first, ...rest] = distinct;
  return [describeOne(first), ...rest.map(describeOne)];
}

/** Claims a BALP profile for a success alone, and the patient form when there is a patient. */
function profileClaim(plan: Plan, outcome: Outcome, hasPatient: boolean): Pick<AuditEvent, 'meta'> {
  if (plan.profile === undefined || outcome.code !== '0') return {};
  return { meta: { profile: [balpProfile(`${hasPatient ? 'Patient' : ''}${plan.profile}`)] } };
}

/**
 * Describes one exchange.
 *
 * Total: never throws. An exchange that cannot be mapped, or whose event fails {@link guard},
 * becomes a minimal event that says so. No event holds a credential or the body of a change.
 *
 * @returns One event for each patient in request, answer or launch context; one without a patient
 *   when none is known.
 */
export function describe(exchange: Exchange, context: RecordContext): DescribedEvents {
  try {
    return describeFully('event', exchange, context);
  } catch {
    return [minimalEvent(exchange, context, 'threw')];
  }
}

/**
 * Describes a change that is about to be forwarded, as it will stand if nothing more becomes known
 * of it: outcome 12, "effect unknown", no profile claimed. Total, as {@link describe}.
 */
export function describeIntent(
  exchange: ExchangeBeforeAnswer,
  context: RecordContext,
): DescribedEvents {
  // A caller may hand in more than it must: an intent knows of no answer.
  const { requestId, correlationId, receivedAt, peer, request, identity } = exchange;
  const correlation = correlationId === undefined ? {} : { correlationId };
  const before = { requestId, ...correlation, receivedAt, peer, request, identity };
  try {
    return describeFully('intent', before, context);
  } catch {
    return [minimalEvent(before, context, 'threw')];
  }
}
