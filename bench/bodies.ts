/**
 * The answers that the upstream of the benchmark gives, built once before it listens. Synthetic.
 *
 * A Patient of about 2 KB, and searchsets of 20 entries and about 65 KB with what makes a gateway work
 * for its money: absolute fullUrls, page links, references, narrative and a few non-ASCII characters.
 */

/** One kind of request that is measured. */
export interface BenchCase {
  readonly name: string;
  readonly title: string;
  /** Path and query below the FHIR base, with its leading slash. */
  readonly target: string;
  /** Size that the body is filled up to, in bytes. */
  readonly bodyBytes: number;
  /** Requests per CPU-second of Chaperone over those of unaudited http-proxy-middleware. */
  readonly aim: number | undefined;
  /** Whether it runs when no case is named. */
  readonly byDefault: boolean;
  /** How many AuditEvents one exchange must leave, at least. */
  readonly eventsPerExchange: number;
}

/** What can be measured. */
export const BENCH_CASES: readonly [BenchCase, ...BenchCase[]] = [
  {
    name: 'read-2k',
    title: 'read of a Patient, 2 KB',
    target: '/Patient/bench-0',
    bodyBytes: 2_048,
    aim: 0.6,
    byDefault: true,
    eventsPerExchange: 1,
  },
  {
    name: 'searchset-65k',
    title: 'searchset of one patient, 20 entries, 65 KB',
    target: '/Observation?patient=bench-0&category=laboratory',
    bodyBytes: 65_536,
    aim: 0.4,
    byDefault: true,
    eventsPerExchange: 1,
  },
  {
    name: 'searchset-65k-20-patients',
    title: 'searchset of 20 patients, 20 entries, 65 KB (20 events)',
    target: '/Observation?category=vital-signs',
    bodyBytes: 65_536,
    aim: undefined,
    byDefault: false,
    eventsPerExchange: 20,
  },
];

const ENTRIES = 20;

/**
 * The body of one case.
 *
 * @param base FHIR base of the upstream, without a trailing slash.
 * @returns JSON text in UTF-8, within a few bytes of `bodyBytes`.
 */
export function caseBody(benchCase: BenchCase, base: string): Buffer {
  const build = bodyBuilder(benchCase, base);
  const bare = Buffer.byteLength(JSON.stringify(build(0)));
  const units = Math.max(0, Math.round((benchCase.bodyBytes - bare) / fillers(benchCase)));
  return Buffer.from(JSON.stringify(build(units)), 'utf8');
}

function fillers({ name }: BenchCase): number {
  return name === 'read-2k' ? 1 : ENTRIES;
}

/** A builder of the resource with so many bytes of narrative in each resource. */
function bodyBuilder({ name, target }: BenchCase, base: string): (fill: number) => object {
  if (name === 'read-2k') return (fill) => patient(0, fill);
  const patientOf = name === 'searchset-65k' ? () => 0 : (entry: number) => entry;
  return (fill) => ({
    resourceType: 'Bundle',
    id: 'bench-page-1',
    meta: { lastUpdated: '2026-01-01T00:00:00.000+00:00' },
    type: 'searchset',
    total: 240,
    link: [
      { relation: 'self', url: `${base}${target}` },
      { relation: 'next', url: `${base}${target}&_page=2&_count=20` },
    ],
    entry: Array.from({ length: ENTRIES }, (_, entry) => ({
      fullUrl: `${base}/Observation/bench-${String(entry)}`,
      resource: observation(entry, patientOf(entry), base, fill),
      search: { mode: 'match' },
    })),
  });
}

function narrative(words: string, fill: number): object {
  const text = 'Measured in the morning before breakfast, seated, after five minutes of rest. ';
  const filling = text.repeat(Math.ceil(fill / text.length)).slice(0, fill);
  return {
    status: 'generated',
    div: `<div xmlns="http://www.w3.org/1999/xhtml"><p>${words}</p><p>${filling}</p></div>`,
  };
}

function patient(number: number, fill: number): object {
  return {
    resourceType: 'Patient',
    id: `bench-${String(number)}`,
    meta: { versionId: '3', lastUpdated: '2026-01-01T00:00:00.000+00:00' },
    text: narrative('Zoë Nuñez-Müller', fill),
    identifier: [
      {
        use: 'usual',
        type: {
          coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0203', code: 'MR' }],
        },
        system: 'http://hospital.example.org/mrn',
        value: `MRN-000${String(number)}`,
      },
    ],
    active: true,
    name: [{ use: 'official', family: 'Nuñez-Müller', given: ['Zoë', 'Ana'] }],
    telecom: [
      { system: 'phone', value: '+1 555 0100', use: 'home' },
      { system: 'email', value: 'zoe@example.org' },
    ],
    gender: 'female',
    birthDate: '1974-12-25',
    address: [
      { line: ['534 Erewhon St'], city: 'PleasantVille', state: 'Vic', postalCode: '3999' },
    ],
    generalPractitioner: [{ reference: 'Practitioner/bench-doctor', display: 'Dr Åse Øye' }],
    managingOrganization: { reference: 'Organization/bench-hospital' },
  };
}

function observation(number: number, patientNumber: number, base: string, fill: number): object {
  return {
    resourceType: 'Observation',
    id: `bench-${String(number)}`,
    meta: { versionId: '1', lastUpdated: '2026-01-01T00:00:00.000+00:00' },
    text: narrative('Glucose, 6.3 mmol/l (µ ± σ)', fill),
    status: 'final',
    category: [
      {
        coding: [
          {
            system: 'http://terminology.hl7.org/CodeSystem/observation-category',
            code: 'laboratory',
          },
        ],
      },
    ],
    code: {
      coding: [{ system: 'http://loinc.org', code: '15074-8', display: 'Glucose [Moles/volume]' }],
    },
    subject: {
      reference: `${base}/Patient/bench-${String(patientNumber)}`,
      display: 'Zoë Nuñez-Müller',
    },
    encounter: { reference: `Encounter/bench-${String(number)}` },
    effectiveDateTime: '2026-01-01T09:30:10+01:00',
    performer: [{ reference: 'Practitioner/bench-doctor', display: 'Dr Åse Øye' }],
    valueQuantity: {
      value: 6.3,
      unit: 'mmol/l',
      system: 'http://unitsofmeasure.org',
      code: 'mmol/L',
    },
    referenceRange: [{ low: { value: 3.1, unit: 'mmol/l' }, high: { value: 6.2, unit: 'mmol/l' } }],
    component: PANEL.map(([code, display, value, unit]) => ({
      code: { coding: [{ system: 'http://loinc.org', code, display }] },
      valueQuantity: { value, unit, system: 'http://unitsofmeasure.org', code: unit },
    })),
  };
}

/** Parts of a panel: many small elements, as laboratory answers have them. */
const PANEL: readonly (readonly [string, string, number, string])[] = [
  ['2951-2', 'Sodium [Moles/volume] in Serum or Plasma', 141, 'mmol/L'],
  ['2823-3', 'Potassium [Moles/volume] in Serum or Plasma', 4.1, 'mmol/L'],
  ['2075-0', 'Chloride [Moles/volume] in Serum or Plasma', 103, 'mmol/L'],
  ['2028-9', 'Carbon dioxide, total [Moles/volume]', 26.5, 'mmol/L'],
  ['38483-4', 'Creatinine [Mass/volume] in Blood', 0.9, 'mg/dL'],
  ['6299-2', 'Urea nitrogen [Mass/volume] in Blood', 14.2, 'mg/dL'],
];
