/**
 * A copy of the tree with a defect put in, to see that a suite catches it: a check that nothing can
 * fail proves nothing.
 */
import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from './gateway-process.ts';
import { temporaryFolder } from './temporary-ledger.ts';

/** One change of one file. */
export interface Patch {
  /** Path in the tree. */
  readonly file: string;
  /** Text that stands there exactly once. */
  readonly from: string;
  readonly to: string;
}

/**
 * Copies what `serve` runs on, and patches it. Removed when the test has ended.
 *
 * @returns The root of the copy.
 * @throws Error when a text to replace is not there exactly once: then the test is out of date.
 */
export function copyProject(patches: readonly Patch[]): string {
  const root = temporaryFolder();
  const folders = ['audit', 'bin', 'cli', 'config', 'gateway', 'review', 'sample', 'smart'];
  for (const name of [...folders, 'package.json', 'package-lock.json']) {
    cpSync(join(projectRoot, name), join(root, name), {
      recursive: true,
      preserveTimestamps: true,
    });
  }
  symlinkSync(join(projectRoot, 'node_modules'), join(root, 'node_modules'));
  for (const { file, from, to } of patches) {
    const path = join(root, file);
    const parts = readFileSync(path, 'utf8').split(from);
    if (parts.length !== 2) throw new Error(`${file} does not hold ${from} exactly once`);
    writeFileSync(path, parts.join(to));
  }
  return root;
}
