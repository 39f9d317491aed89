/** The synthetic resources of the clinic, from `fhir-fixtures/clinic/`: a file for each type. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Resource } from '@medplum/fhirtypes';
import { sampleResources } from './patients.ts';

/** Where they are in a checkout. */
export const clinicDirectory = path.join(import.meta.dirname, '..', 'fhir-fixtures', 'clinic');

/** Reads all `*.ndjson` of a folder, in the order of their names: the same one each time. */
export function readClinic(directory: string): readonly Resource[] {
  if (!existsSync(directory)) return sampleResources;
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
