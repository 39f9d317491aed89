/**
 * Files that the configuration points at: whether they can be used, and the reading of a reader's
 * token.
 */
import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { ConfigError } from './config-error.ts';

/**
 * What is wrong with a file that must be readable, as a sentence; undefined when nothing is. Does
 * NOT repeat the path: people have been seen to write the secret itself in its place.
 */
export function findFileFault(path: string): string | undefined {
  try {
    if (!statSync(path).isFile()) return 'Name a file: this path is something else.';
    accessSync(path, constants.R_OK);
    return undefined;
  } catch (error) {
    return isCode(error, 'ENOENT')
      ? 'Create this file, or correct the path: there is none (a relative path is relative to the configuration).'
      : 'Make this file readable by the user of the gateway.';
  }
}

/** As {@link findFileFault}, for a secret: only its owner may have access. */
export function findSecretFileFault(path: string): string | undefined {
  const fault = findFileFault(path);
  if (fault !== undefined) return fault;
  // The last six bits of the mode are those of the group and of everybody else.
  return statSync(path).mode % 0o100 === 0
    ? undefined
    : 'Run "chmod 600" on this file: others than its owner have access to it.';
}

/**
 * Reads a reader's bearer token: the content of the file without white space around it.
 *
 * @returns A secret: compare it, never log or store it.
 * @throws ConfigError When the file cannot be read or does not hold exactly one token.
 */
export function readTokenFile(path: string): string {
  const fail = (sentence: string) =>
    new ConfigError([{ file: path, line: 1, column: 1, key: '', sentence }]);
  const fault = findSecretFileFault(path);
  if (fault !== undefined) throw fail(fault);
  const token = readFileSync(path, 'utf8').trim();
  if (!/^[\x21-\x7e]{1,4096}$/.test(token)) {
    throw fail('Put one token into this file: visible ASCII characters without spaces.');
  }
  return token;
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
