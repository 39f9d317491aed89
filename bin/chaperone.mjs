#!/usr/bin/env node
/** The `chaperone` command: from a checkout the TypeScript sources, installed the compiled ones. */
import path from 'node:path';
import { ensureInstalled, isCheckout, packageDirectory, runScript } from './runtime.mjs';

try {
  ensureInstalled();
  const script = isCheckout ? ['cli', 'main.ts'] : ['dist', 'cli', 'main.js'];
  await runScript(path.join(packageDirectory, ...script), process.argv.slice(2));
} catch (error) {
  process.stderr.write(`chaperone: ${error.message}\n`);
  process.exitCode = 70;
}
