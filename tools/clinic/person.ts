/** What is written by hand about each patient; everything else follows from it by rule. */
import type { Label } from './codes.ts';
import type { DrugKey } from './drugs.ts';
import type { ProblemKey } from './problems.ts';
import type { AllergyKey } from './allergies.ts';

/** A problem and when it began (`YYYY-MM-DD`). */
export interface ProblemPlan {
  readonly problem: ProblemKey;
  readonly since: string;
  readonly until?: string;
  /** Days between visits, instead of what the catalogue says. */
  readonly everyDays?: number;
  /** Instead of what the catalogue prescribes. */
  readonly drugs?: readonly { readonly drug: DrugKey; readonly afterDays: number }[];
}

/** A patient. */
export interface Person {
  /** Logical id of the Patient. */
  readonly id: string;
  readonly given: string;
  readonly family: string;
  readonly gender: 'female' | 'male';
  /** `YYYY-MM-DD` */
  readonly birthDate: string;
  /** The name in its own script. */
  readonly native?: { readonly text: string; readonly language: string };
  /** BCP 47, when it is not English. */
  readonly language?: readonly [code: string, display: string];
  readonly problems: readonly ProblemPlan[];
  readonly allergies?: readonly AllergyKey[];
  readonly smoking?: 'former' | 'current';
  /** Adults: at the begin of the history. Children grow by rule. */
  readonly heightCm?: number;
  readonly weightKg?: number;
  /** On every resource of the patient. */
  readonly label?: Label;
  /** Instant of death, ISO 8601 UTC. */
  readonly died?: string;
  /** Kept off the rules: only what is listed here happens. */
  readonly replacedBy?: string;
  readonly replaces?: string;
  readonly mother?: { readonly name: string; readonly phone: string };
}

/** `problem('hypertension', '2024-12-02')` */
export function since(
  problem: ProblemKey,
  date: string,
  more: Partial<ProblemPlan> = {},
): ProblemPlan {
  return { problem, since: date, ...more };
}
