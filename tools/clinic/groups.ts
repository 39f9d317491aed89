/** Group and Consent resources: populations for a backend service, and what patients agreed to. */
import type { Consent, Group } from '@medplum/fhirtypes';
import { ageAt, dayOf, historyEnds, instantOf, workday } from './calendar.ts';
import { between, chance } from './chance.ts';
import { coding, concept, hl7, labelled, refer, systems } from './codes.ts';
import type { Label } from './codes.ts';
import { patient } from './patients.ts';
import type { Person } from './person.ts';
import { problemOf } from './problems.ts';
import type { ProblemKey } from './problems.ts';
import { clinic, member } from './staff.ts';

/** Living patients whose record is in use. */
function isActive(person: Person): boolean {
  return person.died === undefined && person.replacedBy === undefined;
}

function group(id: string, name: string, people: readonly Person[]): Group {
  return {
    resourceType: 'Group',
    id,
    active: true,
    type: 'person',
    actual: true,
    name,
    quantity: people.length,
    managingEntity: clinic,
    member: people.map((person) => ({ entity: patient(person) })),
  };
}

/** Populations. */
export function groups(people: readonly Person[]): readonly Group[] {
  const active = people.filter(isActive);
  const having = (...keys: readonly ProblemKey[]): readonly Person[] =>
    active.filter((person) => person.problems.some((one) => keys.includes(one.problem)));
  return [
    group(
      'hypertension',
      'Patients with hypertension',
      having('hypertension', 'mild-hypertension'),
    ),
    group('diabetes', 'Patients with diabetes', having('diabetes', 'diabetes-type-1')),
    group(
      'children',
      'Patients under 18',
      active.filter((person) => ageAt(person.birthDate, historyEnds) < 18),
    ),
  ];
}

/** Adults who were asked; the sharing of what is specially protected is agreed to one by one. */
export function consents(people: readonly Person[]): readonly Consent[] {
  return people.flatMap((person): Consent[] => {
    if (person.replacedBy !== undefined || ageAt(person.birthDate, historyEnds) < 18) return [];
    const labels = [
      ...new Set(person.problems.flatMap((one) => problemOf(one.problem).label ?? [])),
    ];
    const isAsked = chance(`${person.id} consent`)() < 0.5;
    return [
      ...(isAsked ? [consent(person, 'treatment', 'permit', [])] : []),
      ...labels.map((label) => consent(person, label.toLowerCase(), 'deny', [label])),
    ];
  });
}

function consent(
  person: Person,
  word: string,
  kind: 'permit' | 'deny',
  labels: readonly Label[],
): Consent {
  const begins = person.problems.map((one) => dayOf(one.since));
  const earliest = Math.max(dayOf('2024-01-08'), ...(labels.length === 0 ? [] : begins));
  const day = Math.min(
    workday(earliest + between(chance(`${person.id} consent ${word}`), 0, 60)),
    historyEnds,
    person.died === undefined ? historyEnds : dayOf(person.died.slice(0, 10)) - 30,
  );
  const rule = kind === 'permit' ? (['OPTIN', 'opt-in'] as const) : (['OPTOUT', 'op-out'] as const);
  return {
    resourceType: 'Consent',
    id: `${person.id}-consent-${word}`,
    ...labelled([person.label, ...labels]),
    status: person.died === undefined ? 'active' : 'inactive',
    scope: hl7('consentscope', 'patient-privacy', 'Privacy Consent'),
    category: [concept(systems.loinc, ['59284-0', 'Consent Document'])],
    patient: patient(person),
    dateTime: instantOf(day, 600),
    organization: [clinic],
    policyRule: { coding: [coding(systems.actCode, rule)] },
    provision: {
      type: kind,
      ...(labels.length === 0 ? {} : { securityLabel: labelled(labels).meta?.security ?? [] }),
      ...(kind === 'permit'
        ? {}
        : {
            provision: [
              {
                type: 'permit',
                actor: [
                  {
                    role: hl7('v3-ParticipationType', 'PRCP', 'primary information recipient'),
                    reference: labels.includes('HIV') ? member('ana-souza') : member('lukas-weber'),
                  },
                ],
              },
            ],
          }),
      ...(kind === 'permit'
        ? {
            actor: [
              {
                role: hl7('v3-ParticipationType', 'PRCP', 'primary information recipient'),
                reference: refer('Organization/riverside-clinic', 'Riverside Clinic'),
              },
            ],
          }
        : {}),
    },
  };
}
