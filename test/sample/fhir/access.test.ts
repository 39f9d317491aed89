/** What a token allows: 401, 403, scopes of both versions, and the patient in context. */
import { describe, expect, it } from 'vitest';
import type { Grant } from '../../../sample/access.ts';
import { accessOf } from '../../../sample/fhir/scopes.ts';
import { idsOf, startTestServer, type Call, type Reply } from './server.ts';

const zoe = { clientId: 'vitals', subject: 'ana-souza', patient: 'zoe' };
const grant = (scope: string, more: Partial<Grant> = {}): Grant => ({ ...zoe, ...more, scope });

type Ask = (path: string, init?: Call) => Promise<Reply>;

async function asking(scope: string, more: Partial<Grant> = {}): Promise<Ask> {
  const { call } = await startTestServer({ grants: { token: grant(scope, more) } });
  const headers = { authorization: 'Bearer token' };
  return (path, init = {}) => call(path, { ...init, headers: { ...init.headers, ...headers } });
}

const observation = (subject: string): object => ({
  resourceType: 'Observation',
  status: 'final',
  code: { text: 'Pain' },
  subject: { reference: subject },
});

describe('without a token', () => {
  it('only what apps need to get one is open', async () => {
    const { base, call, log } = await startTestServer({ grants: {} });
    const none = await call('/Patient/zoe');
    expect([none.status, none.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    const unknown = await call('/Patient/zoe', { headers: { authorization: 'Bearer canary' } });
    expect(unknown.status).toBe(401);
    expect(unknown.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
    for (const authorization of ['Basic dG9rZW4=', 'Bearer', 'token']) {
      expect((await call('/Patient/zoe', { headers: { authorization } })).status).toBe(401);
    }
    expect((await call('/Foo/1')).status).toBe(401);
    const metadata = await call('/metadata');
    expect(metadata.headers.get('access-control-allow-origin')).toBe('*');
    expect(metadata.text).toContain('"valueUri":"http://127.0.0.1/auth/token"');
    expect(metadata.json['implementation']).toMatchObject({ url: base });
    const smart = await call('/.well-known/smart-configuration');
    expect(smart.json).toMatchObject({ token_endpoint: 'http://127.0.0.1/auth/token' });
    expect(JSON.stringify(log)).not.toContain('canary');
  });

  it('a body is not even looked at', async () => {
    const { call } = await startTestServer({ grants: {} });
    expect((await call('/Patient', { method: 'POST', body: '{' })).status).toBe(401);
  });

  it('nothing is asked where access is open', async () => {
    const { call } = await startTestServer();
    expect((await call('/Patient/zoe')).status).toBe(200);
    expect((await call('/.well-known/smart-configuration')).status).toBe(404);
  });
});

describe('the log', () => {
  it('names client and user of a token', async () => {
    const { call, log } = await startTestServer({ grants: { token: grant('user/*.rs') } });
    await call('/Patient/zoe', { headers: { authorization: 'Bearer token' } });
    await expect.poll(() => log).toHaveLength(1);
    expect(log[0]).toMatchObject({ clientId: 'vitals', subject: 'ana-souza', status: 200 });
  });
});

describe('a patient scope', () => {
  it('reads the chart of the patient in context and no other', async () => {
    const ask = await asking('patient/*.rs');
    for (const path of ['/Patient/zoe', '/Observation/hr-1', '/Binary/letter-text']) {
      expect((await ask(path)).status, path).toBe(200);
    }
    for (const path of ['/Patient/tomas', '/Observation/hr-4', '/Observation/hr-4/_history/1']) {
      const refused = await ask(path);
      expect([refused.status, refused.json.resourceType], path).toEqual([403, 'OperationOutcome']);
      expect(refused.text).not.toContain('Novák');
    }
    expect((await ask('/Observation/hr-4/_history')).status).toBe(403);
    expect((await ask('/Patient/tomas/$everything')).status).toBe(403);
    expect((await ask('/Practitioner/ana-souza')).status).toBe(200);
    expect((await ask('/Patient/nobody')).status).toBe(404);
  });

  it('finds what is of the patient, and is refused to look for another', async () => {
    const ask = await asking('patient/*.rs');
    const mine = ['hr-1', 'hr-2', 'hr-3', 'glucose'];
    expect(idsOf(await ask('/Observation'))).toEqual(mine);
    expect(idsOf(await ask('/Observation?patient=zoe'))).toEqual(mine);
    expect(idsOf(await ask('/Observation?subject=Patient/zoe'))).toEqual(mine);
    expect(idsOf(await ask('/Patient'))).toEqual(['zoe']);
    for (const query of [
      'Observation?patient=tomas',
      'Observation?patient=Patient/zoe,Patient/tomas',
      'Observation?subject:Patient=tomas',
      'Patient?_id=tomas',
      'Patient/tomas/Observation?patient=tomas',
    ]) {
      expect((await ask(`/${query}`)).status, query).toBe(403);
    }
    expect(idsOf(await ask('/Patient/tomas/Observation'))).toEqual([]);
    expect(idsOf(await ask('/Patient/tomas/*'))).toEqual([]);
    // Nor through the back doors: chains, includes, history.
    expect(idsOf(await ask('/Practitioner?_revinclude=Observation:performer'))).not.toContain(
      'hr-4',
    );
    expect(idsOf(await ask('/Practitioner?_has:Observation:performer:value-quantity=84'))).toEqual(
      [],
    );
    expect((await ask('/Observation/_history?_count=100')).json.total).toBe(4);
    expect((await ask('/_history')).text).not.toContain('Novák');
    expect(idsOf(await ask('/Patient/zoe/$everything'))).not.toContain('hr-4');
  });

  it('writes for the patient in context and no other', async () => {
    const ask = await asking('patient/*.cruds');
    const post = (subject: string): Promise<Reply> =>
      ask('/Observation', { method: 'POST', body: observation(subject) });
    expect((await post('Patient/zoe')).status).toBe(201);
    expect((await post('Patient/tomas')).status).toBe(403);
    // Neither takes one over nor gives one away.
    const put = (id: string, subject: string): Promise<Reply> =>
      ask(`/Observation/${id}`, { method: 'PUT', body: { ...observation(subject), id } });
    expect((await put('hr-4', 'Patient/zoe')).status).toBe(403);
    expect((await put('hr-1', 'Patient/tomas')).status).toBe(403);
    expect((await put('hr-1', 'Patient/zoe')).status).toBe(200);
    const patch = (id: string, subject: string): Promise<Reply> =>
      ask(`/Observation/${id}`, {
        method: 'PATCH',
        body: [{ op: 'replace', path: '/subject/reference', value: subject }],
        headers: { 'content-type': 'application/json-patch+json' },
      });
    expect((await patch('hr-1', 'Patient/tomas')).status).toBe(403);
    expect((await patch('hr-4', 'Patient/zoe')).status).toBe(403);
    expect((await patch('hr-1', 'Patient/zoe')).status).toBe(200);
    expect((await ask('/Observation/hr-1')).json['subject']).toEqual({ reference: 'Patient/zoe' });
    const remove = (path: string): Promise<Reply> => ask(path, { method: 'DELETE' });
    expect((await remove('/Observation/hr-4')).status).toBe(403);
    expect((await remove('/Observation?value-quantity=84')).status).toBe(200);
    expect((await remove('/Observation/hr-2')).status).toBe(200);
    const doctor = { resourceType: 'Practitioner' };
    expect((await ask('/Practitioner', { method: 'POST', body: doctor })).status).toBe(403);
  });

  it('without a patient in context is worth nothing', async () => {
    const { call } = await startTestServer({
      grants: { token: { clientId: 'vitals', scope: 'patient/*.rs' } },
    });
    const headers = { authorization: 'Bearer token' };
    expect((await call('/Patient/zoe', { headers })).status).toBe(403);
  });
});

describe('a batch', () => {
  it('is checked entry by entry, a transaction as a whole', async () => {
    const ask = await asking('patient/*.cruds');
    const entry = [
      { request: { method: 'GET', url: 'Patient/zoe' } },
      { request: { method: 'GET', url: 'Patient/tomas' } },
      { resource: observation('Patient/tomas'), request: { method: 'POST', url: 'Observation' } },
    ];
    const bundle = (type: string): object => ({ resourceType: 'Bundle', type, entry });
    const batch = await ask('', { method: 'POST', body: bundle('batch') });
    expect(batch.json.entry?.map(({ response }) => response?.status)).toEqual([
      '200 OK',
      '403 Forbidden',
      '403 Forbidden',
    ]);
    expect((await ask('', { method: 'POST', body: bundle('transaction') })).status).toBe(403);
  });
});

describe('a page', () => {
  it('shows nothing to whom it does not belong', async () => {
    const { call } = await startTestServer({
      grants: { all: grant('user/*.rs', {}), one: grant('patient/*.rs') },
    });
    const first = await call('/Observation?_count=2&_sort=-_id', {
      headers: { authorization: 'Bearer all' },
    });
    const url = first.json.link?.find(({ relation }) => relation === 'next')?.url ?? '';
    const page = url.replace(/_getpagesoffset=2/, '_getpagesoffset=0');
    const other = await call(page, { headers: { authorization: 'Bearer one' } });
    expect(idsOf(first)).toEqual(['hr-4', 'hr-3']);
    expect(idsOf(other)).toEqual(['hr-3']);
  });
});

describe('a scope of a user or a system', () => {
  it('reaches all patients, for the types and interactions that it names', async () => {
    const ask = await asking('user/Patient.r user/Observation.cs');
    expect((await ask('/Patient/tomas')).status).toBe(200);
    expect((await ask('/Patient')).status).toBe(403);
    expect((await ask('/Observation/hr-4')).status).toBe(403);
    expect(idsOf(await ask('/Observation?patient=tomas'))).toEqual(['hr-4']);
    for (const path of ['/Practitioner/ana-souza', '/Practitioner/_history']) {
      expect((await ask(path)).status, path).toBe(403);
    }
    const made = { method: 'POST', body: observation('Patient/tomas') };
    expect((await ask('/Observation', made)).status).toBe(201);
    expect((await ask('/Observation/hr-4', { method: 'DELETE' })).status).toBe(403);
    const system = await asking('system/*.read');
    expect((await system('/Observation/hr-4')).status).toBe(200);
    expect((await system('/Observation', made)).status).toBe(403);
  });

  it('of a user who is a patient reaches that patient only', async () => {
    const ask = await asking('user/*.rs', { fhirUser: 'Patient/zoe' });
    expect([(await ask('/Patient/zoe')).status, (await ask('/Patient/mei')).status]).toEqual([
      200, 403,
    ]);
  });

  it('with a restriction reaches what meets it', async () => {
    const ask = await asking('user/Observation.rs?category=laboratory');
    expect(idsOf(await ask('/Observation?patient=zoe'))).toEqual(['glucose']);
    expect((await ask('/Observation/glucose')).status).toBe(200);
    expect((await ask('/Observation/hr-1')).status).toBe(403);
    const both = await asking('user/Observation.r user/Observation.s?category=laboratory');
    expect(idsOf(await both('/Observation?patient=zoe'))).toEqual(['glucose']);
    expect((await both('/Observation/hr-1')).status).toBe(200);
  });
});

describe('the grammar of scopes', () => {
  it.each([
    ['patient/*.read', 'rs'],
    ['patient/*.write', 'cud'],
    ['patient/*.*', 'cruds'],
    ['patient/Observation.rs', 'rs'],
    ['patient/Observation.cruds', 'cruds'],
    ['patient/Observation.sr', undefined],
    ['patient/Observation', undefined],
    ['openid', undefined],
    ['launch/patient', undefined],
    ['admin/*.rs', undefined],
  ])('%s allows %s', (scope, permissions) => {
    const access = accessOf(grant(scope));
    const rules = access.kind === 'scoped' ? access.rules : [];
    expect(rules[0]?.permissions).toBe(permissions);
  });
});
