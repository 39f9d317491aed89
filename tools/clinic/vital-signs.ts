/** Observation resources of what is measured at a visit, and of smoking. */
import type { Observation, Quantity } from '@medplum/fhirtypes';
import { ageAt, instantOf } from './calendar.ts';
import type { Day } from './calendar.ts';
import { concept, hl7, labelled, quantity, refer, systems } from './codes.ts';
import type { Code } from './codes.ts';
import { encounterId, idOn, problemsOn } from './course.ts';
import type { Course } from './course.ts';
import { isMeasured } from './encounters.ts';

import {
  bodyMassIndex,
  heartRateOn,
  heightOn,
  pressureOn,
  saturationOn,
  temperatureOn,
  weightOn,
} from './values.ts';
import type { Visit } from './visits.ts';

const loinc = {
  pressure: ['85354-9', 'Blood pressure panel with all children optional'],
  systolic: ['8480-6', 'Systolic blood pressure'],
  diastolic: ['8462-4', 'Diastolic blood pressure'],
  heartRate: ['8867-4', 'Heart rate'],
  weight: ['29463-7', 'Body weight'],
  height: ['8302-2', 'Body height'],
  index: ['39156-5', 'Body mass index (BMI) [Ratio]'],
  temperature: ['8310-5', 'Body temperature'],
  saturation: ['59408-5', 'Oxygen saturation in Arterial blood by Pulse oximetry'],
  smoking: ['72166-2', 'Tobacco smoking status'],
} as const satisfies Readonly<Record<string, Code>>;

const smoking = {
  never: ['266919005', 'Never smoked tobacco'],
  former: ['8517006', 'Ex-smoker'],
  current: ['77176002', 'Smoker'],
} as const satisfies Readonly<Record<string, Code>>;

/** What is measured only now and then, and is due. */
interface Due {
  readonly size: boolean;
  readonly weight: boolean;
  readonly smoking: boolean;
}

/** Everything measured at all visits of a patient. */
export function vitalSigns(course: Course): readonly Observation[] {
  const last = new Map<keyof Due, Day>();
  const isDue = (what: keyof Due, day: Day, everyDays: number): boolean => {
    const before = last.get(what);
    if (before !== undefined && day - before < everyDays) return false;
    last.set(what, day);
    return true;
  };
  return course.visits.flatMap((visit) => {
    if (!isMeasured(visit)) return [];
    const isCalm = visit.acute === undefined;
    const size = isCalm && isDue('size', visit.day, isGrowing(course, visit.day) ? 0 : 330);
    const due: Due = {
      size,
      weight:
        size || (isCalm && isDue('weight', visit.day, isWeighed(course, visit.day) ? 0 : 150)),
      smoking: isCalm && isDue('smoking', visit.day, 330),
    };
    if (due.weight) last.set('weight', visit.day);
    return measured(course, visit, due);
  });
}

function isGrowing({ person }: Course, day: Day): boolean {
  return ageAt(person.birthDate, day) < 18;
}

/** Whom the clinic weighs at every visit. */
function isWeighed({ person }: Course, day: Day): boolean {
  const reasons = ['heart-failure', 'treated-obesity', 'pregnancy', 'migraine'];
  return problemsOn(person, day).some((key) => reasons.includes(key));
}

function isBreathless({ person }: Course, day: Day): boolean {
  const reasons = ['asthma', 'copd', 'heart-failure'];
  return problemsOn(person, day).some((key) => reasons.includes(key));
}

function measured(course: Course, visit: Visit, due: Due): readonly Observation[] {
  const { day } = visit;
  const make = (word: string, code: Code, value: Partial<Observation>): Observation => ({
    ...common(course, visit, word),
    category: [hl7('observation-category', 'vital-signs', 'Vital Signs')],
    code: concept(systems.loinc, code),
    ...subjectOf(course, visit),
    ...value,
  });
  const one = (word: string, code: Code, value: Quantity): Observation =>
    make(word, code, { valueQuantity: value });
  const age = ageAt(course.person.birthDate, day);
  const kg = weightOn(course, day);
  const cm = heightOn(course, day);
  const isFeverish = visit.acute !== undefined && visit.acute.word !== 'sprain';
  const celsius = temperatureOn(course, day, isFeverish);
  const rate = heartRateOn(course, day);
  return [
    age >= 3 && make('bp', loinc.pressure, { component: pressure(course, day) }),
    one('heart-rate', loinc.heartRate, quantity(rate, '/min', 'beats/minute')),
    due.weight && one('weight', loinc.weight, quantity(kg, 'kg')),
    due.size && one('height', loinc.height, quantity(cm, 'cm')),
    due.size &&
      age >= 2 &&
      one('bmi', loinc.index, quantity(bodyMassIndex(cm, kg), 'kg/m2', 'kg/m²')),
    (visit.acute !== undefined || age < 2) &&
      one('temperature', loinc.temperature, quantity(celsius, 'Cel', '°C')),
    isBreathless(course, day) &&
      one('saturation', loinc.saturation, quantity(saturationOn(course, day), '%')),
    due.smoking && age >= 13 && smokingStatus(course, visit),
  ].filter((observation) => observation !== false);
}

function pressure(course: Course, day: Day): NonNullable<Observation['component']> {
  const { systolic, diastolic } = pressureOn(course, day);
  return [
    {
      code: concept(systems.loinc, loinc.systolic),
      valueQuantity: quantity(systolic, 'mm[Hg]', 'mmHg'),
    },
    {
      code: concept(systems.loinc, loinc.diastolic),
      valueQuantity: quantity(diastolic, 'mm[Hg]', 'mmHg'),
    },
  ];
}

function smokingStatus(course: Course, visit: Visit): Observation {
  return {
    ...common(course, visit, 'smoking'),
    category: [hl7('observation-category', 'social-history', 'Social History')],
    code: concept(systems.loinc, loinc.smoking),
    ...subjectOf(course, visit),
    valueCodeableConcept: concept(systems.snomed, smoking[course.person.smoking ?? 'never']),
  };
}

function common(
  course: Course,
  visit: Visit,
  word: string,
): Pick<Observation, 'resourceType' | 'id' | 'meta' | 'status'> {
  return {
    resourceType: 'Observation',
    id: idOn(course.person, word, visit.day),
    ...labelled([course.person.label]),
    status: 'final',
  };
}

function subjectOf(
  { person }: Course,
  visit: Visit,
): Pick<Observation, 'subject' | 'encounter' | 'effectiveDateTime' | 'performer'> {
  return {
    subject: refer(`Patient/${person.id}`),
    encounter: refer(`Encounter/${encounterId(person, visit)}`),
    effectiveDateTime: instantOf(visit.day, visit.minute + 4),
    performer: [refer('Practitioner/aoife-byrne')],
  };
}
