/**
 * Batch and transaction: FHIR R4 http.html section "batch/transaction".
 *
 * Seen at HAPI 8.8.0: `response.location` is relative (`Patient/1/_history/1`); a failed entry of a
 * batch has its status and an OperationOutcome, the batch itself stays 200; a failed transaction
 * answers with the status of what failed, but a GET in it that finds nothing is an entry with 404.
 * `response.etag` lacks the `W/` in a transaction and is absent for a read in a batch. Neither an
 * `ifMatch` in a batch, nor a body of another type or id than its URL, is noticed.
 */
import type { Bundle, BundleEntry, Observation, Patient } from '@medplum/fhirtypes';
import { expect } from 'vitest';
import { entries, expectRefusal, system } from './client.ts';
import { behaviour } from './behaviour.ts';
import type { Behaviour } from './behaviour.ts';
import type { Answer, Client } from './client.ts';
import { criteria, observation, patient, tagged } from './resources.ts';

function post(
  client: Client,
  type: 'batch' | 'transaction',
  entry: BundleEntry[],
): Promise<Answer> {
  const body: Bundle = { resourceType: 'Bundle', type, entry };
  return client.ask('POST', '', { body });
}

async function count(client: Client, type: string): Promise<number | undefined> {
  return (await client.get(`/${type}?${tagged(client)}&_summary=count`)).json<Bundle>().total;
}

function statuses(bundle: Bundle): readonly string[] {
  return entries(bundle).map(({ response }) => (response?.status ?? '').slice(0, 3));
}

/** Logical id in the location of an entry's response. */
function idAt(bundle: Bundle, index: number, type: string): string {
  const location = entries(bundle)[index]?.response?.location ?? '';
  const found = new RegExp(`(?:^|/)${type}/([A-Za-z0-9.-]+)/_history/\\d+$`, 'u').exec(location);
  expect(found, `location ${location}`).not.toBeNull();
  return found?.[1] ?? '';
}

const urn = {
  patient: 'urn:uuid:7d6d2e3a-4c0b-4a83-9d0b-0a4b7f3ad001',
  observation: 'urn:uuid:7d6d2e3a-4c0b-4a83-9d0b-0a4b7f3ad002',
};

/** Of a first version: FHIR has `W/"1"`, HAPI leaves the `W/` and the quotes out. */
const etags = ['W/"1"', '1'];

/** What a client relies on when it sends several requests at once. */
export const bundles: readonly Behaviour[] = [
  behaviour(
    'a batch answers entry by entry, and one failure leaves the others alone',
    async (client) => {
      const { id } = await client.make(patient(client, 'a'));
      const answer = await post(client, 'batch', [
        { request: { method: 'GET', url: `Patient/${id}` } },
        { request: { method: 'GET', url: `Patient/no-${client.tag}` } },
        {
          resource: observation(client, `Patient/${id}`, 60),
          request: { method: 'POST', url: 'Observation' },
        },
        { request: { method: 'GET', url: `Patient?${criteria(client, 'a')}` } },
      ]);
      expect(answer.status, answer.text).toBe(200);
      const bundle = answer.bundle();
      expect(bundle.type).toBe('batch-response');
      expect(statuses(bundle)).toEqual(['200', '404', '201', '200']);
      const [read, missing, made, found] = entries(bundle);
      expect(read?.resource?.id).toBe(id);
      expect([undefined, 'W/"1"']).toContain(read?.response?.etag);
      expect(missing?.response?.outcome?.resourceType).toBe('OperationOutcome');
      expect(etags).toContain(made?.response?.etag);
      const observationId = idAt(bundle, 2, 'Observation');
      expect((await client.get(`/Observation/${observationId}`)).status).toBe(200);
      expect((found?.resource as Bundle | undefined)?.type).toBe('searchset');
      expect((found?.resource as Bundle | undefined)?.total).toBe(1);
    },
  ),
  behaviour('a batch updates, deletes, and refuses what it does not understand', async (client) => {
    const a = await client.make(patient(client, 'a'));
    const b = await client.make(patient(client, 'b'));
    const answer = await post(client, 'batch', [
      {
        resource: { ...patient(client, 'a', { gender: 'male' }), id: a.id },
        request: { method: 'PUT', url: `Patient/${a.id}` },
      },
      { request: { method: 'DELETE', url: `Patient/${b.id}` } },
      { request: { method: 'GET', url: 'Patient?no-such-parameter=1' } },
      { request: { method: 'GET', url: 'NoSuchType/1' } },
      { request: { method: 'POST', url: 'Patient' } },
    ]);
    const [updated, deleted, ...refused] = statuses(answer.bundle());
    expect(updated).toBe('200');
    expect(['200', '204']).toContain(deleted);
    expect(refused).toEqual(['400', '404', '400']);
    expect((await client.get(`/Patient/${a.id}`)).header('etag')).toBe('W/"2"');
    expectRefusal(await client.get(`/Patient/${b.id}`), 410);
  }),
  behaviour('a transaction gives ids to what refers to each other', async (client) => {
    const answer = await post(client, 'transaction', [
      {
        fullUrl: urn.observation,
        resource: observation(client, urn.patient, 60),
        request: { method: 'POST', url: 'Observation' },
      },
      {
        fullUrl: urn.patient,
        resource: patient(client, 'a'),
        request: { method: 'POST', url: 'Patient' },
      },
    ]);
    expect(answer.status, answer.text).toBe(200);
    const bundle = answer.bundle();
    expect(bundle.type).toBe('transaction-response');
    expect(statuses(bundle)).toEqual(['201', '201']);
    // In the order of the request, whatever the order of execution.
    const observationId = idAt(bundle, 0, 'Observation');
    const patientId = idAt(bundle, 1, 'Patient');
    for (const { response } of entries(bundle)) {
      expect(etags).toContain(response?.etag);
      expect(Number.isNaN(Date.parse(response?.lastModified ?? ''))).toBe(false);
    }
    const read = await client.get(`/Observation/${observationId}`);
    expect(read.json<Observation>().subject?.reference).toBe(`Patient/${patientId}`);
  }),
  behaviour('a transaction with a fault stores nothing', async (client) => {
    const a = await client.make(patient(client, 'a'));
    const put = (gender: 'male' | 'female'): BundleEntry => ({
      resource: { ...patient(client, 'a', { gender }), id: a.id },
      request: { method: 'PUT', url: `Patient/${a.id}` },
    });
    const faults: readonly (readonly BundleEntry[])[] = [
      [put('female')],
      [{ request: { method: 'POST', url: 'Patient' } }],
      [{ resource: patient(client, 'c') }],
      [{ request: { method: 'DELETE', url: 'Patient?no-such-parameter=1' } }],
    ];
    for (const fault of faults) {
      const answer = await post(client, 'transaction', [
        { resource: patient(client, 'b'), request: { method: 'POST', url: 'Patient' } },
        put('male'),
        ...fault,
      ]);
      expectRefusal(answer, 400, 412, 422);
    }
    expect(await count(client, 'Patient')).toBe(1);
    expect((await client.get(`/Patient/${a.id}`)).header('etag')).toBe('W/"1"');
  }),
  behaviour('a transaction with a stale ifMatch stores nothing', async (client) => {
    const a = await client.make(patient(client, 'a'));
    const answer = await post(client, 'transaction', [
      { resource: patient(client, 'b'), request: { method: 'POST', url: 'Patient' } },
      {
        resource: { ...patient(client, 'a', { gender: 'male' }), id: a.id },
        request: { method: 'PUT', url: `Patient/${a.id}`, ifMatch: 'W/"9"' },
      },
    ]);
    expectRefusal(answer, 409, 412);
    expect(await count(client, 'Patient')).toBe(1);
  }),
  behaviour('a transaction creates on condition, and refers to what was found', async (client) => {
    const a = await client.make(patient(client, 'a'));
    const answer = await post(client, 'transaction', [
      {
        fullUrl: urn.patient,
        resource: patient(client, 'a'),
        request: { method: 'POST', url: 'Patient', ifNoneExist: criteria(client, 'a') },
      },
      {
        resource: observation(client, urn.patient, 60),
        request: { method: 'POST', url: 'Observation' },
      },
    ]);
    expect(answer.status, answer.text).toBe(200);
    expect(statuses(answer.bundle())).toEqual(['200', '201']);
    const id = idAt(answer.bundle(), 1, 'Observation');
    const read = await client.get(`/Observation/${id}`);
    expect(read.json<Observation>().subject?.reference).toBe(`Patient/${a.id}`);
    expect(await count(client, 'Patient')).toBe(1);
  }),
  behaviour('a transaction resolves a reference by search', async (client) => {
    const a = await client.make(patient(client, 'a'));
    const by = (key: string): string => `Patient?identifier=${system}|${client.tag}-${key}`;
    const create = (key: string): Promise<Answer> =>
      post(client, 'transaction', [
        {
          resource: observation(client, by(key), 60),
          request: { method: 'POST', url: 'Observation' },
        },
      ]);
    const answer = await create('a');
    expect(answer.status, answer.text).toBe(200);
    const id = idAt(answer.bundle(), 0, 'Observation');
    const read = await client.get(`/Observation/${id}`);
    expect(read.json<Observation>().subject?.reference).toBe(`Patient/${a.id}`);
    expectRefusal(await create('nobody'), 400, 404, 412);
    // Two that match: which one is meant?
    await client.make(patient(client, 'a'));
    expectRefusal(await create('a'), 400, 412);
    expect(await count(client, 'Observation')).toBe(1);
  }),
  behaviour('a transaction deletes, creates, updates and then reads', async (client) => {
    const a = await client.make(patient(client, 'a'));
    const b = await client.make(patient(client, 'b'));
    const answer = await post(client, 'transaction', [
      { request: { method: 'GET', url: `Patient/${a.id}` } },
      {
        resource: { ...patient(client, 'a', { gender: 'male' }), id: a.id },
        request: { method: 'PUT', url: `Patient/${a.id}` },
      },
      { request: { method: 'DELETE', url: `Patient/${b.id}` } },
    ]);
    expect(answer.status, answer.text).toBe(200);
    const [read, updated, deleted] = entries(answer.bundle());
    expect((read?.resource as Patient | undefined)?.gender).toBe('male');
    expect(updated?.response?.status).toMatch(/^200/u);
    expect(deleted?.response?.status).toMatch(/^20[04]/u);
  }),
  behaviour('a Bundle of another type, or none, is refused at the base', async (client) => {
    const collection: Bundle = { resourceType: 'Bundle', type: 'collection' };
    expectRefusal(await client.ask('POST', '', { body: collection }), 400, 422);
    expectRefusal(await client.ask('POST', '', { body: patient(client, 'a') }), 400);
  }),
];
