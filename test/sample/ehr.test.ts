/** The sample EHR as a whole: the charts of the clinic, tokens, launcher, and a real SMART library. */
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Bundle, Resource } from '@medplum/fhirtypes';
import { createAppClient } from '../support/fhirclient.ts';
import { startSampleEhr, type SampleEhr, type SampleEhrOptions } from '../../sample/index.ts';

async function start(options: Partial<SampleEhrOptions> = {}): Promise<SampleEhr> {
  const ehr = await startSampleEhr({ port: 0, access: 'smart', ...options });
  onTestFinished(() => ehr.close());
  return ehr;
}

const inChartOfZoe = {
  account: 'ana-souza',
  client: 'vitals',
  scope: 'launch/patient patient/*.rs patient/Observation.cruds',
  patient: 'zoe',
};

describe('the sample EHR', () => {
  it.each(['jwt', 'opaque'] as const)('takes the %s tokens that it gives', async (accessTokens) => {
    const ehr = await start({ accessTokens });
    const token = await ehr.issueToken(inChartOfZoe);
    expect(token.split('.')).toHaveLength(accessTokens === 'jwt' ? 3 : 1);
    const headers = { authorization: `Bearer ${token}` };
    const read = (path: string): Promise<Response> =>
      fetch(`${ehr.fhirBaseUrl}${path}`, { headers });
    const mine = await read('/Patient/zoe');
    expect(mine.status).toBe(200);
    expect(await mine.text()).toContain('Nuñez');
    expect((await read('/Patient/ines')).status).toBe(403);
    const log = ehr.accessLog();
    expect(log.map(({ clientId, subject }) => [clientId, subject])).toEqual([
      ['vitals', 'ana-souza'],
      ['vitals', 'ana-souza'],
    ]);
    expect(JSON.stringify(log)).not.toContain(token);
  });

  it('says in both places where its authorization server is', async () => {
    const ehr = await start();
    expect(ehr.issuer).toBe(`${ehr.origin}/auth`);
    const smart = (await (
      await fetch(`${ehr.fhirBaseUrl}/.well-known/smart-configuration`)
    ).json()) as Readonly<Record<string, unknown>>;
    const statement = await (await fetch(`${ehr.fhirBaseUrl}/metadata`)).text();
    for (const name of ['authorization_endpoint', 'token_endpoint', 'revocation_endpoint']) {
      expect(smart[name]).toMatch(new RegExp(`^${ehr.origin}/auth/`));
      expect(statement).toContain(`"valueUri":"${String(smart[name])}"`);
    }
  });

  it('has its launcher where it knows where to launch', async () => {
    const without = await start();
    expect((await fetch(`${without.origin}/launcher`)).status).toBe(404);
    const launcher = { launchUrl: () => 'http://127.0.0.1:9/launch', origins: () => [] };
    const ehr = await start({ launcher });
    const page = await fetch(`${ehr.origin}/launcher`);
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('Zoë Nuñez');
    expect(ehr.registerLaunch({ account: 'ana-souza', patient: 'zoe' })).toMatch(/^\S{20,}$/);
  });

  it('without authorization lets everybody in, and issues nothing', async () => {
    const ehr = await start({ access: 'open' });
    expect((await fetch(`${ehr.fhirBaseUrl}/Patient/zoe`)).status).toBe(200);
    expect([ehr.issuer, ehr.credentials]).toEqual([undefined, undefined]);
    await expect(ehr.issueToken(inChartOfZoe)).rejects.toThrow('Access is open');
    expect(() => ehr.registerLaunch({ account: 'ana-souza' })).toThrow('Access is open');
  });

  it('tells when its port is taken', async () => {
    const ehr = await start({ access: 'open' });
    const port = Number(new URL(ehr.origin).port);
    await expect(start({ access: 'open', port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});

describe('the library fhirclient', () => {
  it('reads the patient, all pages with what they refer to, and writes', async () => {
    const ehr = await start();
    const client = createAppClient({
      serverUrl: ehr.fhirBaseUrl,
      tokenResponse: { access_token: await ehr.issueToken(inChartOfZoe), patient: 'zoe' },
    });
    expect((await client.patient.read()).id).toBe('zoe');
    const every = await client.request('Observation?patient=zoe&_count=7', {
      pageLimit: 0,
      flat: true,
    });
    const counted = (await client.request('Observation?patient=zoe&_summary=count')) as Bundle;
    expect((every as Resource[]).length).toBe(counted.total);
    expect(counted.total).toBeGreaterThan(7);
    const made = await client.create({
      resourceType: 'Observation',
      status: 'final',
      code: { text: 'Pain' },
      subject: { reference: 'Patient/zoe' },
    });
    const resolved = (await client.request(`Observation/${made.id ?? ''}`, {
      resolveReferences: ['subject'],
    })) as { readonly subject: Resource };
    expect(resolved.subject.id).toBe('zoe');
    await expect(client.request('Patient/ines')).rejects.toThrow('403');
  });
});
