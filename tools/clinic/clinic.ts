/**
 * The whole synthetic clinic as FHIR R4 resources, the same on every run. Nobody in it is real.
 *
 * `npm run clinic:write` writes it to `fhir-fixtures/clinic/`, one NDJSON file for each type.
 */
import type { Resource } from '@medplum/fhirtypes';
import { adults, children } from './residents.ts';
import { cast } from './cast.ts';
import { courseOf } from './course.ts';
import type { Course } from './course.ts';
import { documents } from './documents.ts';
import { encounterResource, encountersInProgress } from './encounters.ts';
import { consents, groups } from './groups.ts';
import { immunizations } from './immunizations.ts';
import { patientResource } from './patients.ts';
import type { Person } from './person.ts';
import { reports } from './reports.ts';
import { staffResources } from './staff.ts';
import { allergyResources, conditions } from './conditions.ts';
import { prescriptions, procedures } from './treatment.ts';
import { vitalSigns } from './vital-signs.ts';

/** All patients, in the order of their record numbers. */
export const people: readonly Person[] = [...cast, ...adults, ...children];

/** A resource of the clinic; all have ids. */
export type ClinicResource = Resource & { readonly id: string };

function chart(course: Course): readonly Resource[] {
  return [
    ...course.visits.map((visit) => encounterResource(course, visit)),
    ...conditions(course),
    ...allergyResources(course.person),
    ...prescriptions(course),
    ...vitalSigns(course),
    ...reports(course),
    ...procedures(course),
    ...immunizations(course),
    ...documents(course),
  ];
}

/** Every resource, patients in order and each patient's in the order of time. */
export function clinicResources(): readonly ClinicResource[] {
  const all: readonly Resource[] = [
    ...staffResources(),
    ...people.map((person) => patientResource(person, people)),
    ...people.flatMap((person) => chart(courseOf(person))),
    ...encountersInProgress(people),
    ...groups(people),
    ...consents(people),
  ];
  return all.map((resource) => {
    if (resource.id === undefined) throw new Error(`a ${resource.resourceType} without id`);
    return { ...resource, id: resource.id };
  });
}

/** File name to text: NDJSON, one resource a line, each line ended by LF. */
export function clinicFiles(): ReadonlyMap<string, string> {
  const byType = Map.groupBy(clinicResources(), (resource) => resource.resourceType);
  return new Map(
    [...byType].map(([type, resources]) => [
      `${type}.ndjson`,
      resources.map((resource) => `${JSON.stringify(resource)}\n`).join(''),
    ]),
  );
}
