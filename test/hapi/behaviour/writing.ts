/**
 * Create, update, patch, delete and their versions: FHIR R4 http.html sections "create", "update",
 * "patch", "delete", "Managing Resource Contention".
 *
 * Seen at HAPI 8.8.0: a stale If-Match is 409 where FHIR says 412; PUT answers with
 * Content-Location and without Location; DELETE answers 200 with an OperationOutcome, also for what
 * never was or is gone already; a new id may not be a number alone; unknown elements are dropped.
 */
import type { OperationOutcome, Patient } from '@medplum/fhirtypes';
import { expect } from 'vitest';
import { behaviour } from './behaviour.ts';
import type { Behaviour } from './behaviour.ts';
import { expectRefusal } from './client.ts';
import { patient } from './resources.ts';

/** FHIR says 412 for a stale If-Match, HAPI answers 409: a client has to take both. */
const stale = [409, 412];

const jsonPatch = { 'Content-Type': 'application/json-patch+json' };

/** What a client relies on when it creates, changes and deletes. */
export const writing: readonly Behaviour[] = [
  behaviour('a create names the version that it made', async (client) => {
    const body = patient(client, 'a');
    const answer = await client.ask('POST', '/Patient', { body });
    expect(answer.status).toBe(201);
    const made = answer.json<Patient>();
    expect(answer.header('location')).toBe(`${client.base}/Patient/${made.id ?? ''}/_history/1`);
    expect(answer.header('etag')).toBe('W/"1"');
    expect(answer.header('last-modified')).toBeDefined();
    expect(made).toMatchObject({ ...body, meta: { versionId: '1', tag: body.meta?.tag } });
  }),
  behaviour('a create gives an id of its own', async (client) => {
    const id = `mine-${client.tag}`.slice(0, 40);
    const body = { ...patient(client, 'a'), id };
    const answer = await client.ask('POST', '/Patient', { body });
    expect(answer.status).toBe(201);
    expect(answer.json<Patient>().id).not.toBe(id);
    expectRefusal(await client.get(`/Patient/${id}`), 404);
  }),
  behaviour('Prefer decides what a create sends back', async (client) => {
    const create = (prefer: string): ReturnType<typeof client.ask> =>
      client.ask('POST', '/Patient', {
        headers: { Prefer: prefer },
        body: patient(client, 'a'),
      });
    const minimal = await create('return=minimal');
    expect(minimal.status).toBe(201);
    expect(minimal.text).toBe('');
    expect(minimal.header('location')).toMatch(/\/Patient\/[^/]+\/_history\/1$/u);
    const outcome = await create('return=OperationOutcome');
    expect(outcome.status).toBe(201);
    expect(outcome.json<OperationOutcome>().resourceType).toBe('OperationOutcome');
    const whole = await create('return=representation');
    expect(whole.json<Patient>().resourceType).toBe('Patient');
  }),
  behaviour('an update makes the next version', async (client) => {
    const { id } = await client.make(patient(client, 'a'));
    const body = { ...patient(client, 'a'), id, gender: 'female' as const };
    const answer = await client.ask('PUT', `/Patient/${id}`, { body });
    expect(answer.status).toBe(200);
    expect(answer.header('etag')).toBe('W/"2"');
    expect(answer.header('last-modified')).toBeDefined();
    const updated = answer.json<Patient>();
    expect(updated).toMatchObject({ id, gender: 'female', meta: { versionId: '2' } });
    expect((await client.get(`/Patient/${id}`)).json<Patient>()).toEqual(updated);
  }),
  behaviour('an update replaces: what is left out is gone', async (client) => {
    const { id } = await client.make(patient(client, 'a', { gender: 'female' }));
    const body: Patient = { resourceType: 'Patient', id };
    expect((await client.ask('PUT', `/Patient/${id}`, { body })).status).toBe(200);
    const read = (await client.get(`/Patient/${id}`)).json<Patient>();
    expect(read.gender).toBeUndefined();
    expect(read.name).toBeUndefined();
  }),
  behaviour('an update may create under an id of the client', async (client) => {
    const id = client.tag;
    const body = { ...patient(client, 'a'), id };
    const answer = await client.ask('PUT', `/Patient/${id}`, { body });
    expect(answer.status).toBe(201);
    expect(answer.header('etag')).toBe('W/"1"');
    const version = `${client.base}/Patient/${id}/_history/1`;
    expect([answer.header('location'), answer.header('content-location')]).toContain(version);
    expect((await client.get(`/Patient/${id}`)).status).toBe(200);
  }),
  behaviour('an update refuses a body of another id, type, or without one', async (client) => {
    const { id } = await client.make(patient(client, 'a'));
    for (const body of [
      { ...patient(client, 'a'), id: `other-${id}` },
      patient(client, 'a'),
      { resourceType: 'Practitioner', id },
    ]) {
      expectRefusal(await client.ask('PUT', `/Patient/${id}`, { body }), 400);
    }
    expect((await client.get(`/Patient/${id}`)).header('etag')).toBe('W/"1"');
  }),
  behaviour('If-Match lets an update through for the current version only', async (client) => {
    const { id } = await client.make(patient(client, 'a'));
    const put = (version: string, gender: 'male' | 'other'): ReturnType<typeof client.ask> =>
      client.ask('PUT', `/Patient/${id}`, {
        headers: { 'If-Match': `W/"${version}"` },
        body: { ...patient(client, 'a'), id, gender },
      });
    expect((await put('1', 'male')).status).toBe(200);
    expectRefusal(await put('1', 'other'), ...stale);
    expect((await client.get(`/Patient/${id}`)).json<Patient>().gender).toBe('male');
    expect((await put('2', 'other')).header('etag')).toBe('W/"3"');
  }),
  behaviour('a delete can be repeated, and an update brings the resource back', async (client) => {
    const { id } = await client.make(patient(client, 'a'));
    for (const target of [`/Patient/${id}`, `/Patient/${id}`]) {
      expect([200, 204]).toContain((await client.ask('DELETE', target)).status);
    }
    // FHIR: "if the resource does not exist: 200, 204 or 404".
    const never = await client.ask('DELETE', `/Patient/no-${client.tag}`);
    expect([200, 204, 404]).toContain(never.status);
    const body = { ...patient(client, 'a'), id };
    const again = await client.ask('PUT', `/Patient/${id}`, { body });
    expect([200, 201]).toContain(again.status);
    // The deletion was version 2.
    expect(again.header('etag')).toBe('W/"3"');
    expect((await client.get(`/Patient/${id}`)).status).toBe(200);
  }),
  behaviour('a JSON Patch changes what it names', async (client) => {
    const { id } = await client.make(patient(client, 'a', { gender: 'male' }));
    const answer = await client.ask('PATCH', `/Patient/${id}`, {
      headers: jsonPatch,
      body: JSON.stringify([
        { op: 'test', path: '/gender', value: 'male' },
        { op: 'replace', path: '/gender', value: 'other' },
        { op: 'add', path: '/name/0/given/-', value: 'Zoë' },
      ]),
    });
    expect(answer.status, answer.text).toBe(200);
    // HAPI sends none with a patch, Content-Location in its place.
    expect([undefined, 'W/"2"']).toContain(answer.header('etag'));
    const current = await client.get(`/Patient/${id}`);
    expect(current.header('etag')).toBe('W/"2"');
    const read = current.json<Patient>();
    expect(read.gender).toBe('other');
    expect(read.name?.[0]?.given).toEqual(['a', 'Zoë']);
    expect(read.identifier).toHaveLength(1);
  }),
  behaviour('a JSON Patch that cannot be applied changes nothing', async (client) => {
    const { id } = await client.make(patient(client, 'a', { gender: 'male' }));
    const patch = (
      body: string,
      headers: Readonly<Record<string, string>> = jsonPatch,
      target = `/Patient/${id}`,
    ): ReturnType<typeof client.ask> => client.ask('PATCH', target, { headers, body });
    const change = '{"op":"replace","path":"/gender","value":"other"}';
    // HAPI 400; FHIR names 422 for what is understood and cannot be processed.
    const refused = [400, 409, 422];
    expectRefusal(
      await patch(`[${change},{"op":"test","path":"/gender","value":"x"}]`),
      ...refused,
    );
    expectRefusal(await patch(`[${change},{"op":"remove","path":"/photo"}]`), ...refused);
    expectRefusal(await patch('[{"op":'), 400);
    expectRefusal(await patch(`[${change}]`, { 'Content-Type': 'text/plain' }), 400, 415);
    expectRefusal(await patch(`[${change}]`, jsonPatch, `/Patient/no-${client.tag}`), 404);
    expectRefusal(await patch(`[${change}]`, { ...jsonPatch, 'If-Match': 'W/"7"' }), ...stale);
    const read = await client.get(`/Patient/${id}`);
    expect(read.header('etag')).toBe('W/"1"');
    expect(read.json<Patient>().gender).toBe('male');
  }),
];
