/**
 * Conditional create, update, patch and delete, each with no, one and several matches: FHIR R4
 * http.html sections "Conditional create", "Conditional update", "Conditional delete".
 *
 * Seen at HAPI 8.8.0: a conditional create that matches answers 200 with the resource and its
 * Content-Location; one that deletes nothing answers 200; one with several matches deletes all; elsewhere several are
 * 412.
 */
import type { Bundle, Patient } from '@medplum/fhirtypes';
import { expect } from 'vitest';
import { expectRefusal } from './client.ts';
import { behaviour } from './behaviour.ts';
import type { Behaviour } from './behaviour.ts';
import type { Answer, Client } from './client.ts';
import { criteria, patient, tagged } from './resources.ts';

async function makeTwo(client: Client): Promise<void> {
  await client.make(patient(client, 'a'));
  await client.make(patient(client, 'a'));
}

async function count(client: Client): Promise<number | undefined> {
  const answer = await client.get(`/Patient?${tagged(client)}&_summary=count`);
  return answer.json<Bundle>().total;
}

function createIfNone(client: Client): Promise<Answer> {
  return client.ask('POST', '/Patient', {
    headers: { 'If-None-Exist': criteria(client, 'a') },
    body: patient(client, 'a'),
  });
}

function updateWhere(client: Client, more: Partial<Patient>): Promise<Answer> {
  return client.ask('PUT', `/Patient?${criteria(client, 'a')}`, {
    body: patient(client, 'a', more),
  });
}

function patchWhere(client: Client, key: string): Promise<Answer> {
  return client.ask('PATCH', `/Patient?${criteria(client, key)}`, {
    headers: { 'Content-Type': 'application/json-patch+json' },
    body: '[{"op":"add","path":"/gender","value":"other"}]',
  });
}

/** What a client relies on when the server is to find the resource. */
export const conditional: readonly Behaviour[] = [
  behaviour(
    'a conditional create without a match creates, with one it does not',
    async (client) => {
      const first = await createIfNone(client);
      expect(first.status).toBe(201);
      const id = first.json<Patient>().id ?? '';
      const second = await createIfNone(client);
      expect(second.status).toBe(200);
      // HAPI says which resource it found by the body and Content-Location; Location is as good.
      const told = [second.header('location'), second.header('content-location')];
      expect(told).toContain(`${client.base}/Patient/${id}/_history/1`);
      expect(second.header('etag')).toBe('W/"1"');
      expect(await count(client)).toBe(1);
    },
  ),
  behaviour('a conditional create with several matches is refused', async (client) => {
    await makeTwo(client);
    expectRefusal(await createIfNone(client), 412);
    expect(await count(client)).toBe(2);
  }),
  behaviour('a conditional update without a match creates, with one it updates', async (client) => {
    const first = await updateWhere(client, {});
    expect(first.status).toBe(201);
    const id = first.json<Patient>().id ?? '';
    const second = await updateWhere(client, { gender: 'male' });
    expect(second.status).toBe(200);
    expect(second.json<Patient>()).toMatchObject({
      id,
      gender: 'male',
      meta: { versionId: '2' },
    });
    expect(await count(client)).toBe(1);
  }),
  behaviour('a conditional update with several matches is refused', async (client) => {
    await makeTwo(client);
    expectRefusal(await updateWhere(client, { gender: 'male' }), 412);
    const found = await client.get(`/Patient?${tagged(client)}&gender=male`);
    expect(found.bundle().total).toBe(0);
  }),
  behaviour('a conditional patch needs one match', async (client) => {
    const { id } = await client.make(patient(client, 'a'));
    expectRefusal(await patchWhere(client, 'nobody'), 404);
    expect((await patchWhere(client, 'a')).status).toBe(200);
    const read = await client.get(`/Patient/${id}`);
    expect(read.json<Patient>().gender).toBe('other');
    await client.make(patient(client, 'a'));
    expectRefusal(await patchWhere(client, 'a'), 412);
  }),
  behaviour('a conditional delete takes the one that matches', async (client) => {
    const { id } = await client.make(patient(client, 'a'));
    const other = await client.make(patient(client, 'b'));
    // FHIR leaves open what nothing to delete is: HAPI 200, others 204 or 404.
    const none = await client.ask('DELETE', `/Patient?${criteria(client, 'nobody')}`);
    expect([200, 204, 404]).toContain(none.status);
    const one = await client.ask('DELETE', `/Patient?${criteria(client, 'a')}`);
    expect([200, 204]).toContain(one.status);
    expectRefusal(await client.get(`/Patient/${id}`), 410);
    expect((await client.get(`/Patient/${other.id}`)).status).toBe(200);
  }),
  behaviour('a conditional delete with several matches takes all or none', async (client) => {
    await makeTwo(client);
    const answer = await client.ask('DELETE', `/Patient?${criteria(client, 'a')}`);
    // FHIR allows both ("conditional delete: single, multiple"); HAPI is set to multiple here.
    if (answer.status === 412) {
      expectRefusal(answer, 412);
      expect(await count(client)).toBe(2);
    } else {
      expect([200, 204]).toContain(answer.status);
      expect(await count(client)).toBe(0);
    }
  }),
  behaviour('an unknown parameter as a condition is refused, never ignored', async (client) => {
    await client.make(patient(client, 'a'));
    const condition = `${criteria(client, 'a')}&no-such-parameter=1`;
    const body = patient(client, 'a');
    expectRefusal(
      await client.ask('POST', '/Patient', { headers: { 'If-None-Exist': condition }, body }),
      400,
    );
    expectRefusal(await client.ask('PUT', `/Patient?${condition}`, { body }), 400);
    expectRefusal(await client.ask('DELETE', `/Patient?${condition}`), 400);
    expect(await count(client)).toBe(1);
  }),
];
