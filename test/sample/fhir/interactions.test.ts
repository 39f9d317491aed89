/** What a FHIR client does with one resource: read, write, versions, conditions. */
import { describe, expect, it } from 'vitest';
import { idsOf, startTestServer } from './server.ts';

const observation = {
  resourceType: 'Observation',
  status: 'final',
  code: { text: 'Pain' },
  subject: { reference: 'Patient/zoe' },
};

describe('a read', () => {
  it('has version, instant and absolute URL of the version', async () => {
    const { base, call } = await startTestServer();
    const { status, headers, json } = await call('/Patient/zoe');
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('application/fhir+json;charset=utf-8');
    expect(headers.get('etag')).toBe('W/"1"');
    expect(headers.get('last-modified')).toMatch(/^Wed, 25 Nov 2026/);
    expect(headers.get('content-location')).toBe(`${base}/Patient/zoe/_history/1`);
    expect(json).toMatchObject({ id: 'zoe', meta: { versionId: '1' } });
  });

  it('is not made again when the client has the version', async () => {
    const { call } = await startTestServer();
    const first = await call('/Patient/zoe');
    const tag = { 'if-none-match': 'W/"1"' };
    const instant = { 'if-modified-since': first.headers.get('last-modified') ?? '' };
    for (const headers of [tag, instant]) {
      const again = await call('/Patient/zoe', { headers });
      expect([again.status, again.text, again.headers.get('etag')]).toEqual([304, '', 'W/"1"']);
    }
    const other = await call('/Patient/zoe', { headers: { 'if-none-match': 'W/"2"' } });
    expect(other.status).toBe(200);
    const older = { 'if-modified-since': 'Wed, 25 Nov 2020 08:00:00 GMT' };
    expect((await call('/Patient/zoe', { headers: older })).status).toBe(200);
  });

  it.each([
    ['an unknown id', '/Patient/nobody', 404],
    ['an unknown type', '/Foo/1', 404],
    ['all of an unknown type', '/Foo', 404],
    ['a type in lower case', '/patient/zoe', 404],
    ['an operation that there is not', '/Patient/zoe/$nothing', 404],
    ['a path that decodes to another', '/Patient%2Fzoe', 400],
    ['a path that does not decode', '/Patient/%zz', 400],
  ])('of %s is an OperationOutcome', async (_name, path, status) => {
    const { call } = await startTestServer();
    const reply = await call(path);
    expect(reply.status).toBe(status);
    expect(reply.json.resourceType).toBe('OperationOutcome');
  });

  it('takes the odd spellings of a path that HAPI takes, and HEAD', async () => {
    const { call } = await startTestServer();
    for (const path of ['//Patient/zoe', '/Patient/zoe/', '/Patient/z%6Fe']) {
      expect((await call(path)).status).toBe(200);
    }
    const head = await call('/Patient/zoe', { method: 'HEAD' });
    expect([head.status, head.text, head.headers.get('etag')]).toEqual([200, '', 'W/"1"']);
    expect(Number(head.headers.get('content-length'))).toBeGreaterThan(100);
  });

  it('in a form that the server does not speak is refused', async () => {
    const { call } = await startTestServer();
    const xml = await call('/Patient/zoe', { headers: { accept: 'application/fhir+xml' } });
    expect(xml.status).toBe(406);
    expect((await call('/Patient/zoe?_format=xml')).status).toBe(406);
    expect((await call('/Patient/zoe?_format=json')).status).toBe(200);
  });

  it('of a Binary gives what it is, or FHIR when that is asked for', async () => {
    const { call } = await startTestServer();
    const native = await call('/Binary/letter-text', { headers: { accept: 'text/plain' } });
    expect(native.text).toBe('Dear colleague');
    expect(native.headers.get('content-type')).toBe('text/plain');
    // Never a page of this origin, whatever somebody stored.
    expect(native.headers.get('content-disposition')).toBe('attachment');
    expect(native.headers.get('x-content-type-options')).toBe('nosniff');
    const fhir = await call('/Binary/letter-text', {
      headers: { accept: 'application/fhir+json' },
    });
    expect(fhir.json).toMatchObject({ resourceType: 'Binary', contentType: 'text/plain' });
  });
});

describe('a create', () => {
  it('gives the resource an id of the server, a version and a Location', async () => {
    const { base, call } = await startTestServer();
    const body = { ...observation, id: 'mine', meta: { versionId: '7' } };
    const made = await call('/Observation', { method: 'POST', body });
    expect(made.status).toBe(201);
    expect(made.headers.get('location')).toBe(`${base}/Observation/new-1/_history/1`);
    expect(made.json).toMatchObject({ id: 'new-1', meta: { versionId: '1' } });
    expect((await call('/Observation/mine')).status).toBe(404);
  });

  it('answers as much as is preferred', async () => {
    const { call } = await startTestServer();
    const preferring = (prefer: string): Promise<{ text: string; json: object }> =>
      call('/Observation', { method: 'POST', body: observation, headers: { prefer } });
    expect((await preferring('return=minimal')).text).toBe('');
    expect((await preferring('return=representation')).json).toMatchObject(observation);
    expect((await preferring('return=OperationOutcome')).json).toMatchObject({
      resourceType: 'OperationOutcome',
    });
  });

  it('with If-None-Exist is made once, and refused when the condition is ambiguous', async () => {
    const { call } = await startTestServer();
    const make = (condition: string): Promise<{ status: number; headers: Headers }> =>
      call('/Observation', {
        method: 'POST',
        body: { ...observation, identifier: [{ system: 'urn:x', value: '1' }] },
        headers: { 'if-none-exist': condition },
      });
    const first = await make('identifier=urn:x|1');
    const second = await make('identifier=urn:x|1');
    expect([first.status, second.status]).toEqual([201, 200]);
    expect(second.headers.get('location')).toBe(first.headers.get('location'));
    expect((await make('patient=zoe')).status).toBe(412);
    expect((await make('nonsense=1')).status).toBe(400);
  });

  it.each<readonly [string, unknown, number, Record<string, string>]>([
    ['no JSON', '{', 400, {}],
    ['no resource', { a: 1 }, 400, {}],
    ['another type', { resourceType: 'Patient' }, 400, {}],
    ['another media type', 'a,b', 415, { 'content-type': 'text/csv' }],
    ['nothing', 'null', 400, {}],
    ['a list', '[]', 400, {}],
    ['a code that is not bound', { ...observation, status: 'canary' }, 400, {}],
    ['a date that is none', { ...observation, effectiveDateTime: 'canary' }, 400, {}],
    ['a list that is none', { ...observation, category: {} }, 400, {}],
    [
      'a contained resource that is none',
      { ...observation, contained: [{ resourceType: 'Canary' }] },
      400,
      {},
    ],
    [
      'a subject that there is not',
      { ...observation, subject: { reference: 'Patient/x' } },
      400,
      {},
    ],
  ])('of %s is refused', async (_name, body, status, headers) => {
    const { call } = await startTestServer();
    const reply = await call('/Observation', { method: 'POST', body, headers });
    expect([reply.status, reply.json.resourceType]).toEqual([status, 'OperationOutcome']);
    expect(reply.text).not.toMatch(/canary|Cannot read/);
  });

  it('stores references to this server in their relative form', async () => {
    const { base, call } = await startTestServer();
    const body = { ...observation, subject: { reference: `${base}/Patient/zoe` } };
    const made = await call('/Observation', { method: 'POST', body });
    expect(made.json).toMatchObject({ subject: { reference: 'Patient/zoe' } });
  });

  it('of a Binary takes any media type', async () => {
    const { call } = await startTestServer();
    const headers = { 'content-type': 'text/plain' };
    const made = await call('/Binary', { method: 'POST', body: 'hello', headers });
    expect(made.status).toBe(201);
    const read = await call('/Binary/new-1', { headers: { accept: 'text/plain' } });
    expect(read.text).toBe('hello');
  });
});

describe('an update', () => {
  const changed = { ...observation, id: 'hr-1', status: 'amended' };

  it('makes a version, and each version can be read', async () => {
    const { base, call } = await startTestServer();
    const put = await call('/Observation/hr-1', { method: 'PUT', body: changed });
    expect([put.status, put.headers.get('etag')]).toEqual([200, 'W/"2"']);
    expect(put.headers.get('content-location')).toBe(`${base}/Observation/hr-1/_history/2`);
    expect((await call('/Observation/hr-1/_history/1')).json['status']).toBe('final');
    expect((await call('/Observation/hr-1/_history/2')).json['status']).toBe('amended');
    expect((await call('/Observation/hr-1/_history/3')).status).toBe(404);
  });

  it('of a version that is not current any more is refused', async () => {
    const { call } = await startTestServer();
    const put = (tag: string): Promise<{ status: number }> =>
      call('/Observation/hr-1', { method: 'PUT', body: changed, headers: { 'if-match': tag } });
    expect((await put('W/"1"')).status).toBe(200);
    expect((await put('W/"1"')).status).toBe(412);
    expect((await put('nonsense')).status).toBe(412);
    expect((await put('W/"2"')).status).toBe(200);
  });

  it('with an id of the client creates', async () => {
    const { base, call } = await startTestServer();
    const body = { ...observation, id: 'mine' };
    const put = await call('/Observation/mine', { method: 'PUT', body });
    expect(put.status).toBe(201);
    expect(put.headers.get('location')).toBe(`${base}/Observation/mine/_history/1`);
    const odd = await call('/Observation/a_b', { method: 'PUT', body: { ...body, id: 'a_b' } });
    expect(odd.status).toBe(400);
  });

  it('with a condition updates the one that matches, creates when none does', async () => {
    const { call } = await startTestServer();
    const put = (query: string): Promise<{ status: number; headers: Headers }> =>
      call(`/Observation${query}`, {
        method: 'PUT',
        body: { ...observation, identifier: [{ system: 'urn:x', value: '1' }] },
      });
    expect((await put('?identifier=urn:x|1')).status).toBe(201);
    const second = await put('?identifier=urn:x|1');
    expect([second.status, second.headers.get('etag')]).toEqual([200, 'W/"2"']);
    expect((await put('?patient=zoe')).status).toBe(412);
    expect((await put('')).status).toBe(400);
  });

  it('whose body has another id or type is refused', async () => {
    const { call } = await startTestServer();
    for (const body of [
      { ...changed, id: 'hr-2' },
      observation,
      { ...changed, resourceType: 'Patient' },
    ]) {
      expect((await call('/Observation/hr-1', { method: 'PUT', body })).status).toBe(400);
    }
  });
});

describe('a patch', () => {
  const patch = (body: unknown): object => ({
    method: 'PATCH',
    body,
    headers: { 'content-type': 'application/json-patch+json' },
  });

  it('changes what it names', async () => {
    const { call } = await startTestServer();
    const change = [{ op: 'replace', path: '/status', value: 'amended' }];
    const reply = await call('/Observation/hr-1', patch(change));
    expect([reply.status, reply.json['status'], reply.json.meta?.versionId]).toEqual([
      200,
      'amended',
      '2',
    ]);
  });

  it('that fails, or changes the id, changes nothing', async () => {
    const { call } = await startTestServer();
    const test = [
      { op: 'replace', path: '/status', value: 'amended' },
      { op: 'test', path: '/status', value: 'other' },
    ];
    expect((await call('/Observation/hr-1', patch(test))).status).toBe(400);
    const rename = [{ op: 'replace', path: '/id', value: 'other' }];
    expect((await call('/Observation/hr-1', patch(rename))).status).toBe(400);
    expect((await call('/Observation/hr-1')).json.meta?.versionId).toBe('1');
    expect((await call('/Observation/other')).status).toBe(404);
  });
});

describe('a delete', () => {
  it('leaves a history behind, and 410', async () => {
    const { base, call } = await startTestServer();
    expect((await call('/Observation/hr-1', { method: 'DELETE' })).status).toBe(200);
    expect((await call('/Observation/hr-1')).status).toBe(410);
    expect((await call('/Observation/hr-1/_history/1')).status).toBe(200);
    const history = await call('/Observation/hr-1/_history');
    expect(history.json.entry?.map(({ request }) => request?.method)).toEqual(['DELETE', 'PUT']);
    expect(history.json.entry?.[0]?.fullUrl).toBe(`${base}/Observation/hr-1`);
    expect(idsOf(await call('/Observation?patient=zoe'))).not.toContain('hr-1');
    const again = { ...observation, id: 'hr-1' };
    const put = await call('/Observation/hr-1', { method: 'PUT', body: again });
    expect([put.status, put.headers.get('etag')]).toEqual([201, 'W/"3"']);
  });

  it('of what is referred to is refused; of what is not there, done', async () => {
    const { call } = await startTestServer();
    expect((await call('/Patient/zoe', { method: 'DELETE' })).status).toBe(409);
    expect((await call('/Patient/zoe')).status).toBe(200);
    expect((await call('/Patient/nobody', { method: 'DELETE' })).status).toBe(200);
  });

  it('with a condition deletes one, never several and never all', async () => {
    const { call } = await startTestServer();
    const remove = (query: string): Promise<{ status: number }> =>
      call(`/Observation${query}`, { method: 'DELETE' });
    expect((await remove('?patient=zoe')).status).toBe(412);
    expect((await remove('')).status).toBe(400);
    expect((await remove('?patient=zoe&code=2345-7')).status).toBe(200);
    expect((await call('/Observation/glucose')).status).toBe(410);
  });
});

describe('history', () => {
  it('of a type and of all is paged by offset', async () => {
    const { base, call } = await startTestServer();
    const first = await call('/Observation/_history?_count=2');
    expect(first.json.total).toBe(5);
    const next = first.json.link?.find(({ relation }) => relation === 'next')?.url ?? '';
    expect(next).toBe(`${base}/Observation/_history?_count=2&_offset=2`);
    expect(idsOf(await call(next))).toEqual(['hr-3', 'hr-2']);
    expect((await call('/_history?_count=100')).json.total).toBe(11);
    expect((await call('/Observation/nothing/_history')).status).toBe(404);
  });
});

describe('who asks around the gateway', () => {
  it('is in the log, with the request id that it sent and without its token', async () => {
    const { call, log } = await startTestServer();
    await call('/Patient/zoe', { headers: { 'x-request-id': 'r-1', authorization: 'Bearer abc' } });
    await call('/Patient?name=x');
    await expect.poll(() => log.length).toBe(2);
    expect(log[0]).toMatchObject({ method: 'GET', target: '/fhir/Patient/zoe', status: 200 });
    expect(log.map(({ requestId }) => requestId)).toEqual(['r-1', undefined]);
    expect(JSON.stringify(log)).not.toContain('abc');
  });
});
