/** What the people of the clinic day write: a few resources, as their apps would send them. */

interface Written {
  readonly patient: string;
  /** `Practitioner/<id>` */
  readonly by: string;
  /** Instant, ISO 8601. */
  readonly at: string;
}

const observationCategory = 'http://terminology.hl7.org/CodeSystem/observation-category';
const loinc = (code: string, display: string): object => ({
  coding: [{ system: 'http://loinc.org', code, display }],
});
const quantity = (value: number, unit: string, code: string): object => ({
  value,
  unit,
  system: 'http://unitsofmeasure.org',
  code,
});

function vitalSign({ patient, by, at }: Written): object {
  return {
    resourceType: 'Observation',
    status: 'final',
    category: [{ coding: [{ system: observationCategory, code: 'vital-signs' }] }],
    subject: { reference: `Patient/${patient}` },
    encounter: { reference: `Encounter/enc-${patient}-today` },
    effectiveDateTime: at,
    performer: [{ reference: by }],
  };
}

/** @param systolic,diastolic mmHg. */
export function bloodPressure(written: Written, systolic: number, diastolic: number): object {
  return {
    ...vitalSign(written),
    code: loinc('85354-9', 'Blood pressure panel with all children optional'),
    component: [
      {
        code: loinc('8480-6', 'Systolic blood pressure'),
        valueQuantity: quantity(systolic, 'mmHg', 'mm[Hg]'),
      },
      {
        code: loinc('8462-4', 'Diastolic blood pressure'),
        valueQuantity: quantity(diastolic, 'mmHg', 'mm[Hg]'),
      },
    ],
  };
}

/** @param celsius Body temperature. */
export function temperature(written: Written, celsius: number): object {
  return {
    ...vitalSign(written),
    code: loinc('8310-5', 'Body temperature'),
    valueQuantity: quantity(celsius, '°C', 'Cel'),
  };
}

/** A prescription. */
export function prescription({ patient, by, at }: Written, drug: string, dose: string): object {
  return {
    resourceType: 'MedicationRequest',
    status: 'active',
    intent: 'order',
    medicationCodeableConcept: { text: drug },
    subject: { reference: `Patient/${patient}` },
    authoredOn: at,
    requester: { reference: by },
    dosageInstruction: [{ text: dose }],
  };
}

/** A note as text, in one resource. */
export function note({ patient, by, at }: Written, title: string, text: string): object {
  return {
    resourceType: 'DocumentReference',
    status: 'current',
    type: loinc('11506-3', 'Progress note'),
    description: title,
    subject: { reference: `Patient/${patient}` },
    date: at,
    author: [{ reference: by }],
    content: [
      {
        attachment: {
          contentType: 'text/plain',
          title,
          data: Buffer.from(text, 'utf8').toString('base64'),
        },
      },
    ],
  };
}

/** Several reads in one request. */
export function batchOfReads(...paths: readonly string[]): object {
  return {
    resourceType: 'Bundle',
    type: 'batch',
    entry: paths.map((url) => ({ request: { method: 'GET', url } })),
  };
}
