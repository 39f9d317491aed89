import { defineConfig } from 'vitest/config';

/** Suites that need root, strace, a real HAPI server or minutes: `.ci/run` runs them. */
export default defineConfig({
  test: {
    include: ['test/**/*.slow.test.ts'],
    exclude: ['node_modules/**'],
    testTimeout: 600_000,
    hookTimeout: 300_000,
    pool: 'forks',
    fileParallelism: false,
  },
});
