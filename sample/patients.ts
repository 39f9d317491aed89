/** A few synthetic patients and observations, written for the demo. Nobody here exists. */
import type { Observation, Patient, Resource } from '@medplum/fhirtypes';

const mrn = 'https://sample-ehr.example.org/mrn';

const patient = (
  id: string,
  number: string,
  family: string,
  given: string,
  gender: NonNullable<Patient['gender']>,
  birthDate: string,
): Patient => ({
  resourceType: 'Patient',
  id,
  identifier: [{ system: mrn, value: number }],
  name: [{ use: 'official', family, given: [given] }],
  gender,
  birthDate,
});

const heartRate = (id: string, subject: string, at: string, perMinute: number): Observation => ({
  resourceType: 'Observation',
  id,
  status: 'final',
  category: [
    {
      coding: [
        {
          system: 'http://terminology.hl7.org/CodeSystem/observation-category',
          code: 'vital-signs',
        },
      ],
    },
  ],
  code: { coding: [{ system: 'http://loinc.org', code: '8867-4', display: 'Heart rate' }] },
  subject: { reference: `Patient/${subject}` },
  effectiveDateTime: at,
  valueQuantity: {
    value: perMinute,
    unit: 'beats/minute',
    system: 'http://unitsofmeasure.org',
    code: '/min',
  },
});

/** What the sample upstream starts with. */
export const sampleResources: readonly Resource[] = [
  patient('zoe', 'S-1001', 'Nuñez', 'Zoë', 'female', '1984-03-09'),
  patient('tomas', 'S-1002', 'Novák', 'Tomáš', 'male', '1961-11-30'),
  patient('mei', 'S-1003', 'Lindqvist', 'Mei', 'female', '2012-07-21'),
  heartRate('hr-1', 'zoe', '2026-10-01T08:00:00Z', 68),
  heartRate('hr-2', 'zoe', '2026-10-08T08:05:00Z', 71),
  heartRate('hr-3', 'zoe', '2026-10-15T07:55:00Z', 66),
  heartRate('hr-4', 'tomas', '2026-10-02T09:10:00Z', 84),
  heartRate('hr-5', 'mei', '2026-10-03T10:20:00Z', 92),
];
