/** Condition and AllergyIntolerance resources of a patient. */
import type { AllergyIntolerance, Condition } from '@medplum/fhirtypes';
import { allergies } from './allergies.ts';
import type { Allergy, AllergyKey } from './allergies.ts';
import { ageAt, dateOf, dayOf, historyBegins, historyEnds } from './calendar.ts';
import { between, chance } from './chance.ts';
import { coding, concept, hl7, labelled, systems } from './codes.ts';
import type { Course, Diagnosis } from './course.ts';
import { acuteId } from './encounters.ts';
import { patient } from './patients.ts';
import type { Person } from './person.ts';
import { problemOf } from './problems.ts';
import { member } from './staff.ts';
import type { Visit } from './visits.ts';

import { doctorOf, encounterOf } from './care.ts';

/** What a patient has and had. */
export function conditions(course: Course): readonly Condition[] {
  const short = course.visits.filter((visit) => visit.acute !== undefined);
  return [
    ...course.diagnoses.map((one) => chronic(course.person, one)),
    ...short.map((visit) => acute(course, visit)),
  ];
}

function chronic(person: Person, { plan, recorded, at }: Diagnosis): Condition {
  const problem = problemOf(plan.problem);
  const clinical =
    plan.until === undefined
      ? hl7('condition-clinical', 'active', 'Active')
      : hl7('condition-clinical', 'resolved', 'Resolved');
  return {
    resourceType: 'Condition',
    id: `${person.id}-${plan.problem}`,
    ...labelled([person.label, problem.label]),
    clinicalStatus: clinical,
    verificationStatus: hl7('condition-ver-status', 'confirmed', 'Confirmed'),
    category: [hl7('condition-category', 'problem-list-item', 'Problem List Item')],
    code: {
      coding: [coding(systems.snomed, problem.snomed), coding(systems.icd10, problem.icd10)],
      text: problem.snomed[1],
    },
    subject: patient(person),
    ...encounterOf(person, at),
    onsetDateTime: plan.since,
    ...(plan.until === undefined ? {} : { abatementDateTime: plan.until }),
    recordedDate: dateOf(recorded),
    recorder: member(at?.by ?? doctorOf(person, plan.problem)),
  };
}

function acute(course: Course, visit: Visit): Condition {
  const { person } = course;
  const { snomed, icd10, days } = visit.acute ?? { snomed: ['', ''], icd10: ['', ''], days: 0 };
  const isOver = visit.day + days <= course.last;
  return {
    resourceType: 'Condition',
    id: acuteId(person, visit),
    ...labelled([person.label]),
    clinicalStatus: isOver
      ? hl7('condition-clinical', 'resolved', 'Resolved')
      : hl7('condition-clinical', 'active', 'Active'),
    verificationStatus: hl7('condition-ver-status', 'confirmed', 'Confirmed'),
    category: [hl7('condition-category', 'encounter-diagnosis', 'Encounter Diagnosis')],
    code: {
      coding: [coding(systems.snomed, snomed), coding(systems.icd10, icd10)],
      text: snomed[1],
    },
    subject: patient(person),
    ...encounterOf(person, visit),
    onsetDateTime: dateOf(visit.day - 2),
    ...(isOver ? { abatementDateTime: dateOf(visit.day + days) } : {}),
    recordedDate: dateOf(visit.day),
    recorder: member(visit.by),
  };
}

/** Most of those without an allergy were asked, and it is on record. */
function allergiesOf(person: Person): readonly AllergyKey[] {
  if (person.allergies !== undefined || person.replacedBy !== undefined)
    return person.allergies ?? [];
  const isAsked =
    chance(`${person.id} allergies`)() < 0.6 && ageAt(person.birthDate, historyEnds) > 3;
  return isAsked ? ['none'] : [];
}

/** What a patient must not be given or meet. */
export function allergyResources(person: Person): readonly AllergyIntolerance[] {
  return allergiesOf(person).map((key): AllergyIntolerance => {
    const allergy: Allergy = allergies[key];
    const recorded = Math.max(
      dayOf(person.birthDate) + 900,
      historyBegins - between(chance(`${person.id} ${key}`), 200, 2000),
    );
    return {
      resourceType: 'AllergyIntolerance',
      id: `${person.id}-allergy-${key}`,
      ...labelled([person.label]),
      clinicalStatus: hl7('allergyintolerance-clinical', 'active', 'Active'),
      verificationStatus: hl7('allergyintolerance-verification', 'confirmed', 'Confirmed'),
      ...(key === 'none'
        ? {}
        : {
            type: 'allergy' as const,
            category: [allergy.category],
            criticality: allergy.criticality,
          }),
      code: concept(systems.snomed, allergy.code),
      patient: patient(person),
      recordedDate: dateOf(recorded),
      recorder: member('aoife-byrne'),
      ...(allergy.reaction === undefined
        ? {}
        : {
            reaction: [
              {
                manifestation: [concept(systems.snomed, allergy.reaction)],
                severity: allergy.criticality === 'high' ? ('severe' as const) : ('mild' as const),
              },
            ],
          }),
    };
  });
}
