/** Condition, AllergyIntolerance, MedicationRequest and Procedure resources of a patient. */
import type {
  AllergyIntolerance,
  Condition,
  MedicationRequest,
  Procedure,
} from '@medplum/fhirtypes';
import { allergies } from './allergies.ts';
import type { Allergy, AllergyKey } from './allergies.ts';
import { ageAt, dateOf, dayOf, historyBegins, historyEnds, instantOf } from './calendar.ts';
import type { Day } from './calendar.ts';
import { between, chance } from './chance.ts';
import { coding, concept, hl7, labelled, refer, systems } from './codes.ts';
import type { Code, Label } from './codes.ts';
import { encounterId, idOn, problemsOn } from './course.ts';
import type { Course, Diagnosis, Treatment } from './course.ts';
import { drugs } from './drugs.ts';
import type { Drug } from './drugs.ts';
import { acuteId } from './encounters.ts';
import { patient } from './patients.ts';
import type { Person } from './person.ts';
import { problemOf } from './problems.ts';
import { member } from './staff.ts';
import type { MemberId } from './staff.ts';
import type { Visit } from './visits.ts';

const doctors = {
  general: 'ana-souza',
  cardiology: 'kenji-mori',
  behavioural: 'lukas-weber',
} as const;

function encounterOf(person: Person, at: Visit | undefined): { encounter?: { reference: string } } {
  return at === undefined ? {} : { encounter: refer(`Encounter/${encounterId(person, at)}`) };
}

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

function doctorOf(person: Person, problem: Treatment['problem']): MemberId {
  const { service } = problemOf(problem);
  return service === 'general' && dayOf(person.birthDate) > dayOf('2009-01-01')
    ? 'hana-kovar'
    : doctors[service];
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
