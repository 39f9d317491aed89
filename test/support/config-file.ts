/** Configuration files in a folder of their own, with the files that they point at. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A temporary folder. */
export interface ConfigFolder {
  readonly path: string;
  /** Writes a file (mode 0600 unless told otherwise) and returns its absolute path. */
  write(name: string, content: string | Uint8Array, mode?: number): string;
  remove(): void;
}

/** Makes a temporary folder. */
export function makeConfigFolder(): ConfigFolder {
  const path = mkdtempSync(join(tmpdir(), 'chaperone-config-'));
  return {
    path,
    write: (name, content, mode = 0o600) => {
      const file = join(path, name);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, content, { mode });
      return file;
    },
    remove: () => {
      rmSync(path, { recursive: true });
    },
  };
}
