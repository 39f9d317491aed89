/** MedicationRequest and Procedure resources of a patient. */
import type { MedicationRequest, Procedure } from '@medplum/fhirtypes';
import { ageAt, dateOf, instantOf } from './calendar.ts';
import type { Day } from './calendar.ts';
import { concept, hl7, labelled, refer, systems } from './codes.ts';
import type { Code, Label } from './codes.ts';
import { idOn, problemsOn } from './course.ts';
import type { Course, Treatment } from './course.ts';
import { drugs } from './drugs.ts';
import type { Drug } from './drugs.ts';
import { acuteId } from './encounters.ts';
import { patient } from './patients.ts';
import type { Person } from './person.ts';
import { problemOf } from './problems.ts';
import { member } from './staff.ts';
import type { MemberId } from './staff.ts';
import type { Visit } from './visits.ts';

import { doctorOf, encounterOf } from './care.ts';

/** What was prescribed: for problems, and for what passes. */
export function prescriptions(course: Course): readonly MedicationRequest[] {
  const { person } = course;
  const lasting = course.treatments.map((one) => {
    const { label } = problemOf(one.problem);
    const condition = `Condition/${person.id}-${one.problem}`;
    const alive = person.died === undefined ? 'active' : 'stopped';
    const status = one.until === undefined ? alive : 'completed';
    return prescription(
      course,
      one.key,
      one.from,
      one.at,
      condition,
      one.at?.by ?? doctorOf(person, one.problem),
      status,
      label,
    );
  });
  const short = course.visits.flatMap((visit) => {
    // A child's dose is another product; a penicillin is not given to who cannot bear it.
    const drug = visit.acute?.drug;
    if (drug === undefined || ageAt(person.birthDate, visit.day) < 18) return [];
    if (drug === 'amoxicillin' && (person.allergies ?? []).includes('penicillin')) return [];
    const isOver = visit.day + 10 <= course.last;
    return [
      prescription(
        course,
        drug,
        visit.day,
        visit,
        `Condition/${acuteId(person, visit)}`,
        visit.by,
        isOver ? 'completed' : 'active',
      ),
    ];
  });
  return [...lasting, ...short];
}

function prescription(
  { person }: Course,
  key: Treatment['key'],
  day: Day,
  at: Visit | undefined,
  condition: string,
  by: MemberId,
  status: 'active' | 'completed' | 'stopped',
  label?: Label,
): MedicationRequest {
  const drug: Drug = drugs[key];
  return {
    resourceType: 'MedicationRequest',
    id: idOn(person, `rx-${key}`, day),
    ...labelled([person.label, drug.label, label]),
    status,
    intent: 'order',
    category: [hl7('medicationrequest-category', 'outpatient', 'Outpatient')],
    medicationCodeableConcept: concept(systems.rxnorm, drug.ingredient, drug.product),
    subject: patient(person),
    ...encounterOf(person, at),
    authoredOn: at === undefined ? dateOf(day) : instantOf(day, at.minute + 15),
    requester: member(by),
    reasonReference: [refer(condition)],
    dosageInstruction: [{ text: drug.dose }],
  };
}

/** What was done: with a problem, and what is looked for at a certain age. */
export function procedures(course: Course): readonly Procedure[] {
  const { person } = course;
  const lastDone = new Map<string, Day>();
  return course.visits.flatMap((visit) => {
    if (visit.kind === 'telehealth') return [];
    const wanted = [
      ...(visit.problem === undefined || !problemsOn(person, visit.day).includes(visit.problem)
        ? []
        : [problemOf(visit.problem)]
      ).map(({ procedure, label }) => ({ procedure, label })),
      ...(visit.kind === 'check-up'
        ? [{ procedure: screening(person, visit.day), label: undefined }]
        : []),
    ];
    return wanted.flatMap(({ procedure, label }): Procedure[] => {
      if (procedure === undefined) return [];
      const before = lastDone.get(procedure.code[0]);
      if (before !== undefined && visit.day - before < procedure.everyDays) return [];
      lastDone.set(procedure.code[0], visit.day);
      return [done(person, visit, procedure.code, label)];
    });
  });
}

function screening(
  person: Person,
  day: Day,
): { readonly code: Code; readonly everyDays: number } | undefined {
  const age = ageAt(person.birthDate, day);
  if (person.gender === 'female' && age >= 50 && age < 75)
    return { code: ['24623002', 'Screening mammography'], everyDays: 700 };
  if (age >= 50 && age < 75) return { code: ['73761001', 'Colonoscopy'], everyDays: 3650 };
  return undefined;
}

function done(person: Person, visit: Visit, code: Code, label: Label | undefined): Procedure {
  return {
    resourceType: 'Procedure',
    id: idOn(person, `procedure-${code[0]}`, visit.day),
    ...labelled([person.label, label]),
    status: 'completed',
    code: concept(systems.snomed, code),
    subject: patient(person),
    ...encounterOf(person, visit),
    performedPeriod: {
      start: instantOf(visit.day, visit.minute + 5),
      end: instantOf(visit.day, visit.minute + 19),
    },
    performer: [{ actor: member(visit.by) }],
  };
}
