/**
 * Validates AuditEvents against base FHIR R4 and every BALP profile that they claim. For all suites.
 * Independent of the code that makes the events: imports nothing of it.
 */
import { at, isJson, Report, type Problem } from './problem.ts';
import { checkProfile } from './profiles.ts';
import { checkBase } from './r4.ts';

export type { Problem } from './problem.ts';

/** Canonical of a BALP profile by its short name, e.g. `PatientRead`. */
export function balp(name: string): string {
  return `https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.${name}`;
}

/**
 * Validates one AuditEvent.
 *
 * @param json The parsed JSON.
 * @param alsoAgainst Canonicals of BALP profiles that it must satisfy without claiming them.
 * @returns All violations; empty when it is valid.
 */
export function validateAuditEvent(
  json: unknown,
  alsoAgainst: readonly string[] = [],
): readonly Problem[] {
  const report = new Report();
  if (!isJson(json)) {
    report.add('type', 'AuditEvent', 'must be an object');
    return report.problems;
  }
  checkBase(json, report);
  const claimed = at(json, 'meta', 'profile');
  const profiles = [...(Array.isArray(claimed) ? (claimed as unknown[]) : []), ...alsoAgainst];
  for (const profile of profiles) {
    if (typeof profile === 'string') checkProfile(json, profile, report);
  }
  return report.problems;
}
