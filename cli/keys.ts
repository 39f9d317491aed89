/**
 * The key files: 32 random bytes each, mode 0600, in a folder of mode 0700 that is never under the
 * ledger's. Created when they are missing; a wrong mode or length is an error.
 */
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { UsageError } from './exit-codes.ts';

const keyBytes = 32;

/** Loads a key, making it first when there is none. @throws UsageError when it cannot be used. */
export function loadKey(directory: string, name: string): Uint8Array {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const file = path.join(directory, name);
  createOnce(file, randomBytes(keyBytes));
  return readKey(file);
}

/** Reads a key that must be there. @throws UsageError when it is not, or cannot be used. */
export function readKey(file: string): Uint8Array {
  if (!existsSync(file)) {
    throw new UsageError(`${file}: there is no such key. Give the one that serve made.`);
  }
  checkMode(file);
  const key = readFileSync(file);
  if (key.length !== keyBytes) {
    throw new UsageError(
      `${file}: a key has ${String(keyBytes)} bytes; this file has ${String(key.length)}.`,
    );
  }
  return key;
}

/** Makes a reader's credential when there is none. Returns true when it was made now. */
export function ensureReaderToken(file: string): boolean {
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  return createOnce(file, `${randomBytes(24).toString('base64url')}\n`);
}

/** Writes a file of mode 0600 unless it exists. Returns true when it was written. */
function createOnce(file: string, content: Uint8Array | string): boolean {
  try {
    writeFileSync(file, content, { mode: 0o600, flag: 'wx', flush: true });
    chmodSync(file, 0o600);
    return true;
  } catch (error) {
    if (error instanceof Error && Reflect.get(error, 'code') === 'EEXIST') return false;
    throw error;
  }
}

function checkMode(file: string): void {
  if (process.platform === 'win32') return;
  const mode = statSync(file).mode % 0o1000;
  if (mode % 0o100 !== 0) {
    throw new UsageError(`${file}: others than its owner can read this key; set its mode to 0600.`);
  }
}
