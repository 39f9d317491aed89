/**
 * Read, vread, HEAD, conditional read, metadata: FHIR R4 http.html sections "read", "vread",
 * "conditional read", "capabilities".
 *
 * Seen at HAPI 8.8.0: 304 comes without an ETag; an unknown `Accept` is answered in JSON with 200.
 */
import type { CapabilityStatement, Patient } from '@medplum/fhirtypes';
import { expect } from 'vitest';
import { behaviour } from './behaviour.ts';
import type { Behaviour } from './behaviour.ts';
import { expectRefusal } from './client.ts';
import { patient } from './resources.ts';

const httpDate = /^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/u;

/** What a client relies on when it reads. */
export const reading: readonly Behaviour[] = [
  behaviour('a read tells version and instant in headers and body', async (client) => {
    const made = await client.make(patient(client, 'a'));
    const answer = await client.get(`/Patient/${made.id}`);
    expect(answer.status).toBe(200);
    expect(answer.header('content-type')).toMatch(/^application\/fhir\+json; ?charset=utf-8$/iu);
    expect(answer.header('etag')).toBe('W/"1"');
    const read = answer.json<Patient>();
    expect(read).toEqual(made);
    expect(read.meta?.versionId).toBe('1');
    const lastModified = answer.header('last-modified') ?? '';
    expect(lastModified).toMatch(httpDate);
    const updatedAt = Date.parse(read.meta?.lastUpdated ?? '');
    expect(Date.parse(lastModified)).toBe(Math.floor(updatedAt / 1000) * 1000);
    // Optional (FHIR leaves it open); where it is there it names this version.
    expect([undefined, `${client.base}/Patient/${made.id}/_history/1`]).toContain(
      answer.header('content-location'),
    );
  }),
  behaviour('HEAD answers as GET does, without a body', async (client) => {
    const { id } = await client.make(patient(client, 'a'));
    const answer = await client.ask('HEAD', `/Patient/${id}`);
    expect(answer.status).toBe(200);
    expect(answer.header('etag')).toBe('W/"1"');
    expect(answer.header('last-modified')).toMatch(httpDate);
    expect(answer.text).toBe('');
    expect((await client.ask('HEAD', `/Patient/no-${client.tag}`)).status).toBe(404);
  }),
  behaviour('If-None-Match spares the body of a known version', async (client) => {
    const { id } = await client.make(patient(client, 'a'));
    const known = await client.get(`/Patient/${id}`, { 'If-None-Match': 'W/"1"' });
    expect(known.status).toBe(304);
    expect(known.text).toBe('');
    const other = await client.get(`/Patient/${id}`, { 'If-None-Match': 'W/"2"' });
    expect(other.status).toBe(200);
  }),
  behaviour('If-Modified-Since spares the body of what has not changed since', async (client) => {
    const { id } = await client.make(patient(client, 'a'));
    const lastModified = (await client.get(`/Patient/${id}`)).header('last-modified') ?? '';
    const since = (at: number): Readonly<Record<string, string>> => ({
      'If-Modified-Since': new Date(at).toUTCString(),
    });
    const later = await client.get(`/Patient/${id}`, since(Date.parse(lastModified) + 10_000));
    expect(later.status).toBe(304);
    expect(later.text).toBe('');
    const before = await client.get(`/Patient/${id}`, since(Date.parse(lastModified) - 10_000));
    expect(before.status).toBe(200);
  }),
  behaviour('vread gives each version as it was', async (client) => {
    const made = await client.make(patient(client, 'a'));
    const url = `/Patient/${made.id}`;
    await client.ask('PUT', url, {
      body: { ...patient(client, 'a'), id: made.id, active: true },
    });
    const first = await client.get(`${url}/_history/1`);
    expect(first.status).toBe(200);
    expect(first.header('etag')).toBe('W/"1"');
    expect(first.json<Patient>()).toEqual(made);
    const second = await client.get(`${url}/_history/2`);
    expect(second.header('etag')).toBe('W/"2"');
    expect(second.json<Patient>().active).toBe(true);
    expectRefusal(await client.get(`${url}/_history/9`), 404);
  }),
  behaviour('what never was is 404, what was deleted is 410, its versions stay', async (client) => {
    const { id } = await client.make(patient(client, 'a'));
    expectRefusal(await client.get(`/Patient/no-${client.tag}`), 404);
    expect([200, 204]).toContain((await client.ask('DELETE', `/Patient/${id}`)).status);
    expectRefusal(await client.get(`/Patient/${id}`), 410);
    expectRefusal(await client.get(`/Patient/${id}/_history/2`), 410);
    expect((await client.get(`/Patient/${id}/_history/1`)).status).toBe(200);
  }),
  behaviour('the same resource is no other type', async (client) => {
    const { id } = await client.make(patient(client, 'a'));
    expectRefusal(await client.get(`/Practitioner/${id}`), 404);
  }),
  behaviour('_format and Accept both ask for JSON', async (client) => {
    const { id } = await client.make(patient(client, 'a'));
    for (const [target, accept] of [
      [`/Patient/${id}?_format=json`, 'text/html'],
      [`/Patient/${id}`, 'application/json'],
      [`/Patient/${id}`, '*/*'],
      [`/Patient/${id}`, 'application/fhir+xml;q=0.1, application/fhir+json'],
    ] as const) {
      const answer = await client.get(target, { Accept: accept });
      expect(answer.status, accept).toBe(200);
      expect(answer.header('content-type'), accept).toMatch(/json/u);
      expect((JSON.parse(answer.text) as Patient).id).toBe(id);
    }
  }),
  behaviour('XML is given or refused, never JSON under its name', async (client) => {
    const { id } = await client.make(patient(client, 'a'));
    const answer = await client.get(`/Patient/${id}`, { Accept: 'application/fhir+xml' });
    // HAPI has XML; a server without it answers 406 (http.html "Content Types and encodings").
    expect([200, 406]).toContain(answer.status);
    if (answer.status === 200) {
      expect(answer.header('content-type')).toMatch(/^application\/fhir\+xml\b/u);
      expect(answer.text).toContain('<Patient');
    }
  }),
  behaviour(
    'metadata tells version, formats, interactions and search parameters',
    async (client) => {
      const answer = await client.get('/metadata');
      expect(answer.status).toBe(200);
      const statement = answer.json<CapabilityStatement>();
      expect(statement.resourceType).toBe('CapabilityStatement');
      expect(statement.fhirVersion).toBe('4.0.1');
      expect(statement.kind).toBe('instance');
      expect(statement.implementation?.url).toBe(client.base);
      expect(statement.format.some((format) => format.includes('json'))).toBe(true);
      const rest = statement.rest?.find(({ mode }) => mode === 'server');
      const ofPatient = rest?.resource?.find(({ type }) => type === 'Patient');
      const interactions = ofPatient?.interaction?.map(({ code }) => code) ?? [];
      const expected = [
        ...['read', 'vread', 'update', 'patch', 'delete', 'history-instance', 'history-type'],
        ...['create', 'search-type'],
      ];
      expect(interactions).toEqual(expect.arrayContaining(expected));
      const parameters = ofPatient?.searchParam?.map(({ name }) => name) ?? [];
      expect(parameters).toEqual(expect.arrayContaining(['identifier', 'birthdate', 'name']));
      expect(rest?.interaction?.map(({ code }) => code)).toContain('transaction');
    },
  ),
];
