/**
 * The places of an answer's body that the mapping looks at. Whoever hands in a body may leave out
 * everything else: `describe` makes the same events of it. Between the gateway's scan and the walk.
 *
 * Spec: FHIR R4 compartmentdefinition-patient.html; bundle.html; parameters.html.
 */
import { patientCompartment } from './patient-compartment.ts';

/** What a resource may stand under; the first is the body itself. */
export const resourceParents = ['', 'resource', 'contained'] as const;

const everyResource = 'resourceType id type meta contained identifier entry parameter issue'.split(
  ' ',
);

const fixed: Readonly<Record<string, string>> = {
  meta: 'versionId security',
  security: 'system code',
  identifier: 'system value type',
  type: 'coding',
  coding: 'code',
  entry: 'fullUrl resource request response',
  request: 'url',
  response: 'location status',
  parameter: 'resource valueReference part',
  part: 'resource valueReference part',
  valueReference: 'reference type identifier',
  issue: 'severity code',
};

function collect(): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>();
  const add = (parent: string, key: string): void => {
    const keys = found.get(parent) ?? new Set<string>();
    found.set(parent, keys.add(key));
  };
  const addToResources = (key: string): void => {
    for (const parent of resourceParents) add(parent, key);
  };
  for (const key of everyResource) addToResources(key);
  for (const [parent, keys] of Object.entries(fixed)) {
    for (const key of keys.split(' ')) add(parent, key);
  }
  for (const path of Object.values(patientCompartment).flat()) {
    const names = path.split('.');
    for (const [at, name] of names.entries()) {
      const parent = names[at - 1];
      if (parent === undefined) addToResources(name);
      else add(parent, name);
    }
    for (const key of ['reference', 'type', 'identifier']) add(names.at(-1) ?? '', key);
  }
  return found;
}

/**
 * Keys that are looked at, by the key that their object stands under (`''` for the body itself);
 * the elements of a list stand under the list's key.
 */
export const bodyPositions: ReadonlyMap<string, ReadonlySet<string>> = collect();
