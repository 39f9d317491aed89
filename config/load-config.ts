/**
 * Loads the configuration file: read, parse, check each key, check keys against each other, freeze.
 * Reports everything that is wrong at once.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { z } from 'zod';
import { ConfigError } from './config-error.ts';
import type { ConfigProblem } from './config-error.ts';
import { findConflicts, findFileFaults } from './cross-checks.ts';
import type { Sections } from './cross-checks.ts';
import { explainIssue } from './explain-issue.ts';
import { createConfigSchema } from './schema.ts';
import type { Config, ConfigSchema } from './schema.ts';
import { parseYamlSource } from './yaml-source.ts';

type Parsed = z.output<ConfigSchema>;

const maxFileBytes = 1024 * 1024;

/**
 * Loads and checks a configuration file.
 *
 * Reads the file and looks at the files it points at; does NOT read any secret, bind, or create.
 *
 * @param file Path of the YAML file; relative paths in it are relative to its folder.
 * @throws ConfigError With every problem.
 */
export function loadConfig(file: string): Config {
  const source = parseYamlSource(file, readText(file));
  if (source.value === undefined) throw new ConfigError(source.problems);
  const schema = createConfigSchema(dirname(resolve(file)));
  const parsed = schema.safeParse(source.value);
  const sections: Sections = parsed.success ? parsed.data : parseSections(schema, source.value);
  const problems: readonly ConfigProblem[] = [
    ...source.problems,
    ...(parsed.error?.issues ?? []).flatMap((issue) => explainIssue(issue, schema, source)),
    ...[...findConflicts(sections), ...findFileFaults(sections)].map(({ path, sentence }) =>
      source.problemAt(path, sentence),
    ),
  ];
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems);
  return deepFreeze(withAudience(parsed.data, source.value));
}

/**
 * The configuration of `serve --upstream URL`: defaults, and one reader, `auditor`, whose token is
 * expected in `chaperone-data/auditor.token` below the working directory.
 *
 * Does NOT look whether that file exists: the caller makes it.
 *
 * @throws ConfigError When the URL is not usable as `upstream.baseUrl`.
 */
export function defaultConfig(upstreamUrl: string, workingDirectory: string): Config {
  const schema = createConfigSchema(workingDirectory);
  const tokenFile = './chaperone-data/auditor.token';
  const value = {
    upstream: { baseUrl: upstreamUrl },
    review: { readers: [{ name: 'auditor', role: 'auditor', tokenFile }] },
  };
  const parsed = schema.safeParse(value);
  if (parsed.success) return deepFreeze(withAudience(parsed.data, value));
  throw new ConfigError(
    parsed.error.issues.map(({ message }) => ({
      file: '--upstream',
      line: 1,
      column: 1,
      key: 'upstream.baseUrl',
      sentence: message,
    })),
  );
}

/**
 * Authorization servers compare `aud` character by character, so where nothing else is set it is
 * the base URL as it was written, a slash at its end included.
 */
function withAudience(config: Parsed, value: unknown): Parsed {
  const { baseUrl } = config.upstream;
  const written = member(member(value, 'upstream'), 'baseUrl');
  const { discovery } = config.smart;
  if (discovery.audience !== undefined || typeof written !== 'string' || written === baseUrl) {
    return config;
  }
  return {
    ...config,
    smart: { ...config.smart, discovery: { ...discovery, audience: written } },
  };
}

function member(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
}

function readText(file: string): string {
  const fail = (sentence: string) =>
    new ConfigError([{ file, line: 1, column: 1, key: '', sentence }]);
  let bytes: Uint8Array;
  try {
    bytes = readAtMost(file, maxFileBytes + 1);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    throw fail(`Name a configuration file that can be read (${code}).`);
  }
  if (bytes.length > maxFileBytes) throw fail('Name a configuration file of at most 1 MB.');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw fail('Save the file as UTF-8.');
  }
}

function readAtMost(file: string, bytes: number): Uint8Array {
  const buffer = Buffer.alloc(bytes);
  const descriptor = openSync(file, 'r');
  try {
    let length = 0;
    let read = -1;
    while (read !== 0 && length < bytes) {
      read = readSync(descriptor, buffer, length, bytes - length, null);
      length += read;
    }
    return buffer.subarray(0, length);
  } finally {
    closeSync(descriptor);
  }
}

/** The sections that are right in themselves, so that the others do not hide their problems. */
function parseSections(schema: ConfigSchema, value: unknown): Sections {
  const sections = Object.entries(schema.shape).flatMap(([name, section]) => {
    const given = (value as Readonly<Record<string, unknown>>)[name];
    const parsed = section.safeParse(given);
    return parsed.success ? [[name, parsed.data] as const] : [];
  });
  return Object.fromEntries(sections);
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(deepFreeze);
  }
  return value;
}
