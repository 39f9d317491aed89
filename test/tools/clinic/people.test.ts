/** Who is in the clinic, how much there is of each type, and what needs special care. */
import type { Encounter, Group, Patient } from '@medplum/fhirtypes';
import { describe, expect, it } from 'vitest';
import { committedClinic, labelsOf, patientOf } from '../../support/clinic-rules.ts';

const all = committedClinic();
const byName = new Map(all.map((one) => [`${one.resourceType}/${one.id}`, one]));
const patientNamed = (id: string): Patient => byName.get(`Patient/${id}`) as Patient;
const counts = new Map(
  [...Map.groupBy(all, (one) => one.resourceType)].map(([type, list]) => [type, list.length]),
);

describe('the people of the clinic', () => {
  it.each([
    ['zoe', 'Zoë Nuñez', 'female', '1984-03-09', 'S-1001'],
    ['tomas', 'Tomáš Novák', 'male', '1961-11-30', 'S-1002'],
    ['mei', 'Mei Lindqvist', 'female', '2012-07-21', 'S-1003'],
    ['ines', 'Inês Vasconcelos', 'female', '1977-09-17', 'S-1004'],
    ['harold', 'Harold Whitcombe', 'male', '1939-05-06', 'S-1005'],
    ['ada-okafor', 'Ada Okafor', 'female', '1979-04-25', 'S-1006'],
    ['chidi-okafor', 'Chidi Okafor', 'male', '1976-12-02', 'S-1007'],
    ['nneka-okafor', 'Nneka Okafor', 'female', '2010-02-11', 'S-1008'],
    ['yusuf', 'Yusuf Demirel', 'male', '1988-08-14', 'S-1009'],
  ])('have %s, %s', (id, name, gender, birthDate, number) => {
    const patient = patientNamed(id);
    expect(patient).toMatchObject({ gender, birthDate });
    expect(patient.name?.[0]?.text).toBe(name);
    const system = 'https://sample-ehr.example.org/mrn';
    expect(patient.identifier?.[0]).toMatchObject({ system, value: number });
    const encounter = byName.get(`Encounter/enc-${id}-today`) as Encounter;
    expect(encounter.status).toBe('in-progress');
    expect(encounter.subject?.reference).toBe(`Patient/${id}`);
    expect(encounter.period?.end).toBeUndefined();
  });

  it.each([
    ['ana-souza', 'Dr', 'Ana', 'Souza'],
    ['kenji-mori', 'Dr', 'Kenji', 'Mori'],
    ['aoife-byrne', undefined, 'Aoife', 'Byrne'],
    ['lukas-weber', 'Dr', 'Lukas', 'Weber'],
  ])('have %s among the staff', (id, prefix, given, family) => {
    const name = { family, given: [given], ...(prefix === undefined ? {} : { prefix: [prefix] }) };
    expect(byName.get(`Practitioner/${id}`)).toMatchObject({ name: [name] });
    const role = { practitioner: { reference: `Practitioner/${id}` } };
    expect(byName.get(`PractitionerRole/${id}-riverside`)).toMatchObject(role);
  });

  it('are seen by somebody who can sign in to the demo', () => {
    const able = ['ana-souza', 'kenji-mori', 'aoife-byrne', 'lukas-weber'];
    const encounters = all.filter((one) => one.resourceType === 'Encounter') as Encounter[];
    const without = encounters.filter(
      (one) =>
        !able.some((id) =>
          (one.participant ?? []).some(
            (part) => part.individual?.reference === `Practitioner/${id}`,
          ),
        ),
    );
    expect(without).toEqual([]);
  });

  it('have among them a newborn, an adolescent, families, the dead, and a merged record', () => {
    expect(patientNamed('noor-haddad').birthDate).toBe('2026-11-09');
    expect(patientNamed('freja-holm').birthDate).toBe('2009-10-30');
    const families = Map.groupBy(
      all.filter((one) => one.resourceType === 'Patient') as Patient[],
      (one) => one.name?.[0]?.family,
    );
    expect(families.get('Okafor')?.length).toBe(3);
    expect([...families.values()].filter((list) => list.length > 1).length).toBeGreaterThan(5);
    expect(patientNamed('harold').deceasedDateTime).toBe('2026-11-25T03:40:00Z');
    expect(patientNamed('esther-cohen').deceasedDateTime).toBe('2025-06-18T21:15:00Z');
    const old = patientNamed('agnieszka-wojcik-2');
    expect(old).toMatchObject({ active: false, link: [{ type: 'replaced-by' }] });
    const kept = patientNamed('agnieszka-wojcik').identifier?.map((one) => one.value);
    expect(kept).toContain(old.identifier?.[0]?.value);
  });

  it('have names of many scripts', () => {
    const names = all.flatMap((one) =>
      one.resourceType === 'Patient' ? ((one as Patient).name ?? []) : [],
    );
    const texts = names.map((one) => one.text ?? '').join(' ');
    for (const script of ['Han', 'Hangul', 'Cyrillic', 'Greek', 'Arabic', 'Devanagari', 'Tamil']) {
      expect(texts).toMatch(new RegExp(`\\p{Script=${script}}`, 'u'));
    }
    expect(texts).toMatch(/Đorđević/);
  });
});

describe('the charts of the clinic', () => {
  it('have enough of every type', () => {
    expect(counts.get('Patient')).toBeGreaterThanOrEqual(44);
    expect(all.length).toBeGreaterThanOrEqual(2500);
    for (const [type, least] of [
      ['Practitioner', 5],
      ['PractitionerRole', 5],
      ['Organization', 2],
      ['Encounter', 250],
      ['Observation', 1500],
      ['Condition', 100],
      ['AllergyIntolerance', 30],
      ['MedicationRequest', 100],
      ['Immunization', 200],
      ['Procedure', 50],
      ['DiagnosticReport', 100],
      ['DocumentReference', 100],
      ['Binary', 100],
      ['Group', 3],
      ['Consent', 20],
    ] as const) {
      expect(counts.get(type), type).toBeGreaterThanOrEqual(least);
    }
  });

  it('fit into three megabytes', () => {
    const bytes = all.map((one) => Buffer.byteLength(JSON.stringify(one)) + 1);
    expect(bytes.reduce((sum, one) => sum + one, 0)).toBeLessThan(3_000_000);
  });

  it('mark what needs special care with the label and a confidentiality', () => {
    const labelled = all.filter((one) => labelsOf(one).length > 0);
    for (const label of ['PSY', 'ETH', 'HIV', 'SDV', 'SEX', 'CEL']) {
      expect(
        labelled.filter((one) => labelsOf(one).includes(label)),
        label,
      ).not.toEqual([]);
    }
    const open = labelled.filter((one) => !['R', 'V'].includes(labelsOf(one)[0] ?? ''));
    expect(open).toEqual([]);
  });

  it('mark every resource of the well-known patient', () => {
    const hers = all.filter(
      (one) => patientOf(one) === 'Patient/ines' || one === byName.get('Patient/ines'),
    );
    expect(hers.length).toBeGreaterThan(30);
    expect(hers.filter((one) => !labelsOf(one).includes('CEL'))).toEqual([]);
  });

  it.each([
    ['HIV', /HIV|immunodeficiency|dolutegravir|emtricitabine/i],
    ['ETH', /alcohol|opioid|naltrexone|buprenorphine/i],
    [
      'PSY',
      /depressi|anxiety|stress disorder|hyperactivity|sertraline|escitalopram|methylphenidate/i,
    ],
  ])('never speak of what %s protects without the label', (label, words) => {
    const speaking = all.filter((one) => {
      const data = 'data' in one ? Buffer.from(one.data ?? '', 'base64').toString('utf8') : '';
      return words.test(`${JSON.stringify({ ...one, data: '' })}${data}`);
    });
    expect(speaking.length).toBeGreaterThan(5);
    expect(speaking.filter((one) => !labelsOf(one).includes(label)).map((one) => one.id)).toEqual(
      [],
    );
  });

  it('are gathered in populations of the living', () => {
    const group = byName.get('Group/hypertension') as Group;
    expect(group.member?.length).toBe(group.quantity);
    expect(group.member?.length).toBeGreaterThan(10);
    const members = group.member?.map((one) => one.entity.reference ?? '') ?? [];
    expect(
      members.filter((one) => (byName.get(one) as Patient).deceasedDateTime !== undefined),
    ).toEqual([]);
    const withIt = all.filter(
      (one) => one.resourceType === 'Condition' && JSON.stringify(one).includes('"59621000"'),
    );
    expect(withIt.map(patientOf)).toEqual(expect.arrayContaining(members));
  });
});
