/**
 * `npm run wasm:write`: compiles `wasm/scan.ts` (AssemblyScript) into `gateway/scan/module.ts`. The
 * compiler is fetched for the occasion, since nothing else needs it.
 *   --check   compiles, and fails when the result is not what is there
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const compiler = 'assemblyscript@0.28.20';
const root = path.dirname(import.meta.dirname);
const source = path.join(root, 'wasm', 'scan.ts');
const target = path.join(root, 'gateway', 'scan', 'module.ts');

function compile(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'wasm-'));
  try {
    const out = path.join(folder, 'scan.wasm');
    const options = '-O3 --runtime stub --noAssert --enable simd --enable bulk-memory --use abort=';
    const done = spawnSync(
      'npx',
      ['--yes', '-p', compiler, 'asc', source, '-o', out, ...options.split(' ')],
      { cwd: folder, stdio: ['ignore', 2, 2] },
    );
    if (done.status !== 0) throw new Error('The compiler failed: see its output above.');
    return readFileSync(out).toString('base64');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function moduleText(base64: string): string {
  const digest = createHash('sha256').update(readFileSync(source)).digest('hex');
  return `/**
 * The compiled scan: WebAssembly, base64. Written by \`npm run wasm:write\` from \`wasm/scan.ts\`; do not
 * edit.
 */

/** SHA-256 of the source that it was compiled from. */
export const scanSourceDigest = '${digest}';

/** The module. */
export const scanModule =
  '${base64}';
`;
}

const text = moduleText(compile());
if (process.argv.includes('--check')) {
  if (readFileSync(target, 'utf8') !== text) {
    process.stderr.write('gateway/scan/module.ts is stale: npm run wasm:write\n');
    process.exitCode = 1;
  }
} else writeFileSync(target, text);
