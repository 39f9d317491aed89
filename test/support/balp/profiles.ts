/**
 * The BALP 1.1.4 profiles: ten REST profiles and the OAuth token profiles. Written from the published
 * StructureDefinitions at https://profiles.ihe.net/ITI/BALP; uses nothing of `audit/`.
 */
import { at, list, type Json, type Report } from './problem.ts';
import { referredType } from './r4.ts';

type Code = readonly [system: string, code: string];

const DCM = 'http://dicom.nema.org/resources/ontology/DCM';
const PT = 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType';
const RI = 'http://hl7.org/fhir/restful-interaction';
const ENT = 'http://terminology.hl7.org/CodeSystem/audit-entity-type';
const ROLE = 'http://terminology.hl7.org/CodeSystem/object-role';
const UAT = 'https://profiles.ihe.net/ITI/BALP/CodeSystem/UserAgentTypes';
const BAET = 'https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType';
const prefix = 'https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.';

const rest: Code = ['http://terminology.hl7.org/CodeSystem/audit-event-type', 'rest'];
const application: Code = [DCM, '110150'];
const destination: Code = [DCM, '110152'];
const source: Code = [DCM, '110153'];
const custodian: Code = [
  'http://terminology.hl7.org/CodeSystem/provenance-participant-type',
  'custodian',
];
const recipient: readonly Code[] = [[PT, 'IRCP']];
const dataSources: readonly Code[] = [
  [PT, 'AUT'],
  [PT, 'INF'],
  [PT, 'CST'],
];
const oauthAgent: Code = [UAT, 'UserOauthAgent'];

interface RestProfile {
  readonly subtypes: readonly string[];
  readonly action: string;
  readonly client: Code;
  readonly server: Code;
  readonly user: readonly Code[];
  readonly target: 'data' | 'query';
  /** Read is the one profile whose data entity may go without a role. */
  readonly roleRequired: boolean;
}

const restProfiles: Readonly<Record<string, RestProfile>> = {
  Create: {
    subtypes: ['create'],
    action: 'C',
    client: source,
    server: destination,
    user: dataSources,
    target: 'data',
    roleRequired: true,
  },
  Read: {
    subtypes: ['read', 'vread'],
    action: 'R',
    client: destination,
    server: source,
    user: recipient,
    target: 'data',
    roleRequired: false,
  },
  Update: {
    subtypes: ['update', 'patch'],
    action: 'U',
    client: source,
    server: destination,
    user: dataSources,
    target: 'data',
    roleRequired: true,
  },
  Delete: {
    subtypes: ['delete'],
    action: 'D',
    client: application,
    server: custodian,
    user: dataSources,
    target: 'data',
    roleRequired: true,
  },
  Query: {
    subtypes: ['search', 'search-type', 'search-system'],
    action: 'E',
    client: source,
    server: destination,
    user: recipient,
    target: 'query',
    roleRequired: true,
  },
};

function isCode(coding: unknown, [system, code]: Code): boolean {
  return at(coding, 'system') === system && at(coding, 'code') === code;
}

/** A pattern on a CodeableConcept matches when one of its codings does. */
function agentsOfType(event: Json, types: readonly Code[]): readonly Json[] {
  return list(event['agent']).filter((agent) =>
    list(at(agent, 'type', 'coding')).some((coding) => types.some((type) => isCode(coding, type))),
  );
}

function entitiesOfType(event: Json, type: Code): readonly Json[] {
  return list(event['entity']).filter((entity) => isCode(entity['type'], type));
}

function present(report: Report, object: Json, keys: readonly string[], path: string): void {
  for (const key of keys) {
    report.check(object[key] !== undefined, 'slice-required', `${path}.${key}`, 'is required');
  }
}

function absent(report: Report, object: Json, keys: readonly string[], path: string): void {
  for (const key of keys) {
    report.check(object[key] === undefined, 'slice-prohibited', `${path}.${key}`, 'must be absent');
  }
}

function checkRestAgents(event: Json, profile: RestProfile, report: Report): void {
  report.check(list(event['agent']).length >= 2, 'cardinality', 'agent', 'at least two');
  for (const [name, type] of [
    ['client', profile.client],
    ['server', profile.server],
  ] as const) {
    const slice = agentsOfType(event, [type]);
    report.check(slice.length === 1, `agent-${name}`, `agent[${name}]`, 'must be there once');
    for (const agent of slice) {
      present(report, agent, ['who', 'network'], `agent[${name}]`);
      absent(report, agent, ['media'], `agent[${name}]`);
    }
  }
  const users = agentsOfType(event, profile.user);
  report.check(users.length <= 1, 'agent-user', 'agent[user]', 'at most once');
  for (const user of users) {
    present(report, user, ['who'], 'agent[user]');
    absent(report, user, ['network', 'media'], 'agent[user]');
    report.check(user['requestor'] === true, 'agent-user', 'agent[user].requestor', 'must be true');
  }
  // Both codes are there when client and server are swapped; that the client is the application
  // (the Comprehensive token profile's code for it) gives the reversal away.
  for (const agent of agentsOfType(event, [application])) {
    const isClient = agentsOfType({ agent: [agent] }, [profile.client]).length === 1;
    const isServer = agentsOfType({ agent: [agent] }, [profile.server]).length === 1;
    const holds = isClient && !isServer;
    report.check(holds, 'role-direction', 'agent', 'the application must be the client');
  }
  for (const agent of list(event['agent'])) {
    const slices = [[profile.client], [profile.server], profile.user].filter(
      (types) => agentsOfType({ agent: [agent] }, types).length === 1,
    );
    report.check(slices.length <= 1, 'slice-ambiguous', 'agent', 'is in several slices');
  }
}

function checkPatient(event: Json, report: Report): void {
  const people = entitiesOfType(event, [ENT, '1']);
  report.check(people.length === 1, 'entity-patient', 'entity[patient]', 'must be there once');
  report.check(list(event['entity']).length >= 2, 'cardinality', 'entity', 'at least two');
  for (const patient of people) {
    present(report, patient, ['what', 'role'], 'entity[patient]');
    const isPatient = isCode(patient['role'], [ROLE, '1']);
    report.check(isPatient, 'entity-patient', 'entity[patient].role', 'must be Patient');
    const type = at(patient, 'what', 'type') ?? referredType(at(patient, 'what', 'reference'));
    const holds = type === undefined || type === 'Patient';
    report.check(holds, 'reference-target', 'entity[patient].what', 'must refer to a Patient');
    const referred = referredType(at(patient, 'what', 'reference')) ?? 'Patient';
    report.check(
      referred === 'Patient',
      'reference-target',
      'entity[patient].what',
      'not a Patient',
    );
  }
}

function checkTarget(event: Json, profile: RestProfile, report: Report): void {
  const slice = entitiesOfType(event, [ENT, '2']);
  const path = `entity[${profile.target}]`;
  report.check(slice.length === 1, `entity-${profile.target}`, path, 'must be there once');
  for (const entity of slice) {
    if (profile.target === 'query') {
      present(report, entity, ['query', 'role'], path);
      absent(report, entity, ['what', 'lifecycle', 'detail'], path);
      report.check(isCode(entity['role'], [ROLE, '24']), 'entity-query', `${path}.role`, 'Query');
      continue;
    }
    present(report, entity, ['what'], path);
    if (profile.roleRequired) present(report, entity, ['role'], path);
    const allowed = ['3', '4', '20'].some((code) => isCode(entity['role'], [ROLE, code]));
    const holds = entity['role'] === undefined || allowed;
    report.check(holds, 'entity-data', `${path}.role`, 'must be a RESTful object role');
  }
}

function checkRest(event: Json, profile: RestProfile, isPatient: boolean, report: Report): void {
  report.check(isCode(event['type'], rest), 'pattern', 'type', 'must be rest');
  const matching = list(event['subtype']).filter((coding) =>
    profile.subtypes.some((code) => isCode(coding, [RI, code])),
  );
  report.check(matching.length === 1, 'subtype', 'subtype', 'exactly one of the interaction');
  report.check(
    event['action'] === profile.action,
    'pattern',
    'action',
    `must be ${profile.action}`,
  );
  report.check(event['outcome'] === '0', 'outcome', 'outcome', 'must be 0');
  checkRestAgents(event, profile, report);
  checkTarget(event, profile, report);
  if (isPatient) checkPatient(event, report);
  report.check(list(event['entity']).length >= 1, 'cardinality', 'entity', 'at least one');
  const transactions = entitiesOfType(event, [BAET, 'XrequestId']);
  report.check(transactions.length <= 1, 'entity-transaction', 'entity[transaction]', 'once');
  for (const transaction of transactions) {
    const value = at(transaction, 'what', 'identifier', 'value');
    const path = 'entity[transaction].what.identifier.value';
    report.check(value !== undefined, 'entity-transaction', path, 'is required');
  }
}

function policies(agent: Json): readonly unknown[] {
  const policy = agent['policy'];
  return Array.isArray(policy) ? (policy as unknown[]) : [];
}

function checkMinimal(event: Json, report: Report): void {
  const users = agentsOfType(event, [oauthAgent]);
  report.check(users.length >= 1, 'agent-oUser', 'agent[oUser]', 'at least one');
  for (const user of users) {
    report.check(user['requestor'] === true, 'agent-oUser', 'agent[oUser].requestor', 'true');
    report.check(policies(user).length === 1, 'agent-oUser', 'agent[oUser].policy', 'exactly one');
    const [policy] = policies(user);
    const holds = typeof policy === 'string' && /^urn:ietf:params:oauth:jti:./.test(policy);
    report.check(holds, 'jti-prefix', 'agent[oUser].policy', 'must be a jti URN');
    absent(report, user, ['network', 'media'], 'agent[oUser]');
  }
}

function checkOpaque(event: Json, report: Report): void {
  const users = agentsOfType(event, [oauthAgent]);
  report.check(users.length >= 1, 'agent-oUser', 'agent[oUser]', 'at least one');
  for (const user of users) {
    report.check(user['requestor'] === true, 'agent-oUser', 'agent[oUser].requestor', 'true');
    report.check(policies(user).length === 1, 'agent-oUser', 'agent[oUser].policy', 'exactly one');
  }
}

function checkComprehensive(event: Json, report: Report): void {
  const clients = agentsOfType(event, [application]);
  report.check(clients.length === 1, 'agent-oClient', 'agent[oClient]', 'must be there once');
  for (const client of clients) {
    const value = at(client, 'who', 'identifier', 'value');
    report.check(value !== undefined, 'agent-oClient', 'agent[oClient].who', 'needs a client_id');
    absent(report, client, ['media'], 'agent[oClient]');
  }
  const users = agentsOfType(event, recipient);
  report.check(users.length <= 1, 'agent-oUser', 'agent[oUser]', 'at most one');
  for (const user of users) {
    const identifier = at(user, 'who', 'identifier');
    report.check(
      identifier !== undefined,
      'agent-oUser',
      'agent[oUser].who',
      'needs an identifier',
    );
    report.check(user['requestor'] === true, 'agent-oUser', 'agent[oUser].requestor', 'true');
    report.check(policies(user).length === 1, 'agent-oUser', 'agent[oUser].policy', 'exactly one');
    absent(report, user, ['network', 'media'], 'agent[oUser]');
  }
}

/** Reports what one BALP profile does not allow. Profiles of others are not known here. */
export function checkProfile(event: Json, canonical: string, report: Report): void {
  if (!canonical.startsWith('https://profiles.ihe.net/ITI/BALP/')) return;
  const name = canonical.slice(prefix.length).replace(/\|.*$/, '');
  const isPatient = name.startsWith('Patient');
  const restProfile = restProfiles[isPatient ? name.slice('Patient'.length) : name];
  if (canonical.startsWith(prefix) && restProfile !== undefined) {
    checkRest(event, restProfile, isPatient, report);
    return;
  }
  switch (canonical.startsWith(prefix) ? name : '') {
    case 'OAUTHaccessTokenUse.Minimal':
      checkMinimal(event, report);
      return;
    case 'OAUTHaccessTokenUse.Comprehensive':
      checkComprehensive(event, report);
      return;
    case 'OAUTHaccessTokenUse.Opaque':
      checkOpaque(event, report);
      return;
  }
  report.add('profile-unknown', 'meta.profile', `no such BALP profile: ${canonical}`);
}
