/** Runs a search: the resources that match and that the one who asks may find, in order. */
import type { Resource } from '@medplum/fhirtypes';
import { patientParameters } from '../definitions.ts';
import { problem } from '../problem.ts';
import { mayTouch, mayTouchType, onlyPatient, type Access } from '../scopes.ts';
import type { Stored } from '../store.ts';
import type { Criterion } from './criterion.ts';
import { meets, relative, type Surroundings } from './match.ts';
import type { Query } from './query.ts';
import { sorted } from './sort.ts';

/** Who searches, and in what. */
export interface Searcher {
  readonly access: Access;
  readonly around: Surroundings;
}

/**
 * Oldest first unless sorted.
 *
 * @param isWithin A further condition: the compartment in which is searched.
 * @throws OperationOutcomeError (403) when the type may not be searched, or for another patient
 *   than the only one that may be.
 */
export function find(
  { access, around }: Searcher,
  type: string,
  query: Query,
  isWithin: (resource: Resource) => boolean = () => true,
): readonly Stored[] {
  if (!mayTouchType(access, 's', type)) {
    throw problem('forbidden', `The granted scopes do not allow a search for ${type}.`);
  }
  const only = onlyPatient(access, type);
  if (only !== undefined) checkPatient(type, query.criteria, only, around.baseUrl);
  const found: Stored[] = [];
  for (const resource of around.all(type)) {
    const isMatch =
      query.criteria.every((criterion) => meets(resource, criterion, around)) &&
      isWithin(resource) &&
      mayTouch(access, 's', resource, around);
    if (isMatch) found.push(resource as Stored);
  }
  return query.sort.length === 0 ? found : sorted(found, query.sort);
}

/** To ask for somebody else is refused, not answered with nothing. */
function checkPatient(
  type: string,
  criteria: readonly Criterion[],
  only: string,
  baseUrl: string,
): void {
  const codes = type === 'Patient' ? ['_id'] : ['patient', ...(patientParameters(type) ?? [])];
  for (const criterion of criteria) {
    if (criterion.kind !== 'value' || !codes.includes(criterion.param.code)) continue;
    if (criterion.modifier !== undefined && criterion.modifier !== 'Patient') continue;
    const asked = criterion.values.map((value) => relative(value, baseUrl));
    const patients = asked.filter((value) => !value.includes('/') || value.startsWith('Patient/'));
    if (patients.every((value) => value === only || value === `Patient/${only}`)) continue;
    throw problem('forbidden', 'The granted scopes are for one patient, another was asked for.');
  }
}
