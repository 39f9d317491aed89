/**
 * The behaviour suite against a real HAPI FHIR server: that the scenarios say what a FHIR server
 * does, before they judge the sample EHR. Part of `npm run test:hapi`.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startHapi } from '../server.ts';
import type { HapiServer } from '../server.ts';
import { behaviours, openClient } from './index.ts';

const given = process.env['CHAPERONE_TEST_UPSTREAM'];
// It leaves resources behind, in states that a server of others should not have to keep.
const isOwn = given === undefined || process.env['CHAPERONE_TEST_UPSTREAM_IS'] === 'own';

describe.runIf(isOwn)('the behaviour that HAPI shows', () => {
  let started: HapiServer | undefined;
  let base = '';

  beforeAll(async () => {
    started = given === undefined ? await startHapi() : undefined;
    base = (given ?? started?.base ?? '').replace(/\/+$/u, '');
  }, 600_000);

  afterAll(async () => {
    await started?.stop();
  });

  it.each(behaviours.filter(({ hapiLacks }) => hapiLacks === undefined))(
    '$name',
    async ({ run }) => {
      await run(openClient(base));
    },
  );

  it.each(behaviours.filter(({ hapiLacks }) => hapiLacks !== undefined))(
    'not here: $name ($hapiLacks)',
    async ({ run }) => {
      await expect(run(openClient(base))).rejects.toThrow();
    },
  );
});
