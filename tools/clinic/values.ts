/**
 * What is measured at a bedside: values that follow age, problems and treatment, drift, and scatter
 * a little from visit to visit. Blood pressure falls within six weeks of a prescription.
 */
import { ageAt, dayOf, historyBegins, ramp } from './calendar.ts';
import type { Day } from './calendar.ts';
import { bell, chance, rounded } from './chance.ts';
import { effectOn, problemsOn } from './course.ts';
import type { Course } from './course.ts';
import type { ProblemPlan } from './person.ts';
import type { ProblemKey } from './problems.ts';

/** mmHg */
export interface Pressure {
  readonly systolic: number;
  readonly diastolic: number;
}

const raisedBy: Readonly<Partial<Record<ProblemKey, number>>> = {
  hypertension: 34,
  'mild-hypertension': 18,
};

/** It rises for a year before somebody calls it hypertension. */
function raisedOn(plan: ProblemPlan, day: Day): number {
  return (raisedBy[plan.problem] ?? 0) * ramp(dayOf(plan.since) - 365, day, 365);
}

/** A blood pressure. */
export function pressureOn(course: Course, day: Day): Pressure {
  const { person } = course;
  const age = ageAt(person.birthDate, day);
  const own = chance(`${person.id} pressure`);
  const scatter = chance(`${person.id} pressure ${String(day)}`);
  const plan = person.problems.find((one) => one.problem in raisedBy);
  const usual = age < 18 ? 90 + age * 1.5 : 110 + Math.min(20, (age - 18) * 0.28);
  const raised = plan === undefined ? 0 : raisedOn(plan, day);
  const fall = effectOn(course, 'pressure', day, 42);
  const systolic = usual + bell(own, 4) + raised - 14 * fall + bell(scatter, 4);
  const usualDiastolic = age < 18 ? 54 + age : 74 - Math.max(0, age - 65) * 0.25;
  const diastolic = usualDiastolic + bell(own, 3) + raised * 0.5 - 7 * fall + bell(scatter, 2.5);
  const shown = Math.round(Math.max(88, systolic));
  return { systolic: shown, diastolic: Math.round(Math.min(shown - 22, Math.max(50, diastolic))) };
}

const rateByAge: readonly (readonly [years: number, rate: number])[] = [
  [0, 142],
  [1, 122],
  [3, 108],
  [6, 94],
  [10, 84],
  [16, 76],
  [20, 72],
];
const girlHeights: readonly (readonly [years: number, cm: number])[] = [
  [0, 49.5],
  [0.5, 65.5],
  [1, 74],
  [2, 86],
  [4, 102],
  [6, 115],
  [8, 128],
  [10, 139],
  [12, 152],
  [14, 160],
  [18, 164],
];
const boyHeights: readonly (readonly [years: number, cm: number])[] = [
  [0, 50.2],
  [0.5, 67],
  [1, 76],
  [2, 87.5],
  [4, 103],
  [6, 116],
  [8, 128],
  [10, 139],
  [12, 149],
  [14, 164],
  [16, 173],
  [18, 177],
];
/** Body mass index of children in the middle of their age. */
const childIndex: readonly (readonly [years: number, index: number])[] = [
  [0, 13.4],
  [0.5, 17.2],
  [1, 16.8],
  [2, 16.3],
  [5, 15.4],
  [9, 16.4],
  [13, 18.8],
  [18, 21.4],
];

function along(points: readonly (readonly [number, number])[], at: number): number {
  let [fromX, fromY] = points[0] ?? [0, 0];
  for (const [x, y] of points) {
    if (at <= x) return x === fromX ? y : fromY + ((y - fromY) * (at - fromX)) / (x - fromX);
    [fromX, fromY] = [x, y];
  }
  return fromY;
}

/** Beats a minute. */
export function heartRateOn(course: Course, day: Day): number {
  const age = ageAt(course.person.birthDate, day);
  const own = bell(chance(`${course.person.id} rate`), 4);
  const has = problemsOn(course.person, day).includes('atrial-fibrillation');
  const scatter = bell(chance(`${course.person.id} rate ${String(day)}`), has ? 7 : 4);
  const slower = effectOn(course, 'rate', day, 14) * (has ? 14 : 8);
  return Math.round(along(rateByAge, age) + own + (has ? 16 : 0) + scatter - slower);
}

/** Centimetres, one decimal for small children. */
export function heightOn(course: Course, day: Day): number {
  const { person } = course;
  if (person.heightCm !== undefined) return person.heightCm;
  const factor = 1 + bell(chance(`${person.id} height`), 0.02);
  const age = ageAt(person.birthDate, day);
  const height = along(person.gender === 'female' ? girlHeights : boyHeights, age) * factor;
  return rounded(height, age < 3 ? 1 : 0);
}

/** Kilograms; one decimal, two for a newborn. */
export function weightOn(course: Course, day: Day): number {
  const { person } = course;
  const scatter = chance(`${person.id} weight ${String(day)}`);
  const age = ageAt(person.birthDate, day);
  const own = chance(`${person.id} weight`);
  if (person.weightKg === undefined) {
    const height = heightOn(course, day) / 100;
    const index = along(childIndex, age) * (1 + bell(own, 0.05));
    return rounded(index * height * height * (1 + bell(scatter, 0.006)), age < 1 ? 2 : 1);
  }
  const years = (day - historyBegins) / 365.25;
  const trend = bell(own, 0.6) * years;
  const lost = effectOn(course, 'weight', day, 330) * 15;
  return rounded(person.weightKg + trend - lost + gained(course, day) + bell(scatter, 0.5), 1);
}

/** What a pregnancy adds, kilograms. */
function gained(course: Course, day: Day): number {
  const plan = course.person.problems.find((one) => one.problem === 'pregnancy');
  if (plan === undefined || !problemsOn(course.person, day).includes('pregnancy')) return 0;
  return Math.max(0, (ageAt(plan.since, day) * 365.25 - 30) / 210) * 10;
}

/** kg/m², from the height and weight of the same day, so that the three agree. */
export function bodyMassIndex(heightCm: number, weightKg: number): number {
  return rounded(weightKg / (heightCm / 100) ** 2, 1);
}

/** °C */
export function temperatureOn(course: Course, day: Day, isFeverish: boolean): number {
  const scatter = chance(`${course.person.id} temperature ${String(day)}`);
  return rounded((isFeverish ? 37.9 : 36.7) + bell(scatter, 0.25), 1);
}

/** Percent. */
export function saturationOn(course: Course, day: Day): number {
  const has = problemsOn(course.person, day);
  const usual = has.includes('copd') ? 92.5 : has.includes('heart-failure') ? 95 : 97.8;
  return Math.min(
    100,
    Math.round(usual + bell(chance(`${course.person.id} saturation ${String(day)}`), 0.8)),
  );
}
