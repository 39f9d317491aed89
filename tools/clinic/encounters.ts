/** Encounter resources: one a visit, and those that are in progress on the day of the demo. */
import type { Coding, Encounter } from '@medplum/fhirtypes';
import { ageAt, dayOf, instantOf, today } from './calendar.ts';
import { coding, concept, hl7, labelled, refer, systems } from './codes.ts';
import type { Code, Label } from './codes.ts';
import { encounterId, idOn } from './course.ts';
import type { Course } from './course.ts';
import { patient } from './patients.ts';
import type { Person } from './person.ts';
import { problemOf } from './problems.ts';
import { clinic, member, places, staff } from './staff.ts';
import type { MemberId } from './staff.ts';
import type { Visit } from './visits.ts';

const classes = { AMB: 'ambulatory', VR: 'virtual', IMP: 'inpatient encounter' } as const;
const kinds: Readonly<Record<Visit['kind'], Code>> = {
  'check-up': ['185349003', 'Encounter for check up'],
  'follow-up': ['390906007', 'Follow-up encounter'],
  acute: ['185345009', 'Encounter for symptom'],
  'child-check-up': ['410620009', 'Well child visit'],
  behavioural: ['390906007', 'Follow-up encounter'],
  telehealth: ['448337001', 'Telemedicine consultation with patient'],
};

function classOf(code: keyof typeof classes): Coding {
  return coding(systems.actCode, [code, classes[code]]);
}

/** Labels of what happens at a visit: those of the patient, and of the problem it is for. */
export function visitLabels(person: Person, visit: Visit): readonly (Label | undefined)[] {
  const own = visit.problem === undefined ? undefined : problemOf(visit.problem).label;
  return [person.label, own];
}

function participants(by: MemberId, withNurse: boolean): Encounter['participant'] {
  const attender = hl7('v3-ParticipationType', 'ATND', 'attender');
  const helper = hl7('v3-ParticipationType', 'PART', 'Participation');
  return [
    { type: [attender], individual: member(by) },
    ...(withNurse ? [{ type: [helper], individual: member('aoife-byrne') }] : []),
  ];
}

/** Whether the nurse takes part: where something is measured. */
export function isMeasured(visit: Visit): boolean {
  return visit.kind !== 'telehealth' && visit.kind !== 'behavioural';
}

/** The encounter of a visit. */
export function encounterResource(course: Course, visit: Visit): Encounter {
  const { person } = course;
  const place = staff[visit.by].place;
  const minutes = visit.kind === 'behavioural' ? 50 : visit.kind === 'check-up' ? 35 : 20;
  const reason =
    visit.acute?.snomed ??
    (visit.problem === undefined ? undefined : problemOf(visit.problem).snomed);
  const condition = conditionOf(person, visit);
  return {
    resourceType: 'Encounter',
    id: encounterId(person, visit),
    ...labelled(visitLabels(person, visit)),
    status: 'finished',
    class: classOf(visit.kind === 'telehealth' ? 'VR' : 'AMB'),
    type: [concept(systems.snomed, kinds[visit.kind])],
    subject: patient(person),
    participant: participants(visit.by, isMeasured(visit)) ?? [],
    period: {
      start: instantOf(visit.day, visit.minute),
      end: instantOf(visit.day, visit.minute + minutes),
    },
    ...(reason === undefined ? {} : { reasonCode: [concept(systems.snomed, reason)] }),
    ...(condition === undefined ? {} : { diagnosis: [{ condition: refer(condition) }] }),
    ...(visit.kind === 'telehealth'
      ? {}
      : { location: [{ location: refer(`Location/riverside-${place}`, places[place]) }] }),
    serviceProvider: clinic,
  };
}

function conditionOf(person: Person, visit: Visit): string | undefined {
  if (visit.acute !== undefined) return `Condition/${acuteId(person, visit)}`;
  return visit.problem === undefined ? undefined : `Condition/${person.id}-${visit.problem}`;
}

/** Id of the condition of an acute visit. */
export function acuteId(person: Person, visit: Visit): string {
  return idOn(person, visit.acute?.word ?? 'acute', visit.day);
}

/** Who sees whom on the day of the demo: patient, clinician, minutes after midnight, reason. */
const inProgress: readonly (readonly [
  patient: string,
  by: MemberId,
  minute: number,
  reason: Code,
  label?: Label,
])[] = [
  ['zoe', 'ana-souza', 480, ['59621000', 'Essential hypertension']],
  ['tomas', 'kenji-mori', 495, ['49436004', 'Atrial fibrillation']],
  ['mei', 'hana-kovar', 510, ['386661006', 'Fever']],
  ['ines', 'ana-souza', 525, ['40930008', 'Hypothyroidism']],
  ['ada-okafor', 'ana-souza', 540, ['185349003', 'Encounter for check up']],
  ['chidi-okafor', 'ana-souza', 555, ['44054006', 'Diabetes mellitus type 2']],
  ['nneka-okafor', 'hana-kovar', 570, ['61582004', 'Allergic rhinitis']],
  ['yusuf', 'lukas-weber', 585, ['66590003', 'Alcohol dependence'], 'ETH'],
];

/**
 * The encounters that are in progress. Harold Whitcombe was an inpatient and died in the night: his
 * stay is not closed yet.
 */
export function encountersInProgress(people: readonly Person[]): readonly Encounter[] {
  const open = people.flatMap((person): Encounter[] => {
    const row = inProgress.find(([id]) => id === person.id);
    if (row === undefined) return [];
    const [, by, minute, reason, label] = row;
    const place = staff[by].place;
    const withNurse = ageAt(person.birthDate, today) < 18;
    return [
      {
        ...shell(person, instantOf(today, minute), label),
        class: classOf('AMB'),
        participant: participants(by, withNurse) ?? [],
        reasonCode: [concept(systems.snomed, reason)],
        location: [{ location: refer(`Location/riverside-${place}`, places[place]) }],
      },
    ];
  });
  const stays = people
    .filter((person) => person.id === 'harold')
    .map((person): Encounter => ({
      ...shell(person, instantOf(dayOf('2026-11-23'), 870)),
      class: classOf('IMP'),
      participant: participants('kenji-mori', true) ?? [],
      reasonCode: [concept(systems.snomed, ['84114007', 'Heart failure'])],
      location: [{ location: refer('Location/riverside-ward', places.ward) }],
    }));
  return [...open, ...stays];
}

function shell(
  person: Person,
  start: string,
  label?: Label,
): Omit<Encounter, 'class'> & { resourceType: 'Encounter' } {
  return {
    resourceType: 'Encounter',
    id: `enc-${person.id}-today`,
    ...labelled([person.label, label]),
    status: 'in-progress',
    subject: patient(person),
    period: { start },
    serviceProvider: clinic,
  };
}
