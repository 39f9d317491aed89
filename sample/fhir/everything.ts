/**
 * `Patient/[id]/$everything`: the patient, all that is about the patient, and what that refers to.
 *
 * Spec: https://hl7.org/fhir/R4/patient-operation-everything.html
 */
import type { Bundle } from '@medplum/fhirtypes';
import { numberOf, parameter, urlWith, type Asking } from './asking.ts';
import { isOfPatient, isPatientType } from './compartment.ts';
import { searchParameter, valuesOf } from './definitions.ts';
import { problem } from './problem.ts';
import { parseLocal, referencesOf } from './references.ts';
import { dateRange } from './search/range.ts';
import type { Pairs } from './search/query.ts';
import { datesOf } from './search/values.ts';
import type { Stored } from './store.ts';

/** Supports `_count`, `_since`, `_type`, `start`, `end`. */
export async function everything(asking: Asking, patient: string, pairs: Pairs): Promise<Bundle> {
  const { view } = asking;
  // Tells unknown (404), deleted (410) and forbidden (403) from a chart that is empty.
  await view.readResource('Patient', patient);
  const isWanted = filterOf(pairs);
  const about = view
    .visibleTypes()
    .flatMap((type) => [...view.around.all(type)] as Stored[])
    .filter((resource) => isOfPatient(resource, patient, view.around) && isWanted(resource));
  const self = view.visible('Patient', patient);
  const chart = [
    ...(self === undefined || !isWanted(self) ? [] : [self]),
    ...about.filter(({ resourceType }) => resourceType !== 'Patient'),
  ];
  const matches = [...chart, ...referredTo(asking, chart)];
  return asking.pages.open(
    {
      matches: matches.map(({ resourceType, id }) => [resourceType, id]),
      includes: [],
      elements: undefined,
      wantsTotal: true,
    },
    {
      view,
      now: asking.clock(),
      selfUrl: urlWith(asking.baseUrl, `Patient/${patient}/$everything`, pairs),
      count: numberOf(parameter(pairs, '_count')),
    },
  );
}

/** Practitioners, organizations and the like; never the chart of somebody else. */
function referredTo({ view }: Asking, chart: readonly Stored[]): readonly Stored[] {
  const found = new Map<string, Stored>();
  for (const reference of chart.flatMap(referencesOf)) {
    const target = parseLocal(reference);
    if (target === undefined || isPatientType(target[0])) continue;
    const resource = view.visible(...target);
    if (resource !== undefined) found.set(target.join('/'), resource);
  }
  return [...found.values()];
}

function filterOf(pairs: Pairs): (resource: Stored) => boolean {
  const types = parameter(pairs, '_type')?.split(',');
  const [since, start, end] = ['_since', 'start', 'end'].map((name) => instantOf(pairs, name));
  return (resource) => {
    if (types !== undefined && !types.includes(resource.resourceType)) return false;
    if (since !== undefined && Date.parse(resource.meta?.lastUpdated ?? '') < since) return false;
    if (start === undefined && end === undefined) return true;
    const param = searchParameter(resource.resourceType, 'date');
    const dates = param === undefined ? [] : valuesOf(resource, param).flatMap(datesOf);
    // What has no date of care, such as an allergy, is part of every period.
    return (
      dates.length === 0 ||
      dates.some((date) => date.to > (start ?? -Infinity) && date.from < (end ?? Infinity))
    );
  };
}

function instantOf(pairs: Pairs, name: string): number | undefined {
  const text = parameter(pairs, name);
  if (text === undefined) return undefined;
  const range = dateRange(text);
  if (range === undefined) throw problem('bad-request', `Parameter "${name}" is no date.`);
  return name === 'end' ? range.to : range.from;
}
