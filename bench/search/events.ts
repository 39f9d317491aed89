/**
 * Synthetic AuditEvents in the shape and the size of those that the gateway writes: a hospital's
 * weeks with its users, apps, sessions, patients and refusals. The same for the same number.
 */

import { seededRandom } from '../figures.ts';

/** One event, and what a question about it would ask. */
export interface MadeEvent {
  readonly id: string;
  readonly text: string;
  readonly patient: string;
  readonly user: string;
  readonly session: string;
  readonly requestId: string;
  readonly resource: string;
  readonly address: string;
}

/** Midnight of the first day. */
export const firstDayMs = Date.UTC(2026, 8, 1);
/** All events lie within so many days. */
export const days = 60;

const gateway = 'https://gateway.example.org/fhir';
const ehr = 'https://ehr.example.org/fhir';
const issuer = 'https://ehr.example.org/oauth';
const balp = 'https://profiles.ihe.net/ITI/BALP';
const dcm = 'http://dicom.nema.org/resources/ontology/DCM';
const types = [
  'Observation',
  'Observation',
  'Observation',
  'Condition',
  'MedicationRequest',
  'DocumentReference',
  'Encounter',
  'DiagnosticReport',
];
const apps = [
  'vitals',
  'chart-review',
  'patient-portal',
  'population-health',
  'growth-chart',
  'med-list',
];

/** Makes events one after the other; `total` decides how far they lie apart. */
export function eventMaker(total: number): (n: number) => MadeEvent {
  const random = seededRandom(42);
  const pick = (count: number): number => Math.floor(random() * count);
  const patients = Math.max(50, Math.min(50_000, Math.ceil(total / 25)));
  const users = Math.max(20, Math.min(1500, Math.ceil(total / 600)));
  const stepMs = (days * 86_400_000) / total;
  // About 200 sessions go on at the same time, each of a user at a patient's chart.
  const open = Array.from({ length: 200 }, (_, i) => newSession(i));
  let sessions = open.length;

  function newSession(n: number): {
    readonly id: string;
    readonly user: number;
    readonly app: string;
    readonly address: string;
    patient: number;
    left: number;
  } {
    const user = pick(users);
    return {
      id: `sid-${n.toString(36)}-${pick(2 ** 30).toString(36)}`,
      user,
      app: apps[pick(apps.length)] ?? 'vitals',
      address: `10.${String(20 + (user % 4))}.${String(user % 250)}.${String(pick(200))}`,
      patient: pick(patients),
      left: 5 + pick(50),
    };
  }

  return (n) => {
    const place = pick(open.length);
    let session = open[place] ?? newSession(0);
    if (session.left === 0) {
      session = newSession((sessions += 1));
      open[place] = session;
    }
    session.left -= 1;
    if (random() < 0.1) session.patient = pick(patients);
    const chance = random();
    const action =
      chance < 0.55 ? 'R' : chance < 0.9 ? 'E' : chance < 0.96 ? 'C' : chance < 0.99 ? 'U' : 'D';
    const refused = random();
    const outcome = refused < 0.03 ? '8' : refused < 0.035 ? '12' : '0';
    const type = types[pick(types.length)] ?? 'Observation';
    const recordedMs = Math.floor(
      firstDayMs + n * stepMs - (random() < 0.02 ? pick(4000) : pick(40)),
    );
    const id = `01JK${n.toString(32).padStart(10, '0')}${pick(2 ** 30)
      .toString(32)
      .padStart(12, '0')}`.toUpperCase();
    const requestId = `01JR${n.toString(32).padStart(10, '0')}${pick(2 ** 30)
      .toString(32)
      .padStart(12, '0')}`.toUpperCase();
    const patient = `Patient/p${String(session.patient)}`;
    const resource = `${type}/${type.slice(0, 2).toLowerCase()}-${String(session.patient)}-${String(pick(60))}`;
    const user = `Practitioner/u${String(session.user)}`;
    const subtype = { R: 'read', E: 'search-type', C: 'create', U: 'update', D: 'delete' }[action];
    const event = eventOf({
      id,
      requestId,
      recordedMs,
      action,
      subtype,
      outcome,
      patient,
      resource,
      user,
      session: session.id,
      app: session.app,
      address: session.address,
    });
    const text = JSON.stringify(event);
    const { id: sessionId, address } = session;
    return { id, text, patient, user, session: sessionId, requestId, resource, address };
  };
}

interface Facts {
  readonly id: string;
  readonly requestId: string;
  readonly recordedMs: number;
  readonly action: string;
  readonly subtype: string;
  readonly outcome: string;
  readonly patient: string;
  readonly resource: string;
  readonly user: string;
  readonly session: string;
  readonly app: string;
  readonly address: string;
}

const coding = (system: string, code: string, display?: string): object => ({
  system,
  code,
  ...(display === undefined ? {} : { display }),
});

function eventOf(f: Facts): object {
  const recorded = new Date(f.recordedMs).toISOString();
  const name = `Dr ${f.user.slice(13).toUpperCase()} Example`;
  return {
    resourceType: 'AuditEvent',
    id: f.id,
    meta: {
      profile: [
        `${balp}/StructureDefinition/IHE.BasicAudit.Patient${f.action === 'R' ? 'Read' : 'Query'}`,
      ],
    },
    type: coding(
      'http://terminology.hl7.org/CodeSystem/audit-event-type',
      'rest',
      'RESTful Operation',
    ),
    subtype: [coding('http://hl7.org/fhir/restful-interaction', f.subtype)],
    action: f.action,
    period: { start: recorded, end: recorded },
    recorded,
    outcome: f.outcome,
    outcomeDesc: f.outcome === '0' ? 'HTTP 200 OK' : 'HTTP 403 Forbidden',
    purposeOfEvent: [
      {
        coding: [
          coding('http://terminology.hl7.org/CodeSystem/v3-ActReason', 'TREAT', 'treatment'),
        ],
      },
    ],
    agent: [
      {
        type: {
          coding: [coding(dcm, '110153', 'Source Role ID'), coding(dcm, '110150', 'Application')],
        },
        who: { identifier: { system: issuer, value: f.app }, display: f.app },
        requestor: false,
        network: { address: f.address, type: '2' },
      },
      {
        type: { coding: [coding(dcm, '110152', 'Destination Role ID')] },
        who: { identifier: { system: 'urn:ietf:rfc:3986', value: ehr } },
        requestor: false,
        network: { address: ehr, type: '5' },
      },
      {
        type: {
          coding: [
            coding(
              'http://terminology.hl7.org/CodeSystem/v3-ParticipationType',
              'IRCP',
              'information recipient',
            ),
            coding(`${balp}/CodeSystem/UserAgentTypes`, 'UserOauthAgent'),
          ],
        },
        who: {
          reference: f.user,
          identifier: { system: issuer, value: f.user.slice(13) },
          display: name,
        },
        name,
        requestor: true,
        policy: [`urn:ietf:params:oauth:jti:${f.session}`],
        purposeOfUse: [
          {
            coding: [
              coding('http://terminology.hl7.org/CodeSystem/v3-ActReason', 'TREAT', 'treatment'),
            ],
          },
        ],
      },
      {
        type: {
          coding: [
            coding(
              'http://terminology.hl7.org/CodeSystem/extra-security-role-type',
              'dataprocessor',
              'data processor',
            ),
          ],
        },
        who: { identifier: { value: 'gateway.example.org/a/1' }, display: 'Chaperone' },
        requestor: false,
        network: { address: gateway, type: '5' },
      },
    ],
    source: {
      site: gateway,
      observer: { identifier: { value: 'gateway.example.org/a/1' }, display: 'Chaperone' },
      type: [
        coding(
          'http://terminology.hl7.org/CodeSystem/security-source-type',
          '4',
          'Application Server',
        ),
      ],
    },
    entity: [
      {
        what: { type: 'Patient', reference: f.patient },
        type: coding('http://terminology.hl7.org/CodeSystem/audit-entity-type', '1', 'Person'),
        role: coding('http://terminology.hl7.org/CodeSystem/object-role', '1', 'Patient'),
      },
      f.action === 'E'
        ? {
            type: coding(
              'http://terminology.hl7.org/CodeSystem/audit-entity-type',
              '2',
              'System Object',
            ),
            role: coding('http://terminology.hl7.org/CodeSystem/object-role', '24', 'Query'),
            query: Buffer.from(
              `GET /fhir/Observation?patient=${f.patient} HTTP/1.1\naccept: application/fhir+json`,
            ).toString('base64'),
          }
        : {
            what: { type: f.resource.split('/')[0], reference: `${f.resource}/_history/1` },
            type: coding(
              'http://terminology.hl7.org/CodeSystem/audit-entity-type',
              '2',
              'System Object',
            ),
            role: coding(
              'http://terminology.hl7.org/CodeSystem/object-role',
              '4',
              'Domain Resource',
            ),
          },
      {
        type: coding(`${balp}/CodeSystem/BasicAuditEntityType`, 'XrequestId'),
        what: { identifier: { value: f.requestId } },
      },
      {
        type: coding('https://fhir-chaperone.org/fhir/CodeSystem/entity-type', 'record-detail'),
        detail: detailsOf(f),
      },
    ],
  };
}

function detailsOf(f: Facts): object[] {
  return [
    ['schema', '1'],
    ['record-kind', 'event'],
    ['software-version', '0.1.0'],
    ['request-line', `GET /fhir/${f.resource}`],
    ['http-status', '200'],
    ['identity-confidence', 'verified-signature'],
    ['signature-issuer', issuer],
    ['signature-algorithm', 'RS256'],
    ['signature-key', 'key-1'],
    ['token-digest', `urn:chaperone:token:hmac-sha256:k1:${f.session}`],
    ['token-issued-at', '2026-12-01T09:00:00Z'],
    ['token-expires-at', '2026-12-01T10:00:00Z'],
    ['session-kind', 'idp-session'],
    ['session', f.session],
    ['scopes', 'launch openid fhirUser user/*.cruds'],
    ['launch-patient', f.patient.slice(8)],
    ['patient-found', 'answer'],
    ['data-category', 'results'],
  ].map(([type, valueString]) => ({ type, valueString }));
}
