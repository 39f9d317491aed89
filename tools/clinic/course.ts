/**
 * The course of a patient's care, before it becomes resources: visits, when each problem was put on
 * record, and what was prescribed from when until when. Decisions of the last three years are made
 * at visits.
 */
import { dateOf, dayOf, historyBegins, historyEnds } from './calendar.ts';
import type { Day } from './calendar.ts';
import { drugs } from './drugs.ts';
import type { Drug, DrugKey, Effect } from './drugs.ts';
import type { Person, ProblemPlan } from './person.ts';
import { problemOf } from './problems.ts';
import type { ProblemKey } from './problems.ts';
import { planVisits } from './visits.ts';
import type { Visit } from './visits.ts';

/** A medicine that was prescribed for a problem. */
export interface Treatment {
  readonly key: DrugKey;
  readonly problem: ProblemKey;
  readonly from: Day;
  /** Last day, when it has ended. */
  readonly until?: Day;
  /** The visit at which it was prescribed, when it is on file. */
  readonly at?: Visit;
}

/** A problem as it is on record. */
export interface Diagnosis {
  readonly plan: ProblemPlan;
  readonly recorded: Day;
  readonly at?: Visit;
}

/** Everything that was decided. */
export interface Course {
  readonly person: Person;
  readonly visits: readonly Visit[];
  readonly diagnoses: readonly Diagnosis[];
  readonly treatments: readonly Treatment[];
  /** Last day on which something may happen. */
  readonly last: Day;
}

/** The course of a patient. */
export function courseOf(person: Person): Course {
  const visits = planVisits(person);
  const last = person.died === undefined ? historyEnds : dayOf(person.died.slice(0, 10)) - 1;
  const diagnoses = person.problems.map((plan): Diagnosis => {
    const at = visitFrom(visits, dayOf(plan.since), plan.problem);
    return { plan, recorded: at?.day ?? dayOf(plan.since), ...(at === undefined ? {} : { at }) };
  });
  const treatments = person.problems.flatMap((plan) =>
    (plan.drugs ?? problemOf(plan.problem).drugs).flatMap(({ drug, afterDays }): Treatment[] => {
      const wanted = dayOf(plan.since) + afterDays;
      if (wanted > last) return [];
      const at = visitFrom(visits, wanted, plan.problem);
      const from = at?.day ?? wanted;
      const until = plan.until === undefined ? undefined : dayOf(plan.until);
      // A problem that ended before its medicine could be prescribed, or no visit to do it at.
      if ((until !== undefined && from >= until) || (at === undefined && wanted >= historyBegins))
        return [];
      return [
        {
          key: drug,
          problem: plan.problem,
          from,
          ...(at === undefined ? {} : { at }),
          ...(until === undefined ? {} : { until }),
        },
      ];
    }),
  );
  return { person, visits, diagnoses, treatments: treatments.filter(isFirst), last };
}

/** Two problems may ask for the same medicine: it is prescribed once. */
function isFirst(one: Treatment, index: number, all: readonly Treatment[]): boolean {
  return all.findIndex((other) => other.key === one.key) === index;
}

/** The first visit on or after a day of the history, for the problem if there is one soon. */
function visitFrom(visits: readonly Visit[], day: Day, problem: ProblemKey): Visit | undefined {
  if (day < historyBegins) return undefined;
  const after = visits.filter((one) => one.day >= day);
  return after.find((one) => one.problem === problem && one.day < day + 60) ?? after[0];
}

/** How much of an effect the medicines of a day have, 0 to about 2; slow ones take `days` to act. */
export function effectOn(course: Course, effect: Effect, day: Day, days: number): number {
  let sum = 0;
  for (const one of course.treatments) {
    const drug: Drug = drugs[one.key];
    const strength = drug.lowers?.[effect] ?? 0;
    if (strength === 0 || day < one.from || (one.until !== undefined && day > one.until)) continue;
    sum += strength * Math.min(1, (day - one.from) / days);
  }
  return sum;
}

/** The problems that a patient has on a day, whether they are on record yet or not. */
export function problemsOn(person: Person, day: Day): readonly ProblemKey[] {
  return person.problems
    .filter(
      (plan) => dayOf(plan.since) <= day && (plan.until === undefined || dayOf(plan.until) >= day),
    )
    .map((plan) => plan.problem);
}

/** `zoe-bp-2025-03-14`: patient, word, day. */
export function idOn(person: Person, word: string, day: Day): string {
  return `${person.id}-${word}-${dateOf(day)}`;
}

/** Encounter of a visit. */
export function encounterId(person: Person, visit: Visit): string {
  return `enc-${person.id}-${dateOf(visit.day)}`;
}
