/** Patient resources. Addresses and telephone numbers lead nowhere: country XX, 555 01xx, example.org. */
import type { Identifier, Patient } from '@medplum/fhirtypes';
import { chance, pick } from './chance.ts';
import { dayOf, yearOf } from './calendar.ts';
import { hl7, labelled, refer, systems } from './codes.ts';
import type { Person } from './person.ts';
import { clinic, member } from './staff.ts';

const streets = [
  'Orchard Street',
  'Mill Lane',
  'Harbour View',
  'Lantern Row',
  'Old Ferry Road',
  'Heron Close',
] as const;

/** "Zoë Nuñez" */
export function fullName(person: Person): string {
  return `${person.given} ${person.family}`;
}

/** A reference to a patient. */
export function patient(person: Person): { reference: string; display: string } {
  return { reference: `Patient/${person.id}`, display: fullName(person) };
}

/** A record number: `S-1001` for the first patient. */
export function recordNumber(index: number): string {
  return `S-${String(1001 + index)}`;
}

function numbers(index: number, replacedIndex: number | undefined): Identifier[] {
  const type = hl7('v2-0203', 'MR', 'Medical record number');
  const own: Identifier = {
    use: 'usual',
    type,
    system: systems.mrn,
    value: recordNumber(index),
    assigner: clinic,
  };
  if (replacedIndex === undefined) return [own];
  return [
    own,
    { use: 'old', type, system: systems.mrn, value: recordNumber(replacedIndex), assigner: clinic },
  ];
}

function names(person: Person): Patient['name'] {
  const official = {
    use: 'official' as const,
    text: fullName(person),
    family: person.family,
    given: person.given.split(' '),
  };
  if (person.native === undefined) return [official];
  const url = 'http://hl7.org/fhir/StructureDefinition/language';
  return [
    official,
    {
      extension: [{ url, valueCode: person.native.language }],
      use: 'usual',
      text: person.native.text,
    },
  ];
}

/** @param people All of them, in the order of their record numbers. */
export function patientResource(person: Person, people: readonly Person[]): Patient {
  const index = people.indexOf(person);
  const replacedIndex = people.findIndex((one) => one.id === person.replaces);
  const next = chance(`${person.id} address`);
  const house = String(2 + Math.floor(next() * 90));
  // Families live together.
  const street = pick(chance(`${person.family} street`), streets);
  const phone = `+1 555 ${String(102 + index).padStart(4, '0')}`;
  const isAdult = 2026 - yearOf(dayOf(person.birthDate)) >= 18;
  return {
    resourceType: 'Patient',
    id: person.id,
    ...labelled([person.label]),
    identifier: numbers(index, replacedIndex < 0 ? undefined : replacedIndex),
    active: person.replacedBy === undefined,
    name: names(person) ?? [],
    telecom: [
      { system: 'phone', value: person.mother?.phone ?? phone, use: 'home' },
      ...(isAdult ? [{ system: 'email' as const, value: `${person.id}@example.org` }] : []),
    ],
    gender: person.gender,
    birthDate: person.birthDate,
    ...(person.died === undefined ? {} : { deceasedDateTime: person.died }),
    address: [
      {
        use: 'home',
        line: [`${house} ${street}`],
        city: 'Riverbend',
        postalCode: `001${String(index).padStart(2, '0')}`,
        country: 'XX',
      },
    ],
    ...(person.mother === undefined
      ? {}
      : {
          contact: [
            {
              relationship: [hl7('v3-RoleCode', 'MTH', 'mother')],
              name: { text: person.mother.name },
              telecom: [{ system: 'phone', value: person.mother.phone }],
            },
          ],
        }),
    ...(person.language === undefined
      ? {}
      : {
          communication: [
            {
              language: {
                coding: [
                  {
                    system: 'urn:ietf:bcp:47',
                    code: person.language[0],
                    display: person.language[1],
                  },
                ],
              },
              preferred: true,
            },
          ],
        }),
    generalPractitioner: [member(isAdult ? 'ana-souza' : 'hana-kovar')],
    managingOrganization: clinic,
    ...links(person),
  };
}

function links(person: Person): Pick<Patient, 'link'> {
  if (person.replacedBy !== undefined) {
    return { link: [{ other: refer(`Patient/${person.replacedBy}`), type: 'replaced-by' }] };
  }
  if (person.replaces !== undefined) {
    return { link: [{ other: refer(`Patient/${person.replaces}`), type: 'replaces' }] };
  }
  return {};
}
