/**
 * SMART scopes as rules: who may do what with which resources. Both grammars, `patient/*.read` of
 * version 1 and `patient/Observation.rs?category=laboratory` of version 2.
 *
 * Spec: SMART App Launch 2.2, "Scopes for requesting FHIR Resources".
 */
import type { Resource } from '@medplum/fhirtypes';
import type { Grant } from '../access.ts';
import { isOfPatient, isPatientType } from './compartment.ts';
import { meets, type Surroundings } from './search/match.ts';
import { parseQuery } from './search/query.ts';
import type { Criterion } from './search/criterion.ts';

/** Create, read, update, delete, search. */
export type Permission = 'c' | 'r' | 'u' | 'd' | 's';

/** One granted scope. */
interface Rule {
  /** Undefined: all types. */
  readonly type: string | undefined;
  readonly permissions: string;
  /** Only the compartment of this patient; undefined: of everybody. */
  readonly patient: string | undefined;
  readonly query: string;
}

/** What the one who asks may do. */
export type Access =
  { readonly kind: 'open' } | { readonly kind: 'scoped'; readonly rules: readonly Rule[] };

const version1: Readonly<Record<string, string>> = { read: 'rs', write: 'cud', '*': 'cruds' };
const form = /^(patient|user|system)\/(\*|[A-Za-z]+)\.(read|write|\*|c?r?u?d?s?)(?:\?(.+))?$/;

/** The rules of a grant. Scopes that are not about resources are left out. */
export function accessOf(grant: Grant): Access {
  const rules: Rule[] = [];
  for (const scope of grant.scope.split(' ')) {
    const [, level, type = '', allowed = '', query = ''] = form.exec(scope) ?? [];
    const patient = level === 'patient' ? grant.patient : ownChart(grant);
    // Without a patient in context a patient scope is about nobody.
    if (level === undefined || (level === 'patient' && patient === undefined)) continue;
    rules.push({
      type: type === '*' ? undefined : type,
      permissions: version1[allowed] ?? allowed,
      patient: level === 'system' ? undefined : patient,
      query,
    });
  }
  return { kind: 'scoped', rules };
}

/** A patient who signs in is a user who may see one chart only. */
function ownChart({ fhirUser }: Grant): string | undefined {
  return fhirUser?.startsWith('Patient/') === true ? fhirUser.slice('Patient/'.length) : undefined;
}

function rulesFor(access: Access, permission: Permission, type: string): readonly Rule[] {
  if (access.kind === 'open') return [];
  return access.rules.filter(
    (rule) =>
      (rule.type ?? type) === type &&
      rule.permissions.includes(permission) &&
      // What belongs to no patient can be read, not changed, in the context of one.
      (rule.patient === undefined || isPatientType(type) || 'rs'.includes(permission)),
  );
}

/** Whether some resource of the type may be touched so. */
export function mayTouchType(access: Access, permission: Permission, type: string): boolean {
  return access.kind === 'open' || rulesFor(access, permission, type).length > 0;
}

/** The only patient whose resources of this type may be searched; undefined: no such limit. */
export function onlyPatient(access: Access, type: string): string | undefined {
  const rules = rulesFor(access, 's', type);
  const [first] = rules;
  if (first === undefined || !isPatientType(type)) return undefined;
  return rules.every(({ patient }) => patient === first.patient) ? first.patient : undefined;
}

/** Whether this resource may be touched so. */
export function mayTouch(
  access: Access,
  permission: Permission,
  resource: Resource,
  around: Surroundings,
): boolean {
  if (access.kind === 'open') return true;
  const type = resource.resourceType;
  return rulesFor(access, permission, type).some(
    ({ patient, query }) =>
      (patient === undefined || !isPatientType(type) || isOfPatient(resource, patient, around)) &&
      restrictions(type, query).every((criterion) => meets(resource, criterion, around)),
  );
}

const known = new Map<string, readonly Criterion[]>();

function restrictions(type: string, query: string): readonly Criterion[] {
  if (query === '') return [];
  const key = `${type}?${query}`;
  const criteria = known.get(key) ?? parseQuery(type, [...new URLSearchParams(query)]).criteria;
  known.set(key, criteria);
  return criteria;
}
