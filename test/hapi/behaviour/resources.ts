/**
 * The resources of the behaviour suite: small, synthetic, each findable by what only its scenario
 * knows.
 */
import type { Observation, Patient } from '@medplum/fhirtypes';
import { system } from './client.ts';
import type { Client } from './client.ts';

/** A Patient with the identifier `{tag}-{key}`. */
export function patient({ tag }: Client, key: string, more: Partial<Patient> = {}): Patient {
  return {
    resourceType: 'Patient',
    meta: { tag: [{ system, code: tag }] },
    identifier: [{ system, value: `${tag}-${key}` }],
    name: [{ family: 'Müller-Синтетик', given: [key] }],
    ...more,
  };
}

/** A heart rate of a subject. */
export function observation(
  { tag }: Client,
  subject: string,
  value: number,
  more: Partial<Observation> = {},
): Observation {
  return {
    resourceType: 'Observation',
    meta: { tag: [{ system, code: tag }] },
    status: 'final',
    code: { coding: [{ system: 'http://loinc.org', code: '8867-4' }] },
    subject: { reference: subject },
    valueQuantity: { value, unit: '/min', system: 'http://unitsofmeasure.org', code: '/min' },
    ...more,
  };
}

/** The search criteria that find the Patient with this key, and nothing else. */
export function criteria({ tag }: Client, key: string): string {
  return `identifier=${encodeURIComponent(`${system}|${tag}-${key}`)}`;
}

/** The search criteria that find everything of this scenario. */
export function tagged({ tag }: Client): string {
  return `_tag=${encodeURIComponent(`${system}|${tag}`)}`;
}
