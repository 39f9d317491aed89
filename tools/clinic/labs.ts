/**
 * Laboratory values: they follow problems and treatment, and agree with each other (eGFR comes from
 * the creatinine, LDL from the other lipids).
 */
import { ageAt, dayOf } from './calendar.ts';
import type { Day } from './calendar.ts';
import { bell, chance } from './chance.ts';
import { effectOn, problemsOn } from './course.ts';
import type { Course } from './course.ts';
import { analytes } from './panels.ts';
import type { Analyte, AnalyteKey } from './panels.ts';

/** A value of a day, with as many decimals as its analyte has. */
export function labOn(course: Course, key: AnalyteKey, day: Day): number {
  const definition: Analyte = analytes[key];
  return Number(raw(course, key, day).toFixed(definition.decimals));
}

function around(course: Course, key: AnalyteKey, day: Day, usual: number, scatter: number): number {
  const own = bell(chance(`${course.person.id} ${key}`), scatter);
  return usual + own + bell(chance(`${course.person.id} ${key} ${String(day)}`), scatter / 2);
}

function raw(course: Course, key: AnalyteKey, day: Day): number {
  const has = problemsOn(course.person, day);
  const near = (usual: number, scatter: number): number => around(course, key, day, usual, scatter);
  switch (key) {
    case 'hba1c': {
      const high = has.includes('diabetes-type-1') ? 9.4 : has.includes('diabetes') ? 8.6 : 5.4;
      return Math.max(
        4.9,
        near(high, 0.15) - 1.6 * effectOn(course, 'hba1c', day, 120) * (high > 6 ? 1 : 0.1),
      );
    }
    case 'creatinine':
      return creatinineOn(course, day);
    case 'egfr':
      return filtrationRate(
        labOn(course, 'creatinine', day),
        ageAt(course.person.birthDate, day),
        course.person.gender,
      );
    case 'potassium':
      return near(4.3, 0.2);
    case 'hdl':
      return near(course.person.gender === 'female' ? 56 : 46, 4);
    case 'triglycerides':
      return Math.max(
        50,
        near(has.includes('diabetes') || has.includes('hyperlipidemia') ? 172 : 108, 18),
      );
    case 'ldl':
      return (
        labOn(course, 'cholesterol', day) -
        labOn(course, 'hdl', day) -
        labOn(course, 'triglycerides', day) / 5
      );
    case 'cholesterol':
      return (
        near(has.includes('hyperlipidemia') ? 252 : 186, 10) - 78 * effectOn(course, 'ldl', day, 60)
      );
    case 'tsh':
      return Math.max(
        0.5,
        near(has.includes('hypothyroidism') ? 9.8 : 1.9, 0.4) -
          7.6 * effectOn(course, 'tsh', day, 90),
      );
    case 'free-t4':
      return (
        near(has.includes('hypothyroidism') ? 0.72 : 1.2, 0.05) +
        0.45 * effectOn(course, 'tsh', day, 90)
      );
    case 'hemoglobin':
      return hemoglobinOn(course, day);
    case 'leukocytes':
      return Math.max(3.6, near(6.8, 0.9));
    case 'platelets':
      return near(252, 28);
    case 'ferritin':
      return Math.max(
        4,
        near(has.includes('iron-deficiency') ? 8 : 88, has.includes('iron-deficiency') ? 1 : 15) +
          34 * effectOn(course, 'iron', day, 200),
      );
    case 'urate':
      return near(has.includes('gout') ? 8.9 : 5.2, 0.4) - 3.4 * effectOn(course, 'urate', day, 60);
    case 'crp':
      return Math.max(
        0.4,
        near(has.includes('rheumatoid-arthritis') ? 7.5 : inflamed(course, day), 1.2),
      );
    case 'alt':
      return Math.max(9, near(has.includes('alcohol-dependence') ? 58 : 24, 6));
    case 'ast':
      return Math.max(10, near(has.includes('alcohol-dependence') ? 66 : 22, 5));
    case 'nt-probnp':
      return Math.max(
        40,
        near(has.includes('heart-failure') ? 1480 : 90, has.includes('heart-failure') ? 260 : 15),
      );
    case 'hiv-viral-load':
      // Under treatment it can no longer be counted: reported as the limit of the method.
      return effectOn(course, 'viral-load', day, 90) >= 1
        ? 20
        : Math.max(60, near(41_800, 6000) * (1 - effectOn(course, 'viral-load', day, 90)));
    case 'cd4-count':
      return Math.min(780, near(342, 25) + 260 * effectOn(course, 'viral-load', day, 500));
  }
}

function inflamed(course: Course, day: Day): number {
  const plan = course.person.problems.find((one) => one.problem === 'crohn-disease');
  if (plan === undefined) return 2;
  return Math.max(3.5, 31 - (day - dayOf(plan.since)) * 0.09);
}

function creatinineOn(course: Course, day: Day): number {
  const sick = course.person.problems.find((one) => one.problem === 'kidney-disease');
  const usual = course.person.gender === 'female' ? 0.74 : 0.92;
  // A kidney that fails slowly: from the diagnosis on a little every year.
  const more = sick === undefined ? 0 : 0.55 + 0.04 * Math.max(0, ageAt(sick.since, day));
  return around(course, 'creatinine', day, usual + more, 0.04);
}

function hemoglobinOn(course: Course, day: Day): number {
  const has = problemsOn(course.person, day);
  const usual = course.person.gender === 'female' ? 13.4 : 14.9;
  const less = has.includes('iron-deficiency')
    ? 3.6
    : has.includes('pregnancy')
      ? 1.6
      : has.includes('kidney-disease')
        ? 1.4
        : 0;
  const more = has.includes('iron-deficiency') ? 3 * effectOn(course, 'iron', day, 150) : 0;
  return around(course, 'hemoglobin', day, usual - less + more, 0.3);
}

/** CKD-EPI 2021, without race. @see https://doi.org/10.1056/NEJMoa2102953 */
export function filtrationRate(
  creatinine: number,
  years: number,
  gender: 'female' | 'male',
): number {
  const [kappa, alpha, factor] = gender === 'female' ? [0.7, -0.241, 1.012] : [0.9, -0.302, 1];
  const part = creatinine / kappa;
  return (
    142 *
    Math.min(part, 1) ** alpha *
    Math.max(part, 1) ** -1.2 *
    0.9938 ** Math.floor(years) *
    factor
  );
}
