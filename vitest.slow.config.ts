import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

/** Set by `npm run test:hapi`, which starts the server that its suite talks to. */
const withHapi = process.env['CHAPERONE_TEST_UPSTREAM'] !== undefined;

/** Suites that need root, strace, a real HAPI server or minutes: `.ci/run` runs them. */
export default defineConfig({
  test: {
    include: ['test/**/*.slow.test.ts'],
    exclude: ['node_modules/**', ...(withHapi ? [] : ['test/hapi/**'])],
    testTimeout: 600_000,
    hookTimeout: 300_000,
    pool: 'forks',
    // Threads and children of the tests start in half the time.
    env: { NODE_COMPILE_CACHE: join(tmpdir(), 'chaperone-compile-cache') },
    fileParallelism: false,
  },
});
