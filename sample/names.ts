/** What people call what the record knows by an id: patients, staff, accounts and apps of the sample. */
import type { Resource } from '@medplum/fhirtypes';
import { sampleAccounts } from './authorization/index.ts';
import { listPatients } from './clinic-data.ts';
import { clientNames } from './traffic/cast.ts';

/**
 * Makes a lookup over the sample's data.
 *
 * @returns From a reference (`Patient/zoe`), an account or a client id to a name; undefined for
 *   anything else.
 */
export function namesOf(resources: readonly Resource[]): (shown: string) => string | undefined {
  const names = new Map<string, string>(Object.entries(clientNames));
  for (const { id, name } of listPatients(resources)) names.set(`Patient/${id}`, name);
  for (const { id, name, fhirUser } of sampleAccounts) {
    names.set(id, name);
    names.set(fhirUser, name);
  }
  return (shown) => names.get(shown);
}
