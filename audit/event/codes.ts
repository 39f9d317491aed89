/**
 * The codes of other organisations that the record uses, each once, as ready-made Codings. Shared
 * and read-only: the mapping puts these very objects into the events.
 *
 * Spec: IHE BALP 1.1.4 (profiles.ihe.net/ITI/BALP), FHIR R4 AuditEvent, DICOM PS3.15.
 */
import type { Coding } from './fhir.ts';

const dcm = 'http://dicom.nema.org/resources/ontology/DCM';
const entityType = 'http://terminology.hl7.org/CodeSystem/audit-entity-type';
const objectRole = 'http://terminology.hl7.org/CodeSystem/object-role';

function coding(system: string, code: string, display?: string): Coding {
  return display === undefined ? { system, code } : { system, code, display };
}

/** Event types. */
export const eventTypes = {
  rest: coding(
    'http://terminology.hl7.org/CodeSystem/audit-event-type',
    'rest',
    'RESTful Operation',
  ),
  userAuthentication: coding(dcm, '110114', 'User Authentication'),
  applicationActivity: coding(dcm, '110100', 'Application Activity'),
  auditLogUsed: coding(dcm, '110101', 'Audit Log Used'),
} as const;

/** Event subtypes that are not FHIR interactions. */
export const eventSubtypes = {
  login: coding(dcm, '110122', 'Login'),
  retrieveAuditEvent: coding('urn:ihe:event-type-code', 'ITI-81', 'Retrieve ATNA Audit Event'),
} as const;

/** Codes of http://hl7.org/fhir/restful-interaction (R4). */
export type RestfulCode =
  | 'read'
  | 'vread'
  | 'update'
  | 'patch'
  | 'delete'
  | 'history-instance'
  | 'history-type'
  | 'history-system'
  | 'create'
  | 'search-type'
  | 'search-system'
  | 'capabilities'
  | 'transaction'
  | 'batch'
  | 'operation';

const restfulCodings = new Map<RestfulCode, Coding>();

/** The Coding of one FHIR interaction. */
export function restful(code: RestfulCode): Coding {
  const known = restfulCodings.get(code);
  if (known !== undefined) return known;
  const made = coding('http://hl7.org/fhir/restful-interaction', code);
  restfulCodings.set(code, made);
  return made;
}

/** Agent types. */
export const agentTypes = {
  application: coding(dcm, '110150', 'Application'),
  source: coding(dcm, '110153', 'Source Role ID'),
  destination: coding(dcm, '110152', 'Destination Role ID'),
  custodian: coding(
    'http://terminology.hl7.org/CodeSystem/provenance-participant-type',
    'custodian',
    'Custodian',
  ),
  recipient: coding(
    'http://terminology.hl7.org/CodeSystem/v3-ParticipationType',
    'IRCP',
    'information recipient',
  ),
  author: coding(
    'http://terminology.hl7.org/CodeSystem/v3-ParticipationType',
    'AUT',
    'author (originator)',
  ),
  oauthUser: coding(
    'https://profiles.ihe.net/ITI/BALP/CodeSystem/UserAgentTypes',
    'UserOauthAgent',
  ),
  patient: coding('http://terminology.hl7.org/CodeSystem/v3-RoleClass', 'PAT', 'patient'),
  authorizationServer: coding(
    'http://terminology.hl7.org/CodeSystem/extra-security-role-type',
    'authserver',
    'authorization server',
  ),
  gateway: coding(
    'http://terminology.hl7.org/CodeSystem/extra-security-role-type',
    'dataprocessor',
    'data processor',
  ),
} as const;

/** Kind of system that observed: an application server. */
export const sourceTypes: readonly Coding[] = [
  coding('http://terminology.hl7.org/CodeSystem/security-source-type', '4', 'Application Server'),
];

/** Entity types. BALP slices entities by these: never use one for two entities. */
export const entityTypes = {
  person: coding(entityType, '1', 'Person'),
  systemObject: coding(entityType, '2', 'System Object'),
  requestId: coding(
    'https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType',
    'XrequestId',
  ),
  operationOutcome: coding('http://hl7.org/fhir/resource-types', 'OperationOutcome'),
} as const;

/** Entity roles. */
export const entityRoles = {
  patient: coding(objectRole, '1', 'Patient'),
  report: coding(objectRole, '3', 'Report'),
  domainResource: coding(objectRole, '4', 'Domain Resource'),
  securityResource: coding(objectRole, '13', 'Security Resource'),
  query: coding(objectRole, '24', 'Query'),
} as const;

/** Canonical of a BALP profile by its short name, e.g. `PatientRead`. */
export function balpProfile(name: string): string {
  return `https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.${name}`;
}
