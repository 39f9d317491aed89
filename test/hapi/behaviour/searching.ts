/**
 * Search: the shape of its answer, parameters, POST, sorting, compartments: FHIR R4 search.html.
 *
 * Seen at HAPI 8.8.0: the self link is rebuilt (sorted, encoded) and that of POST `_search` lacks
 * the parameters; `Prefer: handling=lenient` is not honoured for an unknown parameter; `ge1961` does
 * not find a day in 1961.
 */
import type { Bundle, Observation } from '@medplum/fhirtypes';
import { expect } from 'vitest';
import { entries, expectRefusal, link, literal, referencesIn, system } from './client.ts';
import { behaviour } from './behaviour.ts';
import type { Behaviour } from './behaviour.ts';
import type { Client } from './client.ts';
import { criteria, observation, patient, tagged } from './resources.ts';

const form = { 'Content-Type': 'application/x-www-form-urlencoded' };

/** Finds with the criteria given, within what this scenario made. */
async function find(client: Client, type: string, query: string): Promise<Bundle> {
  const answer = await client.get(`/${type}?${tagged(client)}&${query}`);
  expect(answer.status, answer.text).toBe(200);
  return answer.bundle();
}

async function expectFound(
  client: Client,
  type: string,
  expected: Readonly<Record<string, readonly string[]>>,
): Promise<void> {
  for (const [query, ids] of Object.entries(expected)) {
    const found = await find(client, type, query);
    expect([...referencesIn(found)].sort(), query).toEqual(ids.map((id) => `${type}/${id}`).sort());
    expect(found.total, query).toBe(ids.length);
  }
}

/** Values of the Observations of a Bundle, in their order. */
function values(bundle: Bundle): readonly (number | undefined)[] {
  return entries(bundle).map(({ resource }) => (resource as Observation).valueQuantity?.value);
}

/** What a client relies on when it searches. */
export const searching: readonly Behaviour[] = [
  behaviour('a searchset has type, total, self link, full URLs and modes', async (client) => {
    const { id } = await client.make(patient(client, 'a'));
    const answer = await client.get(`/Patient?${criteria(client, 'a')}`);
    expect(answer.status).toBe(200);
    const bundle = answer.bundle();
    expect(bundle.type).toBe('searchset');
    expect(bundle.total).toBe(1);
    expect(link(bundle, 'self')).toMatch(new RegExp(`^${literal(client.base)}/Patient\\?`, 'u'));
    expect(link(bundle, 'self')).toContain('identifier=');
    expect(link(bundle, 'next')).toBeUndefined();
    const [entry] = entries(bundle);
    expect(entry?.fullUrl).toBe(`${client.base}/Patient/${id}`);
    expect(entry?.search?.mode).toBe('match');
    expect(entry?.resource?.meta?.versionId).toBe('1');
  }),
  behaviour('a search that finds nothing is 200 with a total of 0 and no entry', async (client) => {
    const answer = await client.get(`/Patient?${criteria(client, 'nobody')}`);
    expect(answer.status).toBe(200);
    const bundle = answer.bundle();
    expect(bundle.total).toBe(0);
    expect('entry' in bundle).toBe(false);
  }),
  behaviour('a search by POST finds what GET finds', async (client) => {
    const a = await client.make(patient(client, 'a', { gender: 'male' }));
    await client.make(patient(client, 'b', { gender: 'female' }));
    const inBody = await client.ask('POST', '/Patient/_search', {
      headers: form,
      body: `${tagged(client)}&gender=male`,
    });
    expect(inBody.status, inBody.text).toBe(200);
    expect(inBody.bundle().type).toBe('searchset');
    expect(referencesIn(inBody.bundle())).toEqual([`Patient/${a.id}`]);
    const inBoth = await client.ask('POST', `/Patient/_search?${tagged(client)}`, {
      headers: form,
      body: 'gender=male',
    });
    expect(referencesIn(inBoth.bundle())).toEqual([`Patient/${a.id}`]);
  }),
  behaviour('tokens, texts, dates and ids find what they say', async (client) => {
    const { tag } = client;
    const name = (
      family: string,
      given: string,
    ): { name: { family: string; given: string[] }[] } => ({
      name: [{ family, given: [given] }],
    });
    const a = await client.make(
      patient(client, 'a', {
        ...name('Novák', 'Tomáš'),
        gender: 'male',
        birthDate: '1961-11-30',
      }),
    );
    const b = await client.make(
      patient(client, 'b', {
        ...name('Novotny', 'Eva'),
        gender: 'female',
        birthDate: '1990-01-02',
      }),
    );
    const { id: c } = await client.make(patient(client, 'c', name('Lindqvist', 'Mei')));
    await expectFound(client, 'Patient', {
      [`_id=${a.id}`]: [a.id],
      [`_id=${a.id},${c}`]: [a.id, c],
      [`identifier=${system}|${tag}-a`]: [a.id],
      [`identifier=${tag}-a`]: [a.id],
      [`identifier=https://other.example.org|${tag}-a`]: [],
      [`identifier=${system}|${tag}-a,${system}|${tag}-b`]: [a.id, b.id],
      'family=nov': [a.id, b.id],
      'family=NOVOTNY': [b.id],
      'family:exact=Novotny': [b.id],
      'family:exact=novotny': [],
      'name=lind': [c],
      'gender=male': [a.id],
      'gender=male,female': [a.id, b.id],
      'gender:missing=true': [c],
      'birthdate=1961-11-30': [a.id],
      'birthdate=1961': [a.id],
      'birthdate=ge1961-11-30': [a.id, b.id],
      'birthdate=gt1961-11-30': [b.id],
      'birthdate=gt1960&birthdate=lt1990': [a.id],
      'family=nov&gender=female': [b.id],
    });
  }),
  behaviour(
    'references find by id, by type and id, and by the name of the patient parameter',
    async (client) => {
      const a = await client.make(patient(client, 'a'));
      const b = await client.make(patient(client, 'b'));
      const of = await client.make(observation(client, `Patient/${a.id}`, 60));
      await client.make(observation(client, `Patient/${b.id}`, 61));
      await expectFound(client, 'Observation', {
        [`subject=Patient/${a.id}`]: [of.id],
        [`patient=Patient/${a.id}`]: [of.id],
        [`patient=${a.id}`]: [of.id],
        [`subject=Patient/no-${client.tag}`]: [],
      });
    },
  ),
  behaviour(
    'codes, quantities and the date of an observation find what they say',
    async (client) => {
      const { id } = await client.make(patient(client, 'a'));
      const low = await client.make(
        observation(client, `Patient/${id}`, 60, { effectiveDateTime: '2024-03-01T08:00:00Z' }),
      );
      const high = await client.make(
        observation(client, `Patient/${id}`, 90, { effectiveDateTime: '2024-06-01T08:00:00Z' }),
      );
      await expectFound(client, 'Observation', {
        'code=8867-4': [low.id, high.id],
        'code=http://loinc.org|8867-4': [low.id, high.id],
        'code=http://loinc.org|8480-6': [],
        'value-quantity=gt70': [high.id],
        'date=2024-03-01': [low.id],
        'date=ge2024-04': [high.id],
        'date=ge2024-03-01&date=le2024-06-01': [low.id, high.id],
        'status=final': [low.id, high.id],
      });
    },
  ),
  behaviour('a chain finds through a reference', async (client) => {
    const a = await client.make(patient(client, 'a'));
    const b = await client.make(patient(client, 'b'));
    const of = await client.make(observation(client, `Patient/${a.id}`, 60));
    await client.make(observation(client, `Patient/${b.id}`, 61));
    await expectFound(client, 'Observation', {
      [`subject:Patient.${criteria(client, 'a')}`]: [of.id],
      [`patient.${criteria(client, 'a')}`]: [of.id],
    });
  }),
  behaviour('_sort orders, with a minus backwards', async (client) => {
    const { id } = await client.make(patient(client, 'a'));
    for (const [value, month] of [
      [70, '03'],
      [50, '01'],
      [60, '02'],
    ] as const) {
      const effectiveDateTime = `2024-${month}-01T08:00:00Z`;
      await client.make(observation(client, `Patient/${id}`, value, { effectiveDateTime }));
    }
    expect(values(await find(client, 'Observation', '_sort=date'))).toEqual([50, 60, 70]);
    expect(values(await find(client, 'Observation', '_sort=-date'))).toEqual([70, 60, 50]);
  }),
  behaviour('_summary=count and _count=0 tell the number alone', async (client) => {
    await client.make(patient(client, 'a'));
    await client.make(patient(client, 'b'));
    for (const query of ['_summary=count', '_count=0']) {
      const found = await find(client, 'Patient', query);
      expect(found.type, query).toBe('searchset');
      expect(found.total, query).toBe(2);
      expect(found.entry, query).toBeUndefined();
    }
  }),
  behaviour('_lastUpdated finds what changed since', async (client) => {
    const { id, meta } = await client.make(patient(client, 'a'));
    const at = meta?.lastUpdated ?? '';
    await expectFound(client, 'Patient', {
      [`_lastUpdated=ge${encodeURIComponent(at)}`]: [id],
      '_lastUpdated=gt2100-01-01': [],
      '_lastUpdated=lt2001-01-01': [],
    });
  }),
  behaviour('a search finds the current version only, and nothing deleted', async (client) => {
    const a = await client.make(patient(client, 'a', { gender: 'male' }));
    const b = await client.make(patient(client, 'b', { gender: 'male' }));
    const body = { ...patient(client, 'a', { gender: 'female' }), id: a.id };
    await client.ask('PUT', `/Patient/${a.id}`, { body });
    await client.ask('DELETE', `/Patient/${b.id}`);
    await expectFound(client, 'Patient', { 'gender=male': [], 'gender=female': [a.id] });
  }),
  behaviour(
    'a compartment holds what is about its patient',
    async (client) => {
      const a = await client.make(patient(client, 'a'));
      const b = await client.make(patient(client, 'b'));
      const low = await client.make(observation(client, `Patient/${a.id}`, 60));
      const high = await client.make(observation(client, `Patient/${a.id}`, 90));
      await client.make(observation(client, `Patient/${b.id}`, 90));
      const all = await client.get(`/Patient/${a.id}/Observation`);
      expect(all.status, all.text).toBe(200);
      expect([...referencesIn(all.bundle())].sort()).toEqual(
        [`Observation/${low.id}`, `Observation/${high.id}`].sort(),
      );
      expect(entries(all.bundle())[0]?.fullUrl).toMatch(
        new RegExp(`^${literal(client.base)}/Observation/`, 'u'),
      );
      const some = await client.get(`/Patient/${a.id}/Observation?value-quantity=gt70`);
      expect(referencesIn(some.bundle())).toEqual([`Observation/${high.id}`]);
    },
    'HAPI answers 400: it has no search below Patient/[id]',
  ),
  behaviour('a parameter, sort or value that is not understood is refused', async (client) => {
    for (const query of [
      'no-such-parameter=1',
      '_sort=no-such-parameter',
      '_include=Patient:no-such-parameter',
      'birthdate=yesterday',
      '_lastUpdated=yesterday',
    ]) {
      const answer = await client.get(`/Patient?${query}`);
      expectRefusal(answer, 400);
    }
    const posted = await client.ask('POST', '/Patient/_search', {
      headers: form,
      body: 'no-such-parameter=1',
    });
    expectRefusal(posted, 400);
  }),
];
