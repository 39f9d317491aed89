/** Codings of the terminologies that the clinic uses, and the small FHIR shapes made of them. */
import type { CodeableConcept, Coding, Meta, Quantity } from '@medplum/fhirtypes';

const terminology = 'http://terminology.hl7.org/CodeSystem/';

/** Code systems by the names used here. */
export const systems = {
  loinc: 'http://loinc.org',
  snomed: 'http://snomed.info/sct',
  rxnorm: 'http://www.nlm.nih.gov/research/umls/rxnorm',
  cvx: 'http://hl7.org/fhir/sid/cvx',
  icd10: 'http://hl7.org/fhir/sid/icd-10-cm',
  ucum: 'http://unitsofmeasure.org',
  actCode: `${terminology}v3-ActCode`,
  confidentiality: `${terminology}v3-Confidentiality`,
  mrn: 'https://sample-ehr.example.org/mrn',
  staff: 'https://sample-ehr.example.org/staff',
} as const;

/** A code with its display. */
export type Code = readonly [code: string, display: string];

/** One Coding. */
export function coding(system: string, [code, display]: Code): Coding {
  return { system, code, display };
}

/** A concept with one coding. */
export function concept(system: string, code: Code, text?: string): CodeableConcept {
  return { coding: [coding(system, code)], ...(text === undefined ? {} : { text }) };
}

/** A concept of an HL7 code system. @param name The last part of its URL. */
export function hl7(name: string, code: string, display: string): CodeableConcept {
  return concept(`${terminology}${name}`, [code, display]);
}

/** A quantity in UCUM. @param code Of UCUM; the unit shown, when it differs, as `shown`. */
export function quantity(value: number, code: string, shown = code): Quantity {
  return { value, unit: shown, system: systems.ucum, code };
}

/** A reference that leads to a resource of the clinic. */
export interface Pointer {
  reference: string;
  display?: string;
}

/** A reference, `Patient/zoe`, with what a reader is shown. */
export function refer(reference: string, display?: string): Pointer {
  return { reference, ...(display === undefined ? {} : { display }) };
}

/** What makes a resource need more care than others. */
export type Label = 'PSY' | 'ETH' | 'HIV' | 'SDV' | 'SEX' | 'CEL';

const labels: Readonly<Record<Label, readonly [display: string, confidentiality: 'R' | 'V']>> = {
  PSY: ['psychiatry disorder information sensitivity', 'R'],
  ETH: ['substance abuse information sensitivity', 'R'],
  HIV: ['HIV/AIDS information sensitivity', 'R'],
  SDV: ['sexual assault, abuse, or domestic violence information sensitivity', 'V'],
  SEX: ['sexuality and reproductive health information sensitivity', 'R'],
  CEL: ['celebrity information sensitivity', 'V'],
};
const confidentialities = { R: 'restricted', V: 'very restricted' } as const;

/** `meta` with the strictest confidentiality of the labels and the labels; nothing without any. */
export function labelled(
  given: readonly (Label | undefined)[],
  veryRestricted = false,
): { meta?: Meta } {
  const present = [...new Set(given.filter((one) => one !== undefined))];
  if (present.length === 0) return {};
  const level = veryRestricted || present.some((one) => labels[one][1] === 'V') ? 'V' : 'R';
  const security = [
    coding(systems.confidentiality, [level, confidentialities[level]]),
    ...present.map((one) => coding(systems.actCode, [one, labels[one][0]])),
  ];
  return { meta: { security } };
}
