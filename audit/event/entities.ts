/**
 * Builds the entities of an event: patient, data or query, request id, and the issues of a failure.
 *
 * Spec: IHE BALP 1.1.4, 3:5.7.3. Its profiles slice entities by `type` alone: one Person, one System
 * Object, one XrequestId, never two.
 */
import { entityRoles, entityTypes } from './codes.ts';
import {
  isObject,
  stringAt,
  type AuditEventEntity,
  type Coding,
  type JsonObject,
  type OperationOutcome,
} from './fhir.ts';
import type { Interaction } from './interaction.ts';
import type { Patient } from './patients.ts';
import { readLocation } from './reference.ts';
import { requestJson } from './request-body.ts';
import { fitText, relativeReference } from './text.ts';
import { securityLabels } from './walk.ts';
import { upstreamAnswer, type ExchangeSoFar } from './exchange-so-far.ts';

/** The patient whose record this is. */
export function patientEntity(patient: Patient): AuditEventEntity {
  const what: What = { type: 'Patient' };
  if (patient.reference !== undefined) what.reference = patient.reference;
  if (patient.identifier !== undefined) what.identifier = patient.identifier;
  if (patient.display !== undefined) what.display = patient.display;
  return { what, type: entityTypes.person, role: entityRoles.patient };
}

/** The search, as received. */
export function queryEntity(base64: string): AuditEventEntity {
  return { type: entityTypes.systemObject, role: entityRoles.query, query: base64 };
}

/** The request id: how all records of one exchange are found (`entity.identifier`). */
export function requestIdEntity(requestId: string): AuditEventEntity {
  return {
    what: { identifier: { value: fitText(requestId) } },
    type: entityTypes.requestId,
  };
}

/** Points at the contained issues of a failure. */
export const issuesEntity: AuditEventEntity = {
  what: { reference: '#issues' },
  type: entityTypes.operationOutcome,
};

/** The issues of a failure: severity and code alone. */
export function containedIssues(issue: OperationOutcome['issue']): OperationOutcome {
  return { resourceType: 'OperationOutcome', id: 'issues', issue };
}

function ofType(json: unknown, type: string): JsonObject | undefined {
  return isObject(json) && json['resourceType'] === type ? json : undefined;
}

function versionOfEtag(etag: string | undefined): string | undefined {
  return /^(?:W\/)?"([A-Za-z0-9.-]{1,64})"$/.exec(etag ?? '')?.[1];
}

type What = NonNullable<AuditEventEntity['what']>;

type DataInteraction = Extract<
  Interaction,
  { kind: 'read' | 'vread' | 'create' | 'update' | 'patch' | 'delete' }
>;

/** Id and version as far as path, headers and body tell. */
function addressOf(
  interaction: DataInteraction,
  exchange: ExchangeSoFar,
  answered: JsonObject | undefined,
): { readonly id: string | undefined; readonly versionId: string | undefined } {
  if (interaction.kind === 'vread') return interaction;
  if (interaction.kind === 'delete') return { id: interaction.id, versionId: undefined };
  const facts = upstreamAnswer(exchange.answer);
  const isSuccess = facts !== undefined && (facts.status < 300 || facts.status === 304);
  if (!isSuccess)
    return { id: 'id' in interaction ? interaction.id : undefined, versionId: undefined };
  const { headers } = facts;
  const location =
    interaction.kind === 'read'
      ? undefined
      : readLocation(headers['location'] ?? headers['content-location']);
  const place = location?.type === interaction.type ? location : undefined;
  const meta = answered?.['meta'];
  const given = 'id' in interaction ? interaction.id : undefined;
  return {
    id: given ?? place?.id ?? (answered === undefined ? undefined : stringAt(answered, 'id')),
    versionId:
      place?.versionId ??
      (isObject(meta) ? stringAt(meta, 'versionId') : undefined) ??
      versionOfEtag(headers['etag']),
  };
}

function labelsOf(resources: readonly (JsonObject | undefined)[]): Coding[] {
  const labels = new Map<string, Coding>();
  for (const resource of resources) {
    if (resource === undefined) continue;
    for (const label of securityLabels(resource)) {
      labels.set(`${label.system ?? ''}|${label.code ?? ''}`, label);
    }
  }
  return [...labels.values()];
}

/** The resource that was addressed. One whose id is not known is named by its type. */
export function dataEntity(
  interaction: DataInteraction,
  exchange: ExchangeSoFar,
): AuditEventEntity {
  const { type } = interaction;
  const inspection = upstreamAnswer(exchange.answer)?.inspection;
  const answered = ofType(inspection?.kind === 'json' ? inspection.json : undefined, type);
  const sent =
    interaction.kind === 'create' || interaction.kind === 'update'
      ? ofType(requestJson(exchange.request), type)
      : undefined;
  const { id, versionId } = addressOf(interaction, exchange, answered);
  // Any name that looks like a type: what it is not is for the upstream to say.
  const what: What = { type: type as NonNullable<What['type']> };
  if (id !== undefined) what.reference = relativeReference(type, id, versionId);
  else what.display = interaction.kind === 'create' ? `new ${type}` : `${type} by condition`;
  const entity: AuditEventEntity = {
    what,
    type: entityTypes.systemObject,
    role: type === 'Binary' ? entityRoles.report : entityRoles.domainResource,
  };
  const labels = labelsOf([answered, sent]);
  if (labels.length > 0) entity.securityLabel = labels;
  return entity;
}
