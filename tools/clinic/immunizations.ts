/** Immunization resources: the schedule of childhood, and what adults are offered at their age. */
import type { Immunization } from '@medplum/fhirtypes';
import { ageAt, dateOf, dayOf, workday, yearOf } from './calendar.ts';
import type { Day } from './calendar.ts';
import { between, chance } from './chance.ts';
import { concept, labelled, refer, systems } from './codes.ts';
import type { Code } from './codes.ts';
import type { Course } from './course.ts';

import { clinic, member } from './staff.ts';

interface Vaccine {
  readonly code: Code;
  /** Ages of the doses, in days. */
  readonly doses: readonly number[];
}

const month = 30.44;
const months = (...ages: readonly number[]): readonly number[] =>
  ages.map((age) => Math.round(age * month));
const years = (...ages: readonly number[]): readonly number[] =>
  ages.map((age) => Math.round(age * 365.25));

/** By the word that stands in resource ids. Ages as in the schedule of the United States. */
export const childhood = {
  'hepatitis-b': { code: ['08', 'Hep B, adolescent or pediatric'], doses: [1, ...months(1, 6)] },
  rotavirus: { code: ['116', 'rotavirus, pentavalent'], doses: months(2, 4, 6) },
  dtap: { code: ['20', 'DTaP'], doses: [...months(2, 4, 6, 15), ...years(4.2)] },
  pneumococcal: { code: ['133', 'Pneumococcal conjugate PCV 13'], doses: months(2, 4, 6, 12) },
  polio: { code: ['10', 'IPV'], doses: [...months(2, 4, 6), ...years(4.2)] },
  mmr: { code: ['03', 'MMR'], doses: [...months(12.2), ...years(4.2)] },
  varicella: { code: ['21', 'varicella'], doses: [...months(12.2), ...years(4.2)] },
  tdap: { code: ['115', 'Tdap'], doses: years(11.2) },
  hpv: { code: ['165', 'HPV9'], doses: years(11.2, 11.8) },
} as const satisfies Readonly<Record<string, Vaccine>>;

/** Offered to adults from an age on. */
export const adulthood = {
  influenza: { code: ['140', 'Influenza, seasonal, injectable, preservative free'], fromAge: 0.5 },
  covid: { code: ['309', 'COVID-19, mRNA, LNP-S, PF, tris-sucrose, 30 mcg/0.3 mL'], fromAge: 12 },
  zoster: { code: ['187', 'zoster recombinant'], fromAge: 50 },
  'pneumococcal-adult': {
    code: ['216', 'Pneumococcal conjugate PCV20, polysaccharide CRM197 conjugate, adjuvant, PF'],
    fromAge: 65,
  },
} as const satisfies Readonly<Record<string, { readonly code: Code; readonly fromAge: number }>>;

/** All immunizations of a patient that are on file. */
export function immunizations(course: Course): readonly Immunization[] {
  const { person, last } = course;
  if (person.replacedBy !== undefined) return [];
  const birth = dayOf(person.birthDate);
  const asChild = ageAt(person.birthDate, last) < 18 ? childDoses(birth, last) : [];
  return [...asChild, ...seasonal(course), ...later(course)]
    .filter(([, , day]) => day <= last)
    .toSorted((a, b) => a[2] - b[2])
    .map(([word, code, day]) => immunization(course, word, code, day));
}

type Dose = readonly [word: string, code: Code, day: Day];

function childDoses(birth: Day, last: Day): readonly Dose[] {
  return Object.entries(childhood)
    .flatMap(([word, { code, doses }]) =>
      doses.map((age): Dose => [word, code, age === 1 ? birth + 1 : workday(birth + age)]),
    )
    .filter(([, , day]) => day <= last);
}

/** Every autumn, for most. */
function seasonal({ person }: Course): readonly Dose[] {
  const seasons = [2023, 2024, 2025, 2026].flatMap((year): Dose[] => {
    const next = chance(`${person.id} influenza ${String(year)}`);
    const day = workday(dayOf(`${String(year)}-10-01`) + between(next, 0, 44));
    const { code, fromAge } = adulthood.influenza;
    return ageAt(person.birthDate, day) >= fromAge && next() < 0.7
      ? [['influenza', code, day]]
      : [];
  });
  const next = chance(`${person.id} covid`);
  const day = workday(dayOf('2024-09-16') + between(next, 0, 70));
  const { code, fromAge } = adulthood.covid;
  return ageAt(person.birthDate, day) >= fromAge && next() < 0.6
    ? [...seasons, ['covid', code, day]]
    : seasons;
}

/** Once, or twice half a year apart, some time after the age for it. */
function later({ person }: Course): readonly Dose[] {
  const found: Dose[] = [];
  const reached = (years: number): Day => Math.round(dayOf(person.birthDate) + years * 365.25);
  const zoster = chance(`${person.id} zoster`);
  const first =
    Math.max(reached(adulthood.zoster.fromAge), dayOf('2018-03-01')) + between(zoster, 30, 900);
  if (zoster() < 0.5) {
    found.push(
      ['zoster', adulthood.zoster.code, workday(first)],
      ['zoster', adulthood.zoster.code, workday(first + 120)],
    );
  }
  const { code, fromAge } = adulthood['pneumococcal-adult'];
  const next = chance(`${person.id} pneumococcal`);
  found.push([
    'pneumococcal-adult',
    code,
    workday(Math.max(reached(fromAge), dayOf('2022-02-01')) + between(next, 30, 700)),
  ]);
  return found;
}

function immunization({ person }: Course, word: string, code: Code, day: Day): Immunization {
  return {
    resourceType: 'Immunization',
    id: `${person.id}-imm-${word}-${dateOf(day)}`,
    ...labelled([person.label]),
    status: 'completed',
    vaccineCode: concept(systems.cvx, code),
    patient: refer(`Patient/${person.id}`),
    occurrenceDateTime: dateOf(day),
    primarySource: yearOf(day) >= 2010,
    performer: [{ actor: yearOf(day) >= 2023 ? member('aoife-byrne') : clinic }],
  };
}
