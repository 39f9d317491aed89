/** Who treats what, and at which visit: said by every resource of a treatment. */
import { dayOf } from './calendar.ts';
import { refer } from './codes.ts';
import { encounterId } from './course.ts';
import type { Person } from './person.ts';
import { problemOf } from './problems.ts';
import type { ProblemKey } from './problems.ts';
import type { MemberId } from './staff.ts';
import type { Visit } from './visits.ts';

const doctors = {
  general: 'ana-souza',
  cardiology: 'kenji-mori',
  behavioural: 'lukas-weber',
} as const;

/** `encounter` of what was decided at a visit that is on file. */
export function encounterOf(
  person: Person,
  at: Visit | undefined,
): { encounter?: { reference: string } } {
  return at === undefined ? {} : { encounter: refer(`Encounter/${encounterId(person, at)}`) };
}

/** Who follows a problem of a patient. */
export function doctorOf(person: Person, problem: ProblemKey): MemberId {
  const { service } = problemOf(problem);
  return service === 'general' && dayOf(person.birthDate) > dayOf('2009-01-01')
    ? 'hana-kovar'
    : doctors[service];
}
