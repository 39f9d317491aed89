/** The synthetic resources of the clinic, from `fhir-fixtures/clinic/`: a file for each type. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Encounter, Patient, Resource } from '@medplum/fhirtypes';

/** Where they are in a checkout. */
export const clinicDirectory = path.join(import.meta.dirname, '..', 'fhir-fixtures', 'clinic');

const mrnSystem = 'https://sample-ehr.example.org/mrn';

/** A patient as lists show them. */
export interface ListedPatient {
  /** Logical id. */
  readonly id: string;
  readonly name: string;
  /** `YYYY-MM-DD` */
  readonly birthDate: string;
  /** Medical record number. */
  readonly mrn: string;
  /** Logical id of the encounter in progress. */
  readonly encounter: string | undefined;
}

/** Reads all `*.ndjson` of a folder, in the order of their names: the same one each time. */
export function readClinic(directory: string): readonly Resource[] {
  return readdirSync(directory)
    .filter((name) => name.endsWith('.ndjson'))
    .sort()
    .flatMap((name) =>
      readFileSync(path.join(directory, name), 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Resource),
    );
}

/** The patients among the resources, for a picker. */
export function listPatients(resources: readonly Resource[]): readonly ListedPatient[] {
  const running = new Map(
    resources
      .filter((one): one is Encounter => one.resourceType === 'Encounter')
      .filter(({ status }) => status === 'in-progress')
      .map(({ subject, id }) => [subject?.reference, id]),
  );
  return resources
    .filter((one): one is Patient => one.resourceType === 'Patient')
    .map(({ id = '', name, birthDate = '', identifier }) => ({
      id,
      name: nameOf(name),
      birthDate,
      mrn: identifier?.find(({ system }) => system === mrnSystem)?.value ?? '',
      encounter: running.get(`Patient/${id}`),
    }));
}

function nameOf(names: Patient['name']): string {
  const name = names?.find(({ use }) => use === 'official') ?? names?.[0];
  return name?.text ?? [...(name?.given ?? []), name?.family ?? ''].join(' ').trim();
}
