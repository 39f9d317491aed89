/**
 * `npm run build` (and before `npm pack`): compiles the sources into `dist/`. Node strips no types
 * under `node_modules`, so the published package holds JavaScript. The review page needs no
 * compiler: its files are copied as they are. The sample stays out of it: what it runs on is there
 * in a checkout only.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, rmSync } from 'node:fs';
import path from 'node:path';

const root = path.dirname(import.meta.dirname);
rmSync(path.join(root, 'dist'), { recursive: true, force: true });
const done = spawnSync(
  process.execPath,
  [path.join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', 'tsconfig.build.json'],
  { cwd: root, stdio: 'inherit' },
);
rmSync(path.join(root, 'dist', 'sample'), { recursive: true, force: true });
cpSync(path.join(root, 'review', 'page'), path.join(root, 'dist', 'review', 'page'), {
  recursive: true,
  filter: (file) => path.basename(file) !== 'tsconfig.json',
});
process.exitCode = done.status ?? 1;
