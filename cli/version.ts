/** The version of this package, from the nearest package.json of that name. */
import { existsSync, type readFileSync } from 'node:fs';
import path from 'node:path';

/** Reads `version` from the package that this file belongs to (`cli/` or `dist/cli/`). */
export function packageVersion(read: typeof readFileSync): string {
  let directory = import.meta.dirname;
  while (!existsSync(path.join(directory, 'bin', 'chaperone.mjs'))) {
    const parent = path.dirname(directory);
    if (parent === directory) return 'unknown';
    directory = parent;
  }
  const manifest: unknown = JSON.parse(read(path.join(directory, 'package.json'), 'utf8'));
  const version: unknown =
    typeof manifest === 'object' && manifest !== null
      ? Reflect.get(manifest, 'version')
      : undefined;
  return typeof version === 'string' ? version : 'unknown';
}
