/** The behaviour suite, which HAPI passes (test/hapi/behaviour), against the sample EHR. */
import { expect, it } from 'vitest';
import { behaviours, openClient } from '../../hapi/behaviour/index.ts';
import { startTestServer } from './server.ts';

it.each(behaviours)('$name', async ({ run }) => {
  const { base } = await startTestServer();
  await run(openClient(base));
  expect.hasAssertions();
});
