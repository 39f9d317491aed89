/**
 * Walks a FHIR JSON body once and collects its patients: resources, Bundle entries, nested Bundles,
 * contained resources, Parameters. Looks only where the patient compartment says; never throws.
 *
 * Spec: FHIR R4 compartmentdefinition-patient.html, bundle.html, references.html.
 */
import { elements, isObject, stringAt, type Coding, type JsonObject } from './fhir.ts';
import { patientCompartment } from './patient-compartment.ts';
import {
  addPatient,
  addTouch,
  type Patient,
  type PatientName,
  type PatientSet,
  type PatientWay,
} from './patients.ts';
import {
  patientIdentifiers,
  readIdentifier,
  readLocation,
  readReference,
  type Target,
} from './reference.ts';
import { fitText, fitUri, relativeReference } from './text.ts';

/** Bundles in Bundles and Parameters in parameters are followed this far. */
const maxDepth = 16;

/** What one walk needs to know. */
export interface Walk {
  readonly patients: PatientSet;
  readonly way: PatientWay;
  /** FHIR base of the upstream, without trailing slash. */
  readonly base: string;
}

/** Where a resource stands: what its fragments and URNs resolve against. */
interface Place {
  readonly walk: Walk;
  readonly depth: number;
  readonly container: JsonObject | undefined;
  readonly bundle: JsonObject | undefined;
}

const pathsByType = new Map<string, readonly (readonly string[])[]>(
  Object.entries(patientCompartment).map(([type, paths]) => [
    type,
    paths.map((path) => path.split('.')),
  ]),
);

/** True when resources of this type belong to patients, or may carry what does. */
export function mayConcernPatient(type: string | undefined): boolean {
  return type === undefined || pathsByType.has(type) || type === 'Binary' || type === 'Bundle';
}

/** Security labels of a resource, as far as they are readable. */
export function securityLabels(resource: JsonObject): readonly Coding[] {
  const meta = resource['meta'];
  if (!isObject(meta) || meta['security'] === undefined) return [];
  const labels: Coding[] = [];
  for (const json of elements(meta['security'])) {
    if (!isObject(json)) continue;
    const system = stringAt(json, 'system');
    const code = stringAt(json, 'code')?.trim();
    if (code === undefined || code === '') continue;
    const fitted = fitText(code).replaceAll(/\s+/g, ' ');
    labels.push(system === undefined ? { code: fitted } : { system: fitUri(system), code: fitted });
  }
  return labels;
}

/** Visits a body: anything JSON. */
export function walkBody(json: unknown, walk: Walk): void {
  visit(json, { walk, depth: 0, container: undefined, bundle: undefined });
}

function visit(json: unknown, place: Place): void {
  if (!isObject(json) || place.depth > maxDepth) return;
  const type = stringAt(json, 'resourceType');
  if (type === undefined) return;
  if (type === 'Bundle') visitBundle(json, place);
  else if (type === 'Parameters') visitParameters(json, place);
  else if (type !== 'OperationOutcome') visitResource(type, json, place);
}

function visitBundle(bundle: JsonObject, place: Place): void {
  const inside = { ...place, depth: place.depth + 1, bundle, container: undefined };
  for (const entry of elements(bundle['entry'])) {
    if (!isObject(entry)) continue;
    visit(entry['resource'], inside);
    for (const [part, key] of [
      [entry['response'], 'location'],
      [entry['request'], 'url'],
    ] as const) {
      const url = isObject(part) ? stringAt(part, key) : undefined;
      if (url === undefined) continue;
      const target = readReference(url, place.walk.base);
      if (target.kind === 'patient') addTarget(target, false, inside);
    }
  }
}

function visitParameters(parameters: JsonObject, place: Place): void {
  if (place.depth > maxDepth) return;
  const inside = { ...place, depth: place.depth + 1 };
  for (const parameter of elements(parameters['parameter'] ?? parameters['part'])) {
    if (!isObject(parameter)) continue;
    visit(parameter['resource'], inside);
    const reference = parameter['valueReference'];
    if (reference !== undefined) visitReference(reference, false, inside);
    if (parameter['part'] !== undefined) visitParameters({ part: parameter['part'] }, inside);
  }
}

function visitResource(type: string, resource: JsonObject, place: Place): void {
  const { walk } = place;
  const inside = resource['contained'] === undefined ? place : { ...place, container: resource };
  const found: (Patient | undefined)[] = [];
  if (type === 'Patient') found.push(visitPatient(resource, place));
  for (const path of pathsByType.get(type) ?? []) {
    const last = path.at(-1);
    const alwaysPatient = last === 'patient' || last === 'subject' || last === 'beneficiary';
    follow(resource, path, 0, (json) => {
      found.push(visitReference(json, alwaysPatient, inside));
    });
  }
  const labels = securityLabels(resource);
  let touched = false;
  for (const patient of found) {
    if (patient === undefined) continue;
    addTouch(patient.touch, type, labels);
    touched = true;
  }
  if (!touched) addTouch(walk.patients.general, type, labels);
  if (place.container === undefined) {
    for (const contained of elements(resource['contained'])) visit(contained, inside);
  }
}

function follow(
  json: unknown,
  path: readonly string[],
  at: number,
  leaf: (json: unknown) => void,
): void {
  if (Array.isArray(json)) {
    // FHIR has no lists of lists: following them would let a body choose our stack depth.
    for (const element of json as readonly unknown[]) {
      if (!Array.isArray(element)) follow(element, path, at, leaf);
    }
    return;
  }
  const key = path[at];
  if (key === undefined) leaf(json);
  else if (isObject(json) && json[key] !== undefined) follow(json[key], path, at + 1, leaf);
}

// Only Bundles with URNs or resources without ids need it; built once for each of those.
const entryIndexes = new WeakMap<JsonObject, ReadonlyMap<unknown, JsonObject>>();

/** Entries of a Bundle by `fullUrl` and by their resource. */
function entryIndex(bundle: JsonObject): ReadonlyMap<unknown, JsonObject> {
  const known = entryIndexes.get(bundle);
  if (known !== undefined) return known;
  const index = new Map<unknown, JsonObject>();
  for (const entry of elements(bundle['entry'])) {
    if (!isObject(entry)) continue;
    if (entry['fullUrl'] !== undefined) index.set(entry['fullUrl'], entry);
    if (entry['resource'] !== undefined) index.set(entry['resource'], entry);
  }
  entryIndexes.set(bundle, index);
  return index;
}

/** The name of a Patient resource: by its id, else by URN or identifier, else by where it stands. */
function nameOf(patient: JsonObject, place: Place): PatientName {
  const identifiers = patientIdentifiers(patient);
  const id = stringAt(patient, 'id');
  const { bundle, container } = place;
  if (container === undefined) {
    if (id !== undefined) return { reference: relativeReference('Patient', id), identifiers };
    const entry = bundle === undefined ? undefined : entryIndex(bundle).get(patient);
    const fullUrl = entry === undefined ? undefined : stringAt(entry, 'fullUrl');
    if (fullUrl !== undefined && /^(?:urn:|https?:\/\/)\S/.test(fullUrl)) {
      return { reference: fitUri(fullUrl), identifiers };
    }
  }
  const [identifier] = identifiers;
  if (identifier !== undefined) return { identifier };
  return { display: container === undefined ? 'Patient without id' : 'contained Patient' };
}

function visitPatient(patient: JsonObject, place: Place): Patient {
  return addPatient(place.walk.patients, nameOf(patient, place), place.walk.way);
}

function visitReference(json: unknown, alwaysPatient: boolean, place: Place): Patient | undefined {
  if (!isObject(json)) return undefined;
  const text = stringAt(json, 'reference');
  if (text !== undefined) {
    const found = addTarget(readReference(text, place.walk.base), alwaysPatient, place);
    if (found !== undefined) {
      found.identifier ??= readIdentifier(json['identifier']);
      return found;
    }
    return undefined;
  }
  const identifier = readIdentifier(json['identifier']);
  const type = json['type'];
  const isPatient = type === 'Patient' || (type === undefined && alwaysPatient);
  return identifier === undefined || !isPatient
    ? undefined
    : addPatient(place.walk.patients, { identifier }, place.walk.way);
}

function addTarget(target: Target, alwaysPatient: boolean, place: Place): Patient | undefined {
  const { walk, container, bundle } = place;
  switch (target.kind) {
    case 'patient':
    case 'identifier':
      return addPatient(walk.patients, target, walk.way);
    case 'contained': {
      const resource = elements(container?.['contained']).find(
        (candidate) => isObject(candidate) && candidate['id'] === target.id,
      );
      return isObject(resource) && resource['resourceType'] === 'Patient'
        ? visitPatient(resource, place)
        : undefined;
    }
    case 'urn': {
      const resource =
        bundle === undefined ? undefined : entryIndex(bundle).get(target.urn)?.['resource'];
      if (isObject(resource)) {
        return resource['resourceType'] === 'Patient'
          ? visitPatient(resource, { ...place, container: undefined })
          : undefined;
      }
      return alwaysPatient
        ? addPatient(walk.patients, { reference: fitUri(target.urn) }, walk.way)
        : undefined;
    }
    case 'other':
      return undefined;
  }
}

/** Any text in a patch body that names a Patient. */
export function walkPatch(json: unknown, walk: Walk, depth = 0): void {
  if (depth > maxDepth) return;
  if (typeof json === 'string') {
    const target = readReference(json, walk.base);
    if (target.kind === 'patient') addPatient(walk.patients, target, walk.way);
  } else if (Array.isArray(json)) {
    for (const element of json as readonly unknown[]) walkPatch(element, walk, depth + 1);
  } else if (isObject(json)) {
    for (const value of Object.values(json)) walkPatch(value, walk, depth + 1);
  }
}

/** A patient named by `Location` or `Content-Location`. */
export function walkLocation(location: string | undefined, walk: Walk): void {
  const place = readLocation(location);
  if (place?.type !== 'Patient') return;
  addPatient(walk.patients, { reference: relativeReference('Patient', place.id) }, walk.way);
}
