/**
 * The behaviour suite against the sample EHR: it has to behave as HAPI does, as far as the suite
 * goes. The run against HAPI is `hapi.slow.test.ts`.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSampleEhr } from '../../../sample/index.ts';
import type { SampleEhr } from '../../../sample/index.ts';
import { behaviours, openClient } from './index.ts';

/** What HAPI does and the sample does not: name of the scenario, and the reason. */
const notYet: ReadonlyMap<string, string> = new Map<string, string>();

let ehr: SampleEhr;

beforeAll(async () => {
  ehr = await startSampleEhr({ port: 0, access: 'open' });
});

afterAll(async () => {
  await ehr.close();
});

describe('the behaviour that the sample EHR shares with HAPI', () => {
  it.each(behaviours.filter(({ name }) => !notYet.has(name)))('$name', async ({ run }) => {
    await run(openClient(ehr.fhirBaseUrl));
  });

  it.each(behaviours.filter(({ name }) => notYet.has(name)))(
    'still not here: $name',
    async ({ run }) => {
      await expect(run(openClient(ehr.fhirBaseUrl))).rejects.toThrow();
    },
  );

  it('names every scenario once, and leaves out none that is not there', () => {
    const names = behaviours.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const name of notYet.keys()) expect(names).toContain(name);
  });
});
