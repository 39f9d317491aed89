/**
 * `npm run test:hapi -- [URL]`: the suite against the FHIR server at URL, or, without one, against
 * a local HAPI server that is started for it and stopped at the end.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { projectRoot } from '../support/gateway-process.ts';
import { startHapi } from './server.ts';

const [given, ...rest] = process.argv.slice(2);
if (rest.length > 0 || (given !== undefined && !/^https?:\/\/[^?#]+$/u.test(given))) {
  process.stderr.write('usage: npm run test:hapi -- [URL of a FHIR base]\n');
  process.exit(2);
}
process.exitCode = given === undefined ? await withOwnServer() : await runSuite(given, 'given');

async function withOwnServer(): Promise<number> {
  process.stderr.write('Starting HAPI FHIR (the first time it downloads 340 MB) …\n');
  const hapi = await startHapi();
  process.stderr.write(`HAPI FHIR at ${hapi.base} after ${hapi.startSeconds.toFixed(1)} s\n`);
  try {
    return await runSuite(hapi.base, 'own');
  } finally {
    await hapi.stop();
  }
}

async function runSuite(base: string, whose: 'own' | 'given'): Promise<number> {
  const startedAt = Date.now();
  const child = spawn(
    process.execPath,
    [
      join('node_modules', 'vitest', 'vitest.mjs'),
      'run',
      '--config',
      'vitest.slow.config.ts',
      'test/hapi',
    ],
    {
      cwd: projectRoot,
      stdio: 'inherit',
      env: {
        ...process.env,
        CHAPERONE_TEST_UPSTREAM: base,
        CHAPERONE_TEST_UPSTREAM_IS: whose,
      },
    },
  );
  const code = await new Promise<number>((resolve) => {
    child.once('error', () => {
      resolve(70);
    });
    child.once('exit', (status) => {
      resolve(status ?? 70);
    });
  });
  process.stderr.write(`suite: ${((Date.now() - startedAt) / 1000).toFixed(1)} s\n`);
  return code;
}
