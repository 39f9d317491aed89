/**
 * When a patient comes to the clinic, why, and whom they see: check-ups once a year, visits for what
 * is treated (closer together in the first half year), a few acute ones, and for children the
 * visits of their age. What is due soon after a visit is left out: it was done there.
 */
import { ageAt, dayOf, historyBegins, historyEnds, workday } from './calendar.ts';
import type { Day } from './calendar.ts';
import { between, chance, pick } from './chance.ts';
import type { Code } from './codes.ts';
import type { Person, ProblemPlan } from './person.ts';
import { problemOf } from './problems.ts';
import type { ProblemKey } from './problems.ts';
import type { MemberId } from './staff.ts';

/** What is wrong for a week or two. */
export interface Acute {
  readonly word: string;
  readonly snomed: Code;
  readonly icd10: Code;
  readonly drug?: 'amoxicillin' | 'nitrofurantoin' | 'acetaminophen';
  readonly days: number;
}

/** One visit that took place. */
export interface Visit {
  readonly day: Day;
  /** Minutes after midnight. */
  readonly minute: number;
  readonly kind:
    'check-up' | 'follow-up' | 'acute' | 'child-check-up' | 'behavioural' | 'telehealth';
  readonly problem?: ProblemKey;
  readonly acute?: Acute;
  readonly by: MemberId;
}

const acutes: readonly [Acute, ...Acute[]] = [
  {
    word: 'cold',
    snomed: ['54150009', 'Upper respiratory infection'],
    icd10: ['J06.9', 'Acute upper respiratory infection, unspecified'],
    drug: 'acetaminophen',
    days: 10,
  },
  {
    word: 'sprain',
    snomed: ['44465007', 'Sprain of ankle'],
    icd10: ['S93.409A', 'Sprain of unspecified ligament of unspecified ankle, initial encounter'],
    drug: 'acetaminophen',
    days: 21,
  },
  {
    word: 'sinusitis',
    snomed: ['15805002', 'Acute sinusitis'],
    icd10: ['J01.90', 'Acute sinusitis, unspecified'],
    drug: 'amoxicillin',
    days: 14,
  },
];
const cystitis: Acute = {
  word: 'cystitis',
  snomed: ['68226007', 'Acute cystitis'],
  icd10: ['N30.00', 'Acute cystitis without hematuria'],
  drug: 'nitrofurantoin',
  days: 7,
};
const otitis: Acute = {
  word: 'otitis',
  snomed: ['3110003', 'Acute otitis media'],
  icd10: ['H66.90', 'Otitis media, unspecified, unspecified ear'],
  days: 14,
};

/** Ages in days at which a child is seen; later once a year. */
const childAges = [4, 14, 30, 61, 122, 183, 274, 365, 457, 548, 730, 913];

/** All visits until the history ends or the patient dies, in order. */
export function planVisits(person: Person): readonly Visit[] {
  const birth = dayOf(person.birthDate);
  const last = person.died === undefined ? historyEnds : dayOf(person.died.slice(0, 10)) - 3;
  if (person.replacedBy !== undefined)
    return [visit(person, dayOf('2024-02-06'), 'acute', { acute: acutes[0] })];
  const wanted = [
    ...(ageAt(person.birthDate, historyBegins) < 17
      ? childVisits(person, birth)
      : checkUps(person)),
    ...person.problems.flatMap((plan) => followUps(person, plan, last)),
    ...acuteVisits(person),
  ].filter((one) => one.day >= Math.max(historyBegins, birth) && one.day <= last);
  const order = wanted.toSorted((a, b) => a.day - b.day);
  const kept: Visit[] = [];
  for (const one of order) {
    const before = kept.at(-1);
    if (before !== undefined && one.day - before.day < nearDays(person, one)) continue;
    kept.push(one);
  }
  return kept;
}

/** How close an earlier visit makes one needless. */
function nearDays(person: Person, one: Visit): number {
  if (one.kind === 'child-check-up') return 5;
  if (one.kind === 'check-up') return 100;
  if (one.kind === 'acute' || one.problem === undefined) return 9;
  const plan = person.problems.find(({ problem }) => problem === one.problem);
  // The visits at which a problem is found and treatment begins take place in any case.
  if (plan === undefined || one.day - dayOf(plan.since) < 50) return 9;
  const every = everyDaysOf(plan) ?? 0;
  return Math.max(9, Math.round(every * 0.4));
}

function visit(
  person: Person,
  day: Day,
  kind: Visit['kind'],
  more: Pick<Visit, 'problem' | 'acute'> = {},
): Visit {
  const on = workday(day);
  const next = chance(`${person.id} visit ${String(on)}`);
  const service = more.problem === undefined ? 'general' : problemOf(more.problem).service;
  const isChild = ageAt(person.birthDate, on) < 17;
  const doctors = {
    general: isChild ? 'hana-kovar' : 'ana-souza',
    cardiology: 'kenji-mori',
    behavioural: 'lukas-weber',
  } as const;
  return { day: on, minute: between(next, 32, 64) * 15, kind, by: doctors[service], ...more };
}

function checkUps(person: Person): readonly Visit[] {
  const first = historyBegins + between(chance(`${person.id} check-up`), 5, 350);
  return [0, 1, 2].map((year) => visit(person, first + year * 364, 'check-up'));
}

function childVisits(person: Person, birth: Day): readonly Visit[] {
  const yearly = Array.from({ length: 15 }, (_, index) => (index + 3) * 365 + 20);
  return [...childAges, ...yearly].map((age) => visit(person, birth + age, 'child-check-up'));
}

function followUps(person: Person, plan: ProblemPlan, last: Day): readonly Visit[] {
  const { problem } = plan;
  const every = everyDaysOf(plan);
  if (every === undefined) return [];
  const since = dayOf(plan.since);
  const until = plan.until === undefined ? last : dayOf(plan.until);
  const isBehavioural = problemOf(problem).service === 'behavioural';
  const next = chance(`${person.id} ${problem} visits`);
  const found: Visit[] = [];
  // Who is new comes at once; who has been coming for years, in turn.
  let day = since >= historyBegins ? since : historyBegins + between(next, 3, every);
  while (day <= until) {
    // Settled patients sometimes talk to the doctor from home; nothing is measured then.
    const isTelehealth = found.length > 3 && plan.everyDays === undefined && next() < 0.12;
    const kind = isTelehealth ? 'telehealth' : isBehavioural ? 'behavioural' : 'follow-up';
    found.push(visit(person, day, kind, { problem }));
    day += pause(day - since, every) + between(next, -6, 6);
  }
  return found;
}

/** Days until the next visit: a month at first, then somewhat closer than later on. */
function pause(daysKnown: number, every: number): number {
  if (daysKnown < 20) return Math.min(36, every);
  return Math.round(every * (daysKnown < 180 ? 0.6 : 1));
}

/** Days between visits for a problem. */
function everyDaysOf(plan: ProblemPlan): number | undefined {
  return plan.everyDays ?? problemOf(plan.problem).everyDays;
}

function acuteVisits(person: Person): readonly Visit[] {
  const next = chance(`${person.id} acute`);
  const found: Visit[] = [];
  for (
    let day = historyBegins + between(next, 60, 900);
    day <= historyEnds;
    day += between(next, 600, 1000)
  ) {
    const age = ageAt(person.birthDate, day);
    if (age < 0.5) continue;
    const own: Acute =
      person.gender === 'female' && age >= 18 ? cystitis : age < 7 ? otitis : acutes[0];
    found.push(
      visit(person, day, 'acute', {
        acute: next() < 0.35 ? own : age < 7 ? acutes[0] : pick(next, acutes),
      }),
    );
  }
  return found;
}
