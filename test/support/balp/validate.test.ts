/**
 * The validator is only worth something if it sees violations: each row plants one in a valid event
 * and names the rule that must catch it.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { balp, validateAuditEvent } from './index.ts';

interface Coding {
  system?: string;
  code?: string;
}
interface Agent extends Record<string, unknown> {
  type: { coding: Coding[] };
  who: Record<string, unknown>;
  network?: Record<string, unknown>;
}
interface Entity extends Record<string, unknown> {
  type: Coding;
  what?: Record<string, unknown>;
}
interface Event extends Record<string, unknown> {
  meta?: { profile: string[] };
  type: Coding;
  subtype: Coding[];
  agent: [Agent, Agent, Agent, Agent];
  entity: [Entity, Entity, Entity, Entity];
  source: Record<string, unknown>;
  contained: Record<string, unknown>[];
}

function load(name: string): Event {
  const file = new URL(
    `../../../fhir-fixtures/exchanges/${name}/audit-events.json`,
    import.meta.url,
  );
  const [first] = JSON.parse(readFileSync(file, 'utf8')) as [Event];
  return first;
}

const DCM = 'http://dicom.nema.org/resources/ontology/DCM';
const minimal = balp('OAUTHaccessTokenUse.Minimal');
const comprehensive = balp('OAUTHaccessTokenUse.Comprehensive');
const opaque = balp('OAUTHaccessTokenUse.Opaque');

function swapRoles(event: Event, first: string, second: string): void {
  for (const agent of event.agent) {
    for (const coding of agent.type.coding) {
      if (coding.code === first) coding.code = second;
      else if (coding.code === second) coding.code = first;
    }
  }
}

function claim(event: Event, name: string): void {
  event.meta = { profile: [name.startsWith('http') ? name : balp(name)] };
}

type Row = readonly [what: string, rule: string, golden: string, plant: (event: Event) => void];

const read = 'read-patient';
const search = 'search-observations';
const create = 'create-observation';

const violations: readonly Row[] = [
  // Base R4
  ['another resource type', 'type', read, (e) => (e['resourceType'] = 'Patient')],
  ['no recorded', 'required', read, (e) => delete e['recorded']],
  ['a recorded that is a date', 'type', read, (e) => (e['recorded'] = '2026-12-01')],
  ['a recorded without a zone', 'type', read, (e) => (e['recorded'] = '2026-12-01T09:30:00.000')],
  ['no type', 'required', read, (e) => delete (e as Record<string, unknown>)['type']],
  ['an unknown action', 'required-binding', read, (e) => (e['action'] = 'X')],
  ['an unknown outcome', 'required-binding', read, (e) => (e['outcome'] = '1')],
  ['no agent', 'cardinality', read, (e) => ((e as Record<string, unknown>)['agent'] = [])],
  ['an agent without requestor', 'required', read, (e) => delete e.agent[3]['requestor']],
  ['a requestor that is text', 'type', read, (e) => (e.agent[3]['requestor'] = 'false')],
  ['no source', 'required', read, (e) => delete (e as Record<string, unknown>)['source']],
  ['no observer', 'required', read, (e) => delete e.source['observer']],
  ['a misspelt element', 'unknown-element', read, (e) => (e['outcomeDescription'] = 'x')],
  ['an empty text', 'type', read, (e) => (e['outcomeDesc'] = '')],
  ['a control character', 'type', read, (e) => (e['outcomeDesc'] = 'a\u0007')],
  ['a policy with a space', 'type', read, (e) => (e.agent[2]['policy'] = ['urn:a b'])],
  [
    'an unknown network type',
    'required-binding',
    read,
    (e) => (e.agent[3].network = { type: '9' }),
  ],
  [
    'a who of a wrong type',
    'reference-target',
    read,
    (e) => (e.agent[2].who['reference'] = 'Person/1'),
  ],
  [
    'a reference that is no reference',
    'reference',
    read,
    (e) => (e.agent[2].who['reference'] = 'me'),
  ],
  ['a name beside a query', 'sev-1', search, (e) => (e.entity[1]['name'] = 'search')],
  ['a query that is not base64', 'type', search, (e) => (e.entity[1]['query'] = 'GET /x')],
  ['a detail without value', 'cardinality', read, (e) => (e.entity[3]['detail'] = [{ type: 'x' }])],
  [
    'a period that ends too early',
    'per-1',
    read,
    (e) => (e['period'] = { start: '2026-12-02', end: '2026-12-01' }),
  ],
  [
    'a fragment to nothing',
    'ref-1',
    'read-not-found',
    (e) => (e.contained[0] = { resourceType: 'Basic', id: 'x' }),
  ],
  [
    'a contained resource nobody refers to',
    'dom-3',
    'read-not-found',
    (e) => (e.entity[2].what = { display: 'x' }),
  ],
  [
    'an issue with an unknown code',
    'required-binding',
    'read-not-found',
    (e) =>
      (e.contained[0] = {
        resourceType: 'OperationOutcome',
        id: 'issues',
        issue: [{ severity: 'error', code: 'oops' }],
      }),
  ],
  // REST profiles
  [
    'an unknown BALP profile',
    'profile-unknown',
    read,
    (e) => {
      claim(e, 'PatientPeek');
    },
  ],
  ['another event type', 'pattern', read, (e) => (e.type = { system: DCM, code: '110112' })],
  [
    'the subtype of another interaction',
    'subtype',
    read,
    (e) => (e.subtype = [{ system: 'http://hl7.org/fhir/restful-interaction', code: 'create' }]),
  ],
  [
    'two subtypes of the interaction',
    'subtype',
    read,
    (e) => e.subtype.push({ system: 'http://hl7.org/fhir/restful-interaction', code: 'vread' }),
  ],
  ['the action of another interaction', 'pattern', search, (e) => (e['action'] = 'R')],
  ['a failure that claims a profile', 'outcome', read, (e) => (e['outcome'] = '8')],
  [
    'read: client and server reversed',
    'role-direction',
    read,
    (e) => {
      swapRoles(e, '110152', '110153');
    },
  ],
  [
    'query: client and server reversed',
    'role-direction',
    search,
    (e) => {
      swapRoles(e, '110152', '110153');
    },
  ],
  [
    'create: client and server reversed',
    'role-direction',
    create,
    (e) => {
      swapRoles(e, '110152', '110153');
    },
  ],
  [
    'delete: roles of an update',
    'agent-server',
    'delete-condition',
    (e) => (e.agent[1].type.coding = [{ system: DCM, code: '110152' }]),
  ],
  ['no client', 'agent-client', read, (e) => (e.agent[0].type.coding = [])],
  [
    'two servers',
    'agent-server',
    read,
    (e) => (e.agent[3].type = structuredClone(e.agent[1].type)),
  ],
  ['a client without network', 'slice-required', read, (e) => delete e.agent[0].network],
  [
    'a server without who',
    'slice-required',
    read,
    (e) => delete (e.agent[1] as Record<string, unknown>)['who'],
  ],
  [
    'a user with network',
    'slice-prohibited',
    read,
    (e) => (e.agent[2].network = { address: '1.1.1.1', type: '2' }),
  ],
  ['a user who is no requestor', 'agent-user', read, (e) => (e.agent[2]['requestor'] = false)],
  ['two users', 'agent-user', read, (e) => (e.agent[3].type = structuredClone(e.agent[2].type))],
  [
    'two people',
    'entity-patient',
    read,
    (e) => (e.entity[3].type = structuredClone(e.entity[0].type)),
  ],
  ['no patient', 'entity-patient', read, (e) => e.entity.shift()],
  [
    'a patient in the role of a report',
    'entity-patient',
    read,
    (e) =>
      (e.entity[0]['role'] = {
        system: 'http://terminology.hl7.org/CodeSystem/object-role',
        code: '3',
      }),
  ],
  [
    'a patient that is a Group',
    'reference-target',
    read,
    (e) => (e.entity[0].what = { reference: 'Group/1' }),
  ],
  [
    'a second system object',
    'entity-data',
    read,
    (e) => (e.entity[3].type = structuredClone(e.entity[1].type)),
  ],
  ['data without what', 'slice-required', read, (e) => delete e.entity[1].what],
  [
    'data in the role of a query',
    'entity-data',
    create,
    (e) =>
      (e.entity[1]['role'] = {
        system: 'http://terminology.hl7.org/CodeSystem/object-role',
        code: '24',
      }),
  ],
  ['created data without a role', 'slice-required', create, (e) => delete e.entity[1]['role']],
  ['a query with what', 'slice-prohibited', search, (e) => (e.entity[1].what = { display: 'x' })],
  [
    'a query with detail',
    'slice-prohibited',
    search,
    (e) => (e.entity[1]['detail'] = [{ type: 'a', valueString: 'b' }]),
  ],
  ['a search without query', 'slice-required', search, (e) => delete e.entity[1]['query']],
  [
    'two request ids',
    'entity-transaction',
    read,
    (e) => (e.entity[3].type = structuredClone(e.entity[2].type)),
  ],
  [
    'a request id without value',
    'entity-transaction',
    read,
    (e) => (e.entity[2].what = { display: 'x' }),
  ],
  // Token profiles
  [
    'Minimal: a bare jti',
    'jti-prefix',
    read,
    (e) => {
      claim(e, minimal);
      e.agent[2]['policy'] = ['at-8c1e'];
    },
  ],
  [
    'Minimal: two policies',
    'agent-oUser',
    read,
    (e) => {
      claim(e, minimal);
      e.agent[2]['policy'] = ['urn:ietf:params:oauth:jti:a', 'urn:ietf:params:oauth:jti:b'];
    },
  ],
  [
    'Minimal: no token user',
    'agent-oUser',
    'capabilities-anonymous',
    (e) => {
      claim(e, minimal);
    },
  ],
  [
    'Minimal: a token user with network',
    'slice-prohibited',
    read,
    (e) => {
      claim(e, minimal);
      e.agent[2].network = { type: '2', address: '::1' };
    },
  ],
  [
    'Opaque: no token user',
    'agent-oUser',
    'capabilities-anonymous',
    (e) => {
      claim(e, opaque);
    },
  ],
  [
    'Comprehensive: a client without client_id',
    'agent-oClient',
    read,
    (e) => {
      claim(e, comprehensive);
      e.agent[0].who = { display: 'app' };
    },
  ],
  [
    'Comprehensive: two applications',
    'agent-oClient',
    read,
    (e) => {
      claim(e, comprehensive);
      e.agent[3].type.coding.push({ system: DCM, code: '110150' });
    },
  ],
  [
    'Comprehensive: a user without identifier',
    'agent-oUser',
    read,
    (e) => {
      claim(e, comprehensive);
      e.agent[2].who = { display: 'Ana' };
    },
  ],
];

describe('the validator', () => {
  it('is shown at least thirty violations', () => {
    expect(violations.length).toBeGreaterThanOrEqual(30);
    expect(new Set(violations.map(([what]) => what)).size).toBe(violations.length);
  });

  it.each(violations)('catches %s (%s)', (_, rule, golden, plant) => {
    const event = load(golden);
    // The twin: without what is planted there is nothing to report.
    expect(validateAuditEvent(event)).toEqual([]);
    plant(event);
    expect(validateAuditEvent(event).map((problem) => problem.rule)).toContain(rule);
  });

  it('rejects what is no object', () => {
    expect(validateAuditEvent('AuditEvent')).toHaveLength(1);
    expect(validateAuditEvent(undefined)).toHaveLength(1);
  });

  it('checks a profile that is not claimed when it is asked to', () => {
    const event = load('opaque-token');
    expect(validateAuditEvent(event, [opaque])).toEqual([]);
    expect(validateAuditEvent(event, [minimal]).map((problem) => problem.rule)).toEqual([
      'jti-prefix',
    ]);
  });

  it('passes over profiles that are not of BALP', () => {
    const event = load(read);
    claim(event, 'https://example.org/StructureDefinition/mine');
    expect(validateAuditEvent(event)).toEqual([]);
  });
});
