/** The committed clinic is valid FHIR R4, holds together, and is believable. */
import type { Encounter, Observation, Patient } from '@medplum/fhirtypes';
import { describe, expect, it } from 'vitest';
import type { ClinicResource } from '../../../tools/clinic/clinic.ts';
import {
  committedClinic,
  happenAtTheirEncounter,
  happenInALife,
  haveGoodIds,
  haveRealCodes,
  haveTargets,
  isValid,
  measureTheLiving,
} from '../../support/clinic-rules.ts';
import type { Rule } from '../../support/clinic-rules.ts';

const all = committedClinic();

/** All resources, the first one that fits replaced by a copy that `change` has spoilt. */
function spoilt(
  fits: (resource: ClinicResource) => boolean,
  change: (copy: Record<string, never>) => void,
): readonly ClinicResource[] {
  const copy = structuredClone(all.find(fits));
  if (copy === undefined) throw new Error('nothing to spoil');
  change(copy as unknown as Record<string, never>);
  return [...all.filter((one) => !fits(one) || one !== all.find(fits)), copy];
}

const isA = (type: string) => (resource: ClinicResource) => resource.resourceType === type;
const isPressure = (resource: ClinicResource): boolean =>
  resource.id.includes('-bp-') && resource.resourceType === 'Observation';

interface Row {
  readonly name: string;
  readonly rule: Rule;
  readonly defect: string;
  readonly planted: () => readonly ClinicResource[];
  readonly found: RegExp;
}

const rows: readonly Row[] = [
  {
    name: 'is valid against the definitions of FHIR R4',
    rule: isValid,
    defect: 'a required element is missing',
    planted: () => spoilt(isA('Observation'), (copy) => delete copy['status']),
    found: /required property/,
  },
  {
    name: 'keeps the invariants of FHIR R4',
    rule: isValid,
    defect: 'a Consent has no policy',
    planted: () => spoilt(isA('Consent'), (copy) => delete copy['policyRule']),
    found: /ppc-1/,
  },
  {
    name: 'has an id of its own for every resource',
    rule: haveGoodIds,
    defect: 'one is there twice',
    planted: () => [...all, ...all.slice(0, 1)],
    found: /twice/,
  },
  {
    name: 'has ids that FHIR allows',
    rule: haveGoodIds,
    defect: 'an id has an underscore',
    planted: () => spoilt(isA('Condition'), (copy) => Object.assign(copy, { id: 'no_id' })),
    found: /not an id/,
  },
  {
    name: 'refers only to what it holds',
    rule: haveTargets,
    defect: 'a subject is unknown',
    planted: () =>
      spoilt(isA('Condition'), (copy) =>
        Object.assign(copy, { subject: { reference: 'Patient/nobody' } }),
      ),
    found: /Patient\/nobody/,
  },
  {
    name: 'has the content of every document',
    rule: haveTargets,
    defect: 'a Binary is missing',
    planted: () => all.filter((one) => one !== all.find(isA('Binary'))),
    found: /Binary\//,
  },
  {
    name: 'uses terminologies that exist',
    rule: haveRealCodes,
    defect: 'a system is made up',
    planted: () =>
      spoilt(isA('Procedure'), (copy) =>
        Object.assign(copy, { code: { coding: [{ system: 'http://example.org', code: '1' }] } }),
      ),
    found: /example\.org/,
  },
  {
    name: 'uses codes of HL7 as they are published',
    rule: haveRealCodes,
    defect: 'a display belongs to another code',
    planted: () =>
      spoilt(isA('Encounter'), (copy) =>
        Object.assign((copy as unknown as Encounter).class, { display: 'virtual' }),
      ),
    found: /AMB of/,
  },
  ...(['http://loinc.org', 'http://snomed.info/sct'] as const).map((system) => ({
    name: `has no mistyped code of ${system}`,
    rule: haveRealCodes,
    defect: 'two digits are exchanged',
    planted: () =>
      spoilt(isA('Procedure'), (copy) =>
        Object.assign(copy, {
          code: { coding: [{ system, code: system.includes('loinc') ? '8840-6' : '59612000' }] },
        }),
      ),
    found: /8840-6|59612000/,
  })),
  {
    name: 'has nothing before a birth',
    rule: happenInALife,
    defect: 'a child is vaccinated before it is born',
    planted: () =>
      spoilt(isA('Immunization'), (copy) =>
        Object.assign(copy, { occurrenceDateTime: '1900-01-01' }),
      ),
    found: /before the birth/,
  },
  {
    name: 'has nothing after a death',
    rule: happenInALife,
    defect: 'a dead patient comes to the clinic',
    planted: () =>
      spoilt(
        (one) => one.id.startsWith('enc-esther-cohen'),
        (copy) => Object.assign(copy, { period: { start: '2025-06-19T09:00:00Z' } }),
      ),
    found: /after the death/,
  },
  {
    name: 'knows nothing of the future',
    rule: happenInALife,
    defect: 'a value is of tomorrow',
    planted: () =>
      spoilt(isPressure, (copy) =>
        Object.assign(copy, { effectiveDateTime: '2026-11-26T08:00:00Z' }),
      ),
    found: /to come/,
  },
  {
    name: 'keeps what happens at an encounter within it',
    rule: happenAtTheirEncounter,
    defect: 'a value is of the day before',
    planted: () =>
      spoilt(isPressure, (copy) =>
        Object.assign(copy, { effectiveDateTime: '2024-01-01T08:00:00Z' }),
      ),
    found: /outside its encounter/,
  },
  {
    name: "never uses another patient's encounter",
    rule: happenAtTheirEncounter,
    defect: 'a subject was exchanged',
    planted: () =>
      spoilt(isPressure, (copy) => Object.assign(copy, { subject: { reference: 'Patient/mei' } })),
    found: /another patient/,
  },
  {
    name: 'measures what a living body shows',
    rule: measureTheLiving,
    defect: 'a pressure is impossible',
    planted: () =>
      spoilt(isPressure, (copy) => {
        const [, diastolic] = (copy as unknown as Observation).component ?? [];
        Object.assign(diastolic?.valueQuantity ?? {}, { value: 240 });
      }),
    found: /8462-4 is 240|too close/,
  },
];

describe('the synthetic clinic', () => {
  for (const { name, rule, defect, planted, found } of rows) {
    it(name, () => {
      expect(rule(all)).toEqual([]);
    });
    it(`would be found out if ${defect}`, () => {
      const problems = rule(planted());
      expect(problems.length).toBeGreaterThan(0);
      expect(problems.join('\n')).toMatch(found);
    });
  }

  it('names nobody twice but the pair that shares a name', () => {
    const patients = all.filter((one) => one.resourceType === 'Patient') as readonly (Patient &
      ClinicResource)[];
    const names = Map.groupBy(patients, (one) => one.name?.[0]?.text);
    const shared = [...names.values()].filter((group) => group.length > 1);
    expect(shared.map((group) => group.map((one) => one.birthDate))).toEqual([
      ['1958-02-11', '1991-08-30'],
    ]);
  });
});
