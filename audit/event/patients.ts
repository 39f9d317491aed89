/**
 * Collects the patients of one exchange: each once, with every way in which it was found and what
 * of its data was touched. The walk through bodies is in `walk.ts`, the request in `find-patients.ts`.
 */
import { dataCategory, type DataCategory } from './category.ts';
import type { Coding, Identifier } from './fhir.ts';

/** How it is known that a patient is concerned. */
export type PatientWay = 'answer' | 'url' | 'parameter' | 'request-body' | 'launch-context';

/** What of a patient's data was touched. */
export interface Touch {
  readonly categories: Set<DataCategory>;
  /** By `system|code`. */
  readonly labels: Map<string, Coding>;
}

/** One patient. At least one of `reference`, `identifier`, `display` is there. */
export interface Patient {
  /** `Patient/1`, or an absolute URL when it lives on another server, or a URN. */
  readonly reference: string | undefined;
  identifier: Identifier | undefined;
  /** Only for one that has neither. */
  readonly display: string | undefined;
  readonly ways: Set<PatientWay>;
  readonly touch: Touch;
}

/** The patients found so far. Owned by one `describe`; not shared. */
export interface PatientSet {
  readonly byKey: Map<string, Patient>;
  /** Identifiers seen in Patient resources, to the key of their patient. */
  readonly keyByIdentifier: Map<string, string>;
  /** Touched, of no patient in particular. */
  readonly general: Touch;
}

/** How a patient is named where it was found. */
export type PatientName =
  | { readonly reference: string; readonly identifiers?: readonly Identifier[] }
  | { readonly identifier: Identifier }
  | { readonly display: string };

function noTouch(): Touch {
  return { categories: new Set(), labels: new Map() };
}

/** No patient yet. */
export function noPatients(): PatientSet {
  return { byKey: new Map(), keyByIdentifier: new Map(), general: noTouch() };
}

function tokenOf(identifier: Identifier): string {
  return `${identifier.system ?? ''}|${identifier.value ?? ''}`;
}

function keyOf(name: PatientName): string {
  if ('reference' in name) return name.reference;
  return 'identifier' in name
    ? `identifier ${tokenOf(name.identifier)}`
    : `display ${name.display}`;
}

/** Adds a patient, or a way to one that is there. */
export function addPatient(set: PatientSet, name: PatientName, way: PatientWay): Patient {
  const key = keyOf(name);
  let patient = set.byKey.get(key);
  if (patient === undefined) {
    patient = {
      reference: 'reference' in name ? name.reference : undefined,
      identifier: 'identifier' in name ? name.identifier : undefined,
      display: 'display' in name ? name.display : undefined,
      ways: new Set([way]),
      touch: noTouch(),
    };
    set.byKey.set(key, patient);
  } else {
    patient.ways.add(way);
  }
  const identifiers = 'reference' in name ? (name.identifiers ?? []) : [];
  const [first] = identifiers;
  if (first !== undefined) patient.identifier = first;
  for (const identifier of identifiers) {
    set.keyByIdentifier.set(tokenOf(identifier), key);
    // A search may give the value without its system.
    set.keyByIdentifier.set(`|${identifier.value ?? ''}`, key);
  }
  return patient;
}

/** Notes that a resource with these labels was touched. */
export function addTouch(touch: Touch, resourceType: string, labels: readonly Coding[]): void {
  touch.categories.add(dataCategory(resourceType));
  for (const label of labels) touch.labels.set(`${label.system ?? ''}|${label.code ?? ''}`, label);
}

function mergeInto(patient: Patient, duplicate: Patient): void {
  for (const way of duplicate.ways) patient.ways.add(way);
  for (const category of duplicate.touch.categories) patient.touch.categories.add(category);
  for (const [key, label] of duplicate.touch.labels) patient.touch.labels.set(key, label);
}

/**
 * The patients, each once: one that is known by identifier only is the same as a Patient resource
 * that carries that identifier. In the order in which they were found.
 */
export function distinctPatients(set: PatientSet): readonly Patient[] {
  const distinct: Patient[] = [];
  for (const patient of set.byKey.values()) {
    const key =
      patient.reference === undefined && patient.identifier !== undefined
        ? set.keyByIdentifier.get(tokenOf(patient.identifier))
        : undefined;
    const same = key === undefined ? undefined : set.byKey.get(key);
    if (same === undefined || same === patient) distinct.push(patient);
    else mergeInto(same, patient);
  }
  return distinct;
}
