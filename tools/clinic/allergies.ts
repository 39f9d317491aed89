/** Allergies of the clinic's patients, in SNOMED CT. */
import type { Code } from './codes.ts';

/** One allergy and what it does. */
export interface Allergy {
  readonly code: Code;
  readonly category: 'food' | 'medication' | 'environment';
  readonly criticality: 'low' | 'high';
  readonly reaction?: Code;
}

const hives: Code = ['126485001', 'Urticaria'];
const anaphylaxis: Code = ['39579001', 'Anaphylaxis'];
const rash: Code = ['271807003', 'Eruption of skin'];
const rhinitis: Code = ['70076002', 'Rhinitis'];

/** All allergies, by the word that stands in resource ids. */
export const allergies = {
  penicillin: {
    code: ['91936005', 'Allergy to penicillin'],
    category: 'medication',
    criticality: 'high',
    reaction: hives,
  },
  sulfonamide: {
    code: ['91939003', 'Allergy to sulfonamide'],
    category: 'medication',
    criticality: 'high',
    reaction: rash,
  },
  aspirin: {
    code: ['293586001', 'Allergy to aspirin'],
    category: 'medication',
    criticality: 'low',
    reaction: hives,
  },
  peanut: {
    code: ['91935009', 'Allergy to peanut'],
    category: 'food',
    criticality: 'high',
    reaction: anaphylaxis,
  },
  egg: {
    code: ['91930004', 'Allergy to egg protein'],
    category: 'food',
    criticality: 'low',
    reaction: rash,
  },
  shellfish: {
    code: ['300913006', 'Allergy to shellfish'],
    category: 'food',
    criticality: 'high',
    reaction: hives,
  },
  'dust-mite': {
    code: ['232350006', 'Allergy to house dust mite'],
    category: 'environment',
    criticality: 'low',
    reaction: rhinitis,
  },
  'grass-pollen': {
    code: ['418689008', 'Allergy to grass pollen'],
    category: 'environment',
    criticality: 'low',
    reaction: rhinitis,
  },
  none: { code: ['716186003', 'No known allergy'], category: 'medication', criticality: 'low' },
} as const satisfies Readonly<Record<string, Allergy>>;

/** The word of an allergy in resource ids. */
export type AllergyKey = keyof typeof allergies;
