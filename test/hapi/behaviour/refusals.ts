/**
 * What a server must not accept, and says so in an OperationOutcome: FHIR R4 http.html section
 * "HTTP status codes".
 *
 * Seen at HAPI 8.8.0: nearly everything is 400, also where a method does not fit the URL (HTTP has
 * 405) and where the body is of another media type (HTTP has 415).
 */
import { expect } from 'vitest';
import { behaviour } from './behaviour.ts';
import type { Behaviour } from './behaviour.ts';
import { expectRefusal } from './client.ts';
import { patient } from './resources.ts';

const fhirJson = { 'Content-Type': 'application/fhir+json' };

/** What a client relies on when it made a mistake. */
export const refusals: readonly Behaviour[] = [
  behaviour('a type that does not exist is 404', async (client) => {
    expectRefusal(await client.get('/NoSuchType/1'), 404);
    expectRefusal(await client.get('/NoSuchType'), 404);
    expectRefusal(
      await client.ask('POST', '/NoSuchType', { body: { resourceType: 'NoSuchType' } }),
      404,
    );
  }),
  behaviour('a body that is no JSON, or none at all, is 400', async (client) => {
    for (const body of ['{"resourceType":"Patient"', '', 'no json', '[]', 'null', '"text"']) {
      const answer = await client.ask('POST', '/Patient', { headers: fhirJson, body });
      expect(answer.status, body).toBe(400);
      expectRefusal(answer, 400);
    }
  }),
  behaviour('a body that is no resource, or one of another type, is 400', async (client) => {
    for (const body of [{}, { resourceType: 'Observation' }, { resourceType: 'NoSuchType' }]) {
      expectRefusal(await client.ask('POST', '/Patient', { body }), 400);
    }
  }),
  behaviour('a value that is not of its data type is refused', async (client) => {
    for (const more of [{ birthDate: 'not a date' }, { active: 'perhaps' }]) {
      const body = { ...patient(client, 'a'), ...more };
      // HAPI 400 (it drops a text in the place of a list without a word); FHIR names 422 for what breaks a rule of the resource.
      expectRefusal(await client.ask('POST', '/Patient', { body }), 400, 422);
    }
  }),
  behaviour('a body of another media type is refused', async (client) => {
    const body = JSON.stringify(patient(client, 'a'));
    const answer = await client.ask('POST', '/Patient', {
      headers: { 'Content-Type': 'text/plain' },
      body,
    });
    expectRefusal(answer, 400, 415);
  }),
  behaviour('a method that does not fit the URL is refused', async (client) => {
    const { id } = await client.make(patient(client, 'a'));
    const body = { ...patient(client, 'a'), id };
    const misfit = [400, 404, 405];
    expectRefusal(await client.ask('POST', `/Patient/${id}`, { body }), ...misfit);
    expectRefusal(await client.ask('PUT', '/Patient', { body }), ...misfit);
    // Without criteria this would be "delete all patients".
    expectRefusal(await client.ask('DELETE', '/Patient'), ...misfit, 412);
    expect((await client.get(`/Patient/${id}`)).header('etag')).toBe('W/"1"');
  }),
  behaviour('an operation that does not exist is refused', async (client) => {
    const { id } = await client.make(patient(client, 'a'));
    expectRefusal(await client.get(`/Patient/${id}/$no-such-operation`), 400, 404);
    expectRefusal(await client.get('/$no-such-operation'), 400, 404);
  }),
];
