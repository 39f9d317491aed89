/** The clinic itself: organizations, places, and the people who work there. */
import type { Location, Organization, Practitioner, PractitionerRole } from '@medplum/fhirtypes';
import { coding, concept, hl7, refer, systems } from './codes.ts';
import type { Code } from './codes.ts';

/** A member of the staff. */
export interface Member {
  readonly id: string;
  readonly prefix?: string;
  readonly given: string;
  readonly family: string;
  readonly gender: 'female' | 'male';
  readonly role: Code;
  readonly specialty: Code;
  readonly place: keyof typeof places;
}

const doctor: Code = ['309343006', 'Physician'];
const nurse: Code = ['224535009', 'Registered nurse'];

/** Places of the clinic, by id without the leading `riverside-`. */
export const places = {
  general: 'Internal medicine, first floor',
  cardiology: 'Cardiology, second floor',
  behavioural: 'Behavioural health, garden house',
  children: "Children's room, first floor",
  ward: 'Ward, third floor',
} as const;

/** By id. The first four can sign in to the demo. */
export const staff = {
  'ana-souza': {
    id: 'ana-souza',
    prefix: 'Dr',
    given: 'Ana',
    family: 'Souza',
    gender: 'female',
    role: doctor,
    specialty: ['419192003', 'Internal medicine'],
    place: 'general',
  },
  'kenji-mori': {
    id: 'kenji-mori',
    prefix: 'Dr',
    given: 'Kenji',
    family: 'Mori',
    gender: 'male',
    role: doctor,
    specialty: ['394579002', 'Cardiology'],
    place: 'cardiology',
  },
  'aoife-byrne': {
    id: 'aoife-byrne',
    given: 'Aoife',
    family: 'Byrne',
    gender: 'female',
    role: nurse,
    specialty: ['394814009', 'General practice'],
    place: 'general',
  },
  'lukas-weber': {
    id: 'lukas-weber',
    prefix: 'Dr',
    given: 'Lukas',
    family: 'Weber',
    gender: 'male',
    role: doctor,
    specialty: ['394587001', 'Psychiatry'],
    place: 'behavioural',
  },
  'hana-kovar': {
    id: 'hana-kovar',
    prefix: 'Dr',
    given: 'Hana',
    family: 'Kovář',
    gender: 'female',
    role: doctor,
    specialty: ['394537008', 'Pediatric specialty'],
    place: 'children',
  },
} as const satisfies Readonly<Record<string, Member>>;

/** Id of a member of the staff. */
export type MemberId = keyof typeof staff;

/** "Dr Ana Souza" */
export function memberName(id: MemberId): string {
  const { given, family, ...member } = staff[id];
  return 'prefix' in member ? `${member.prefix} ${given} ${family}` : `${given} ${family}`;
}

/** A reference to a member of the staff. */
export function member(id: MemberId): { reference: string; display: string } {
  return { reference: `Practitioner/${id}`, display: memberName(id) };
}

/** The clinic and its laboratory. */
export const clinic = refer('Organization/riverside-clinic', 'Riverside Clinic');
/** Performs what the clinic measures in blood. */
export const laboratory = refer('Organization/riverside-laboratory', 'Riverside Laboratory');

const address = { line: ['1 Ferry Road'], city: 'Riverbend', postalCode: '00100', country: 'XX' };

/** Organization, Location, Practitioner and PractitionerRole resources. */
export function staffResources(): readonly (
  Organization | Location | Practitioner | PractitionerRole
)[] {
  const provider = hl7('organization-type', 'prov', 'Healthcare Provider');
  const organizations: Organization[] = [
    {
      resourceType: 'Organization',
      id: 'riverside-clinic',
      active: true,
      type: [provider],
      name: 'Riverside Clinic',
      telecom: [
        { system: 'phone', value: '+1 555 0100' },
        { system: 'url', value: 'https://riverside.example.org' },
      ],
      address: [address],
    },
    {
      resourceType: 'Organization',
      id: 'riverside-laboratory',
      active: true,
      type: [hl7('organization-type', 'dept', 'Hospital Department')],
      name: 'Riverside Laboratory',
      telecom: [{ system: 'phone', value: '+1 555 0101' }],
      partOf: clinic,
    },
  ];
  const locations = Object.entries(places).map(([id, name]): Location => ({
    resourceType: 'Location',
    id: `riverside-${id}`,
    status: 'active',
    name,
    mode: 'instance',
    managingOrganization: clinic,
  }));
  const members: readonly Member[] = Object.values(staff);
  return [
    ...organizations,
    ...locations,
    ...members.map((one, index) => practitioner(one, index)),
    ...members.map((one) => practitionerRole(one)),
  ];
}

function practitioner(one: Member, index: number): Practitioner {
  const qualification =
    one.role === nurse
      ? (['RN', 'Registered Nurse'] as const)
      : (['MD', 'Doctor of Medicine'] as const);
  return {
    resourceType: 'Practitioner',
    id: one.id,
    identifier: [{ system: systems.staff, value: `P-${String(101 + index)}` }],
    active: true,
    name: [
      {
        use: 'official',
        family: one.family,
        given: [one.given],
        ...(one.prefix === undefined ? {} : { prefix: [one.prefix] }),
      },
    ],
    telecom: [
      { system: 'email', value: `${one.id.replace('-', '.')}@riverside.example.org`, use: 'work' },
    ],
    gender: one.gender,
    qualification: [
      { code: concept('http://terminology.hl7.org/CodeSystem/v2-0360', qualification) },
    ],
  };
}

function practitionerRole(one: Member): PractitionerRole {
  return {
    resourceType: 'PractitionerRole',
    id: `${one.id}-riverside`,
    active: true,
    practitioner: refer(`Practitioner/${one.id}`),
    organization: clinic,
    code: [{ coding: [coding(systems.snomed, one.role)] }],
    specialty: [concept(systems.snomed, one.specialty)],
    location: [refer(`Location/riverside-${one.place}`, places[one.place])],
  };
}
