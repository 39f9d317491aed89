/**
 * History of one resource and of a type: FHIR R4 http.html section "history".
 *
 * Seen at HAPI 8.8.0: it keeps the number of versions for a minute, so a history that is asked
 * again after a change may lack the oldest version: each scenario asks once. Pages go by `_offset`.
 */
import type { Patient } from '@medplum/fhirtypes';
import { expect } from 'vitest';
import { allPages, entries, expectRefusal, link, literal } from './client.ts';
import { behaviour } from './behaviour.ts';
import type { Behaviour } from './behaviour.ts';
import type { Client } from './client.ts';
import { patient } from './resources.ts';

/** A Patient that was created, updated and deleted. */
async function threeVersions(client: Client): Promise<string> {
  const { id } = await client.make(patient(client, 'a'));
  const body = { ...patient(client, 'a'), id, gender: 'other' as const };
  await client.ask('PUT', `/Patient/${id}`, { body });
  await client.ask('DELETE', `/Patient/${id}`);
  return id;
}

/** What a client relies on when it asks what was. */
export const history: readonly Behaviour[] = [
  behaviour(
    'a history tells every version, newest first, and how each came about',
    async (client) => {
      const id = await threeVersions(client);
      const answer = await client.get(`/Patient/${id}/_history`);
      expect(answer.status, answer.text).toBe(200);
      const bundle = answer.bundle();
      expect(bundle.type).toBe('history');
      expect(bundle.total).toBe(3);
      expect(link(bundle, 'self')).toMatch(
        new RegExp(`^${literal(client.base)}/Patient/${id}/_history`, 'u'),
      );
      const all = entries(bundle);
      expect(all.map(({ request }) => request?.method)).toEqual(['DELETE', 'PUT', 'POST']);
      expect(all.map(({ response }) => response?.etag)).toEqual(['W/"3"', 'W/"2"', 'W/"1"']);
      expect(all.map(({ resource }) => resource?.meta?.versionId)).toEqual([undefined, '2', '1']);
      expect((all[1]?.resource as Patient).gender).toBe('other');
      for (const { fullUrl, request, response } of all) {
        expect(fullUrl).toBe(`${client.base}/Patient/${id}`);
        expect(request?.url).toMatch(/^Patient(?:\/|$)/u);
        expect(response?.status).toMatch(/^20[014]/u);
      }
    },
  ),
  behaviour('a history has pages', async (client) => {
    const { id } = await client.make(patient(client, 'a'));
    for (const gender of ['male', 'female', 'other'] as const) {
      await client.ask('PUT', `/Patient/${id}`, {
        body: { ...patient(client, 'a'), id, gender },
      });
    }
    const pages = await allPages(client, `/Patient/${id}/_history?_count=3`);
    expect(pages.map((page) => entries(page).length)).toEqual([3, 1]);
    const versions = pages.flatMap((page) =>
      entries(page).map(({ resource }) => resource?.meta?.versionId),
    );
    expect(versions).toEqual(['4', '3', '2', '1']);
  }),
  behaviour('the history of a type tells the deletions, too', async (client) => {
    const id = await threeVersions(client);
    const answer = await client.get('/Patient/_history?_count=20');
    expect(answer.status, answer.text).toBe(200);
    const bundle = answer.bundle();
    expect(bundle.type).toBe('history');
    const own = entries(bundle).filter(({ fullUrl }) => fullUrl === `${client.base}/Patient/${id}`);
    expect(own.map(({ request }) => request?.method)).toEqual(['DELETE', 'PUT', 'POST']);
  }),
  behaviour('what never was has no history', async (client) => {
    expectRefusal(await client.get(`/Patient/no-${client.tag}/_history`), 404);
  }),
];
