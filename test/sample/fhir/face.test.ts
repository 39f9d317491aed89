/** The HTTP side of the FHIR server: bases, CORS, compression, odd requests. */
import { request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { startTestServer } from './server.ts';

function withHost(url: string, host: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { headers: { host } }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      answer.on('end', () => {
        resolve(text);
      });
    });
    sent.on('error', reject);
    sent.end();
  });
}

describe('absolute URLs', () => {
  it('never follow the Host header by default', async () => {
    const { base } = await startTestServer();
    const text = await withHost(`${base}/Patient?_count=1`, 'evil.example.org');
    expect(text).not.toContain('evil');
    expect(text).toContain(`"fullUrl":"${base}/Patient/zoe"`);
  });

  it('follow it where that is chosen, as with HAPI', async () => {
    const { base } = await startTestServer({ baseFrom: 'host' });
    const text = await withHost(`${base}/Patient?_count=1`, 'gateway.example.org:9');
    expect(text).toContain('"fullUrl":"http://gateway.example.org:9/fhir/Patient/zoe"');
    expect(text).toContain('"url":"http://gateway.example.org:9/fhir?_getpages=');
  });
});

describe('the face', () => {
  it('answers a preflight, and lets scripts read what they need', async () => {
    const { call } = await startTestServer({ grants: {} });
    const preflight = await call('/Patient/zoe', { method: 'OPTIONS' });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-headers')).toContain('Authorization');
    expect(preflight.headers.get('access-control-allow-methods')).toContain('PATCH');
    const answer = await call('/metadata');
    expect(answer.headers.get('access-control-expose-headers')).toContain('ETag');
  });

  it('sends back a plain request id, and no other', async () => {
    const { call } = await startTestServer();
    const echo = async (id: string): Promise<string | null> =>
      (await call('/Patient/zoe', { headers: { 'x-request-id': id } })).headers.get('x-request-id');
    expect(await echo('abc-1')).toBe('abc-1');
    expect(await echo('<script>')).toBeNull();
  });

  it('compresses for those who ask', async () => {
    const { call } = await startTestServer();
    const encoding = async (accept: string): Promise<string | null> =>
      (await call('/metadata', { headers: { 'accept-encoding': accept } })).headers.get(
        'content-encoding',
      );
    expect(await encoding('br, gzip')).toBe('gzip');
    expect(await encoding('gzip;q=0')).toBeNull();
    expect(await encoding('identity')).toBeNull();
  });

  it('refuses a body that is too large, with an OperationOutcome and a line in the log', async () => {
    const { call, log } = await startTestServer();
    const body = ' '.repeat(51 * 1024 * 1024);
    const reply = await call('/Patient', { method: 'POST', body });
    expect([reply.status, reply.json.resourceType]).toEqual([413, 'OperationOutcome']);
    await expect.poll(() => log.map(({ status }) => status)).toEqual([413]);
  });

  it('does one request after the other: no update is lost', async () => {
    let arrived = 0;
    let letGo: () => void = () => undefined;
    const all = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    // All go on in the same turn of the event loop.
    const beforeCheck = (): Promise<void> => {
      arrived += 1;
      if (arrived === 10) letGo();
      return all;
    };
    const grants = { token: { clientId: 'a', scope: 'system/*.cruds' } };
    const { call } = await startTestServer({ grants, beforeCheck });
    const body = { resourceType: 'Patient', id: 'zoe', name: [{ family: 'Nuñez' }] };
    const headers = { 'if-match': 'W/"1"', authorization: 'Bearer token' };
    const put = async (): Promise<number> =>
      (await call('/Patient/zoe', { method: 'PUT', body, headers })).status;
    const statuses = await Promise.all(Array.from({ length: 10 }, put));
    expect(statuses.toSorted()).toEqual([200, ...Array.from({ length: 9 }, () => 412)]);
  });

  it('that fails says nothing of the inside', async () => {
    const grants = { token: { clientId: 'a', scope: 'system/*.rs' } };
    const beforeCheck = (): Promise<void> => Promise.reject(new Error('canary'));
    const { call } = await startTestServer({ grants, beforeCheck });
    const reply = await call('/Patient/zoe', { headers: { authorization: 'Bearer token' } });
    expect([reply.status, reply.json.resourceType]).toEqual([500, 'OperationOutcome']);
    expect(reply.text).not.toContain('canary');
  });

  it.each([
    ['[1]'],
    ['[{"op":"canary","path":"/status"}]'],
    ['[{"op":"replace","path":7}]'],
    ['[{"op":"replace","path":"/a/b/c","value":1}]'],
    ['{"resourceType":"Patient"}'],
    ['{"resourceType":"Parameters","parameter":[{"name":"operation","part":[]}]}'],
  ])('takes the patch %s for a mistake of the client', async (body) => {
    const { call } = await startTestServer();
    const headers = { 'content-type': 'application/json-patch+json' };
    const reply = await call('/Observation/hr-1', { method: 'PATCH', body, headers });
    expect(reply.status, reply.text).toBe(400);
    expect((await call('/Observation/hr-1')).json.meta?.versionId).toBe('1');
  });

  it('has a statement of what it can do that names no parameter it refuses', async () => {
    const { call } = await startTestServer();
    const { rest } = (await call('/metadata')).json as unknown as {
      rest: { resource: { type: string; searchParam?: { name: string; type: string }[] }[] }[];
    };
    const samples: Readonly<Record<string, string>> = {
      date: '2026',
      number: '1',
      quantity: '1',
    };
    const patient = rest[0]?.resource.find(({ type }) => type === 'Patient');
    for (const { name, type } of patient?.searchParam ?? []) {
      const reply = await call(`/Patient?${name}=${samples[type] ?? 'x'}`);
      expect(reply.status, name).toBe(200);
    }
    expect(patient?.searchParam?.length).toBeGreaterThan(15);
  });
});
