/** Batch and transaction: what the behaviour suite, made for HAPI too, does not look at. */
import { describe, expect, it } from 'vitest';
import type { Bundle, BundleEntry, Resource } from '@medplum/fhirtypes';
import { startTestServer, type Reply, type TestServer } from './server.ts';

const observation = (subject: string): Resource => ({
  resourceType: 'Observation',
  status: 'final',
  code: { text: 'Pain' },
  subject: { reference: subject },
});

function send(
  { call }: TestServer,
  type: Bundle['type'],
  entry: readonly BundleEntry[],
  headers: Readonly<Record<string, string>> = {},
): Promise<Reply> {
  return call('', { method: 'POST', body: { resourceType: 'Bundle', type, entry }, headers });
}

const statuses = (reply: Reply): readonly (string | undefined)[] =>
  (reply.json.entry ?? []).map(({ response }) => response?.status);

const patientUrn = 'urn:uuid:11111111-1111-1111-1111-111111111111';

describe('a transaction', () => {
  it('answers with what it made: status line, version, instant, self link', async () => {
    const server = await startTestServer();
    const reply = await send(server, 'transaction', [
      { resource: observation('Patient/zoe'), request: { method: 'POST', url: 'Observation' } },
      { request: { method: 'GET', url: 'Patient/zoe' } },
    ]);
    expect(reply.json.link).toEqual([{ relation: 'self', url: server.base }]);
    const [made, read] = reply.json.entry ?? [];
    expect(made?.response).toMatchObject({
      status: '201 Created',
      location: 'Observation/new-1/_history/1',
      etag: 'W/"1"',
    });
    expect(made?.response?.lastModified).toMatch(/^2026-11-25T/);
    expect(made?.resource).toBeUndefined();
    expect(read?.resource?.id).toBe('zoe');
  });

  it('gives back what it made when that is preferred', async () => {
    const server = await startTestServer();
    const entry: BundleEntry = {
      resource: observation('Patient/zoe'),
      request: { method: 'POST', url: 'Observation' },
    };
    const headers = { prefer: 'return=representation' };
    const reply = await send(server, 'transaction', [entry], headers);
    expect(reply.json.entry?.[0]?.resource?.id).toBe('new-1');
  });

  it('that fails leaves everything as it was, also what it changed and deleted', async () => {
    const server = await startTestServer();
    const reply = await send(server, 'transaction', [
      { request: { method: 'DELETE', url: 'Observation/hr-2' } },
      {
        resource: { ...observation('Patient/zoe'), id: 'hr-1' },
        request: { method: 'PUT', url: 'Observation/hr-1' },
      },
      {
        fullUrl: patientUrn,
        resource: { resourceType: 'Patient' },
        request: { method: 'POST', url: 'Patient' },
      },
      { resource: observation('Patient/gone'), request: { method: 'POST', url: 'Observation' } },
    ]);
    expect(reply.status).toBe(400);
    expect((await server.call('/Observation/hr-2')).status).toBe(200);
    expect((await server.call('/Observation/hr-1')).json.meta?.versionId).toBe('1');
    expect((await server.call('/Patient?_summary=count')).json.total).toBe(3);
    expect((await server.call('/_history?_summary=count')).json.total).toBe(11);
    expect((await server.call('/Observation?patient=zoe')).json.total).toBe(4);
  });

  it('may delete what refers to each other, in any order', async () => {
    const server = await startTestServer();
    const reply = await send(server, 'transaction', [
      { request: { method: 'DELETE', url: 'Patient/tomas' } },
      { request: { method: 'DELETE', url: 'Observation/hr-4' } },
    ]);
    expect(reply.status).toBe(200);
    expect((await server.call('/Patient/tomas')).status).toBe(410);
  });

  it('follows references that are a search, when it finds one', async () => {
    const server = await startTestServer();
    const by = (query: string): Promise<Reply> =>
      send(server, 'transaction', [
        {
          resource: observation(`Patient?${query}`),
          request: { method: 'POST', url: 'Observation' },
        },
      ]);
    expect((await by('identifier=mrn-zoe')).status).toBe(200);
    const made = (await server.call('/Observation/new-1')).json;
    expect(made['subject']).toEqual({ reference: 'Patient/zoe' });
    expect((await by('identifier=nobody')).status).toBe(404);
    expect((await by('general-practitioner=ana-souza')).status).toBe(412);
  });

  it('makes what is not there yet, once', async () => {
    const server = await startTestServer();
    const entries: readonly BundleEntry[] = [
      {
        fullUrl: patientUrn,
        resource: { resourceType: 'Patient', identifier: [{ system: 'urn:x', value: '1' }] },
        request: { method: 'POST', url: 'Patient', ifNoneExist: 'identifier=urn:x|1' },
      },
      { resource: observation(patientUrn), request: { method: 'POST', url: 'Observation' } },
    ];
    expect(statuses(await send(server, 'transaction', entries))).toEqual([
      '201 Created',
      '201 Created',
    ]);
    expect(statuses(await send(server, 'transaction', entries))).toEqual(['200 OK', '201 Created']);
    const found = await server.call('/Observation?subject.identifier=urn:x|1');
    expect(found.json.total).toBe(2);
  });
});

describe('a batch', () => {
  it('says for each entry what became of it', async () => {
    const server = await startTestServer();
    const reply = await send(server, 'batch', [
      { request: { method: 'GET', url: 'Patient/zoe' } },
      { request: { method: 'GET', url: 'Patient/nobody' } },
      { request: { method: 'GET', url: 'Foo/1' } },
      { request: { method: 'GET', url: 'Patient?foo=1' } },
      { request: { method: 'GET', url: `${server.base}/Patient/mei` } },
      { request: { method: 'GET', url: 'Patient/zoe', ifNoneMatch: 'W/"1"' } },
      { request: { method: 'DELETE', url: 'Patient/zoe' } },
      { request: { method: 'GET', url: 'a/b/c/d/e' } },
      { request: { method: 'GET', url: 'Patient/zoe/_history' } },
      { request: { method: 'GET', url: 'metadata' } },
      {},
    ]);
    expect(statuses(reply)).toEqual([
      '200 OK',
      '404 Not Found',
      '404 Not Found',
      '400 Bad Request',
      '200 OK',
      '304 Not Modified',
      '409 Conflict',
      '404 Not Found',
      '200 OK',
      '200 OK',
      '400 Bad Request',
    ]);
    expect(reply.json.entry?.[1]?.response?.outcome?.resourceType).toBe('OperationOutcome');
  });

  it.each(['PUT', 'POST', 'PATCH'] as const)('refuses a %s without a body', async (method) => {
    const server = await startTestServer();
    const urls = {
      PUT: ['Patient/zoe', 'Patient?_id=zoe'],
      POST: ['Patient'],
      PATCH: ['Patient/zoe'],
    };
    const entries = urls[method].map((url) => ({ request: { method, url } }));
    const batch = await send(server, 'batch', entries);
    expect(statuses(batch)).toEqual(entries.map(() => '400 Bad Request'));
    expect(batch.text).not.toContain('Cannot read');
    expect((await send(server, 'transaction', entries.slice(0, 1))).status).toBe(400);
  });

  it('of something else is refused; an empty one is answered', async () => {
    const server = await startTestServer();
    expect((await send(server, 'collection', [])).status).toBe(400);
    expect((await send(server, 'batch', [])).status).toBe(200);
    const noBundle = await server.call('', { method: 'POST', body: { resourceType: 'Patient' } });
    expect(noBundle.status).toBe(400);
  });
});
