/** Which claim names are read, in which order, and what they become. */
import { describe, expect, it } from 'vitest';
import { pickClaims } from '../../smart/claims.ts';
import type { TokenClaims } from '../../smart/index.ts';

const bases = ['https://ehr.example.org/fhir/', 'https://alias.example.org/r4'];

function pick(payload: Record<string, unknown>): TokenClaims {
  return pickClaims(payload, bases);
}

describe('the claims of a token', () => {
  it('are picked whole from a SMART access token', () => {
    expect(
      pick({
        iss: 'https://as.example.org',
        sub: 'alice',
        name: 'Alice Adams',
        fhirUser: 'https://ehr.example.org/fhir/Practitioner/1',
        azp: 'growth-chart',
        jti: 't-1',
        sid: 's-1',
        patient: 'p-1',
        encounter: 'e-1',
        scope: 'launch patient/*.rs openid',
        iat: 1_780_000_000,
        exp: 1_780_000_600,
        unknown: 'x',
      }),
    ).toEqual({
      issuer: 'https://as.example.org',
      subject: 'alice',
      name: 'Alice Adams',
      fhirUser: 'Practitioner/1',
      clientId: 'growth-chart',
      isClientOnly: false,
      tokenId: 't-1',
      session: { kind: 'idp-session', value: 's-1' },
      patient: 'p-1',
      encounter: 'e-1',
      scopes: ['launch', 'patient/*.rs', 'openid'],
      purposeOfUse: [],
      issuedAt: '2026-05-28T20:26:40.000Z',
      expiresAt: '2026-05-28T20:36:40.000Z',
    });
  });

  it('are few when the token has none', () => {
    expect(pick({})).toEqual({ isClientOnly: false, scopes: [], purposeOfUse: [] });
  });

  it.each([
    ['name', ['name', 'preferred_username', 'email']],
    ['clientId', ['azp', 'client_id', 'cid', 'appid']],
    ['tokenId', ['jti', 'uti']],
  ] as const)('%s is the first of %j', (field, names) => {
    for (const [index] of names.entries()) {
      const payload = Object.fromEntries(names.slice(index).map((name) => [name, `by ${name}`]));
      expect(pick(payload)[field]).toBe(`by ${String(names[index])}`);
    }
  });

  it('have a session by sid, session_state, login_id, and none by the token itself', () => {
    const payload = { login_id: '3', session_state: '2', sid: '1' };
    expect(pick(payload).session).toEqual({ kind: 'idp-session', value: '1' });
    expect(pick({ ...payload, sid: '' }).session?.value).toBe('2');
    expect(pick({ login_id: '3' }).session?.value).toBe('3');
    expect(pick({ jti: 'x', auth_time: 1 }).session).toBeUndefined();
  });

  it.each([
    [{ patient: 'p-1' }],
    [{ patient: 'Patient/p-1' }],
    [{ patient: 'https://ehr.example.org/fhir/Patient/p-1' }],
    [{ context: { patient: 'p-1' } }],
    [{ launch_response_patient: 'p-1' }],
    [{ patient_id: 'p-1' }],
    [{ extensions: { ihe_bppc: { patient_id: 'p-1' } } }],
    [{ patient: 'p-1', context: { patient: 'p-2' }, patient_id: 'p-3' }],
    [{ patient: 'not an id', patient_id: 'p-1' }],
  ])('name the launch patient in %j', (payload) => {
    expect(pick(payload).patient).toBe('p-1');
  });

  it.each([
    [{ patient: 'Group/p-1' }],
    [{ patient: "x' or 1" }],
    [{ patient: { id: 'p-1' } }],
    [{ extensions: { ihe_bppc: { patient_id: '543^^^&1.2.840&ISO' } } }],
    [{ patient: 'x'.repeat(65) }],
  ])('name no launch patient in %j', (payload) => {
    expect(pick(payload).patient).toBeUndefined();
  });

  it('name the launch encounter in the same places', () => {
    expect(pick({ encounter: 'Encounter/e-1' }).encounter).toBe('e-1');
    expect(pick({ context: { encounter: 'e-1' } }).encounter).toBe('e-1');
    expect(pick({ launch_response_encounter: 'e-1' }).encounter).toBe('e-1');
    expect(pick({ encounter: 'Patient/e-1' }).encounter).toBeUndefined();
  });

  it.each([
    [{ scope: 'a  b\nc' }],
    [{ scope: ['a', 'b', 'c'] }],
    [{ scp: 'a b c' }],
    [{ scp: ['a b', 'c'] }],
    [{ scope: '', scp: ['a', 'b', 'c', 7, null] }],
    [{ raw_scope: 'a b c' }],
  ])('have scopes in %j', (payload) => {
    expect(pick(payload).scopes).toEqual(['a', 'b', 'c']);
  });

  it('say that the subject is the client itself only when both are the same', () => {
    expect(pick({ sub: 'backend', client_id: 'backend' }).isClientOnly).toBe(true);
    expect(pick({ sub: 'alice', client_id: 'backend' }).isClientOnly).toBe(false);
    expect(pick({ sub: 'backend' }).isClientOnly).toBe(false);
  });

  it('leave out instants that no date can hold', () => {
    expect(pick({ iat: 1e300, exp: '1780000000' })).not.toHaveProperty('issuedAt');
    expect(pick({ iat: 1e300, exp: '1780000000' })).not.toHaveProperty('expiresAt');
  });
});

describe('fhirUser', () => {
  it.each([
    [{ fhirUser: 'Practitioner/1' }, 'Practitioner/1'],
    [{ fhirUser: 'https://ehr.example.org/fhir/Patient/1' }, 'Patient/1'],
    [{ fhirUser: 'HTTPS://EHR.example.org:443/fhir/Patient/1' }, 'Patient/1'],
    [{ fhirUser: 'https://alias.example.org/r4/Person/1' }, 'Person/1'],
    [{ fhirUser: 'https://ehr.example.org/fhir/Patient/1/_history/2' }, 'Patient/1'],
    [
      { fhirUser: 'https://ehr.example.org/fhir2/Patient/1' },
      'https://ehr.example.org/fhir2/Patient/1',
    ],
    [{ fhirUser: 'https://evil.example/Patient/1' }, 'https://evil.example/Patient/1'],
    [{ extension_fhirUser: 'RelatedPerson/1' }, 'RelatedPerson/1'],
    [{ profile: 'PractitionerRole/1' }, 'PractitionerRole/1'],
    [{ fhirUser: 'Device/1', profile: 'Patient/1' }, 'Patient/1'],
    [{ fhirUser: 'Device/1' }, undefined],
    [{ fhirUser: 'Practitioner' }, undefined],
    [{ fhirUser: 'Practitioner/a b' }, undefined],
    [{ fhirUser: 'javascript:Patient/1' }, undefined],
    [{ profile: 'https://example.org/people/alice' }, undefined],
  ])('in %j is %s', (payload, expected) => {
    expect(pick(payload).fhirUser).toBe(expected);
  });
});

describe('the purpose of use', () => {
  const actReason = 'http://terminology.hl7.org/CodeSystem/v3-ActReason';

  it.each([
    ['urn:oid:2.16.840.1.113883.5.8#TREAT', { system: actReason, code: 'TREAT' }],
    ['2.16.840.1.113883.5.8#TREAT', { system: actReason, code: 'TREAT' }],
    [`${actReason}#TREAT`, { system: actReason, code: 'TREAT' }],
    ['urn:oid:1.2.3#X', { system: 'urn:oid:1.2.3', code: 'X' }],
    ['TREAT', { display: 'TREAT' }],
    [
      { system: 'urn:oid:2.16.840.1.113883.5.8', code: 'TREAT', display: 'treatment', extra: 1 },
      { system: actReason, code: 'TREAT', display: 'treatment' },
    ],
  ])('%j of UDAP or IUA becomes a coding', (stated, coding) => {
    for (const name of ['hl7-b2b', 'ihe_iua']) {
      expect(pick({ extensions: { [name]: { purpose_of_use: [stated] } } }).purposeOfUse).toEqual([
        coding,
      ]);
    }
  });

  it('is listed once when both state it, and never when it is neither text nor coding', () => {
    const coding = { system: actReason, code: 'TREAT' };
    const extensions = {
      ihe_iua: { purpose_of_use: coding },
      'hl7-b2b': { purpose_of_use: [`${actReason}#TREAT`, null, 7.5, {}, [], { system: 'x' }] },
    };
    expect(pick({ extensions }).purposeOfUse).toEqual([coding]);
  });

  it('comes with the name that IUA or UDAP states', () => {
    expect(pick({ extensions: { ihe_iua: { subject_name: 'A' } } }).name).toBe('A');
    expect(pick({ extensions: { 'hl7-b2b': { subject_name: 'B' } } }).name).toBe('B');
  });
});
