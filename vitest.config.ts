import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

/** The fast suite: `npm test`. Slow suites (`*.slow.test.ts`) have a configuration of their own. */
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['**/*.slow.test.ts', 'node_modules/**'],
    testTimeout: 20_000,
    hookTimeout: 30_000,
    pool: 'forks',
    // Threads and children of the tests start in half the time.
    env: { NODE_COMPILE_CACHE: join(tmpdir(), 'chaperone-compile-cache') },
  },
});
