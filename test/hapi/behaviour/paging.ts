/**
 * Pages, includes and `$everything`: FHIR R4 http.html "Paging", search.html "Including other
 * resources in result", patient-operation-everything.
 *
 * Seen at HAPI 8.8.0: `next` is `BASE?_getpages=…` with no type; a page is cut from the result as
 * it was when the search began; `total` is absent while the result is longer than a page, unless
 * `_total=accurate` asks for it; an unknown handle is 410.
 */
import type { Bundle, BundleEntry } from '@medplum/fhirtypes';
import { expect } from 'vitest';
import { allPages, entries, expectRefusal, link, referencesIn } from './client.ts';
import { behaviour } from './behaviour.ts';
import type { Behaviour } from './behaviour.ts';
import type { Client } from './client.ts';
import { observation, patient, tagged } from './resources.ts';

/** One Patient with seven Observations, value 60 to 66. */
async function sevenObservations(
  client: Client,
): Promise<{ readonly patientId: string; readonly references: readonly string[] }> {
  const { id: patientId } = await client.make(patient(client, 'a'));
  const references: string[] = [];
  for (let value = 60; value < 67; value++) {
    const { id } = await client.make(observation(client, `Patient/${patientId}`, value));
    references.push(`Observation/${id}`);
  }
  return { patientId, references };
}

function ofMode(bundle: Bundle, mode: string): readonly BundleEntry[] {
  return entries(bundle).filter(({ search }) => search?.mode === mode);
}

/** What a client relies on when an answer has several pages or kinds of entry. */
export const paging: readonly Behaviour[] = [
  behaviour('pages give every match once, in order, and then end', async (client) => {
    const { references } = await sevenObservations(client);
    const query = `/Observation?${tagged(client)}&_sort=value-quantity&_count=3`;
    const pages = await allPages(client, query);
    expect(pages.map((page) => entries(page).length)).toEqual([3, 3, 1]);
    expect(pages.flatMap(referencesIn)).toEqual(references);
    for (const page of pages) {
      expect(page.type).toBe('searchset');
      expect(link(page, 'self')).toBeDefined();
      // Absent or right; a count of the page would mislead.
      expect([undefined, 7]).toContain(page.total);
    }
  }),
  behaviour('pages without _sort give every match once, too', async (client) => {
    const { references } = await sevenObservations(client);
    const pages = await allPages(client, `/Observation?${tagged(client)}&_count=2`);
    expect(pages).toHaveLength(4);
    expect(pages.flatMap(referencesIn).toSorted()).toEqual(references.toSorted());
  }),
  behaviour('a page that holds the last match is the last page', async (client) => {
    const { references } = await sevenObservations(client);
    const whole = await allPages(client, `/Observation?${tagged(client)}&_count=7`);
    expect(whole).toHaveLength(1);
    expect(whole.flatMap(referencesIn)).toHaveLength(7);
    await client.ask('DELETE', `/${references[6] ?? ''}`);
    const pages = await allPages(client, `/Observation?${tagged(client)}&_count=3`);
    expect(pages.map((page) => entries(page).length)).toEqual([3, 3]);
    expect(pages.flatMap(referencesIn)).toHaveLength(6);
  }),
  behaviour('pages of a search by POST can be followed by GET', async (client) => {
    const { references } = await sevenObservations(client);
    const first = await client.ask('POST', '/Observation/_search', {
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body: `${tagged(client)}&_sort=value-quantity&_count=4`,
    });
    const next = link(first.bundle(), 'next') ?? '';
    const rest = await allPages(client, next);
    expect([first.bundle(), ...rest].flatMap(referencesIn)).toEqual(references);
  }),
  behaviour('what arrives between two pages repeats and hides nothing', async (client) => {
    const { patientId, references } = await sevenObservations(client);
    const query = `/Observation?${tagged(client)}&_sort=value-quantity&_count=3`;
    const first = (await client.get(query)).bundle();
    // Sorts before everything on the first page.
    await client.make(observation(client, `Patient/${patientId}`, 10));
    const rest = await allPages(client, link(first, 'next') ?? '');
    expect([first, ...rest].flatMap(referencesIn)).toEqual(references);
  }),
  behaviour('_total=accurate tells the number on the first page', async (client) => {
    await sevenObservations(client);
    const query = `/Observation?${tagged(client)}&_count=3&_total=accurate`;
    const first = (await client.get(query)).bundle();
    expect(entries(first)).toHaveLength(3);
    expect(first.total).toBe(7);
  }),
  behaviour('an unknown page is refused', async (client) => {
    const { tag } = client;
    // HAPI 410: a page that has expired looks the same.
    const made = await client.get(`?_getpages=${tag}&_getpagesoffset=3&_count=3`);
    expectRefusal(made, 400, 404, 410);
  }),
  behaviour('_include adds the patient once, beyond the total', async (client) => {
    const { patientId } = await sevenObservations(client);
    const query = `/Observation?${tagged(client)}&_include=Observation:subject`;
    const found = (await client.get(query)).bundle();
    expect(found.total).toBe(7);
    expect(ofMode(found, 'match')).toHaveLength(7);
    const included = ofMode(found, 'include');
    expect(included.map(({ resource }) => resource?.id)).toEqual([patientId]);
    expect(included[0]?.fullUrl).toBe(`${client.base}/Patient/${patientId}`);
  }),
  behaviour('_include comes with the page that needs it', async (client) => {
    const { patientId, references } = await sevenObservations(client);
    const query = `/Observation?${tagged(client)}&_include=Observation:patient&_sort=value-quantity&_count=3`;
    const pages = await allPages(client, query);
    expect(pages.map((page) => ofMode(page, 'match').length)).toEqual([3, 3, 1]);
    for (const page of pages) {
      expect(ofMode(page, 'include').map(({ resource }) => resource?.id)).toEqual([patientId]);
    }
    const matches = pages.flatMap((page) => ofMode(page, 'match'));
    expect(matches.map(({ resource }) => `Observation/${resource?.id ?? ''}`)).toEqual(references);
  }),
  behaviour('_revinclude adds what points here', async (client) => {
    const { patientId, references } = await sevenObservations(client);
    const other = await client.make(patient(client, 'b'));
    const query = `/Patient?_id=${patientId},${other.id}&_revinclude=Observation:subject`;
    const found = (await client.get(query)).bundle();
    expect(found.total).toBe(2);
    expect(ofMode(found, 'match')).toHaveLength(2);
    const included = ofMode(found, 'include').map(
      ({ resource }) => `Observation/${resource?.id ?? ''}`,
    );
    expect(included.toSorted()).toEqual(references.toSorted());
  }),
  behaviour('$everything gives the patient and what is about them, once', async (client) => {
    const { patientId, references } = await sevenObservations(client);
    const other = await client.make(patient(client, 'b'));
    await client.make(observation(client, `Patient/${other.id}`, 99));
    const whole = await client.get(`/Patient/${patientId}/$everything`);
    expect(whole.status, whole.text).toBe(200);
    expect(whole.bundle().type).toBe('searchset');
    expect(whole.bundle().total).toBe(8);
    const expected = [`Patient/${patientId}`, ...references].toSorted();
    expect(referencesIn(whole.bundle()).toSorted()).toEqual(expected);
    const pages = await allPages(client, `/Patient/${patientId}/$everything?_count=3`);
    expect(pages.length).toBeGreaterThan(1);
    expect([...new Set(pages.flatMap(referencesIn))].toSorted()).toEqual(expected);
  }),
  behaviour('$everything of nobody is 404', async (client) => {
    expectRefusal(await client.get(`/Patient/no-${client.tag}/$everything`), 404);
  }),
];
