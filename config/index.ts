/**
 * The room of the configuration: one strict YAML file becomes one frozen value that is passed
 * around in slices. Imports nothing of ours.
 */
export { ConfigError } from './config-error.ts';
export type { ConfigProblem } from './config-error.ts';
export { defaultConfig, loadConfig } from './load-config.ts';
export { configMarkdown } from './markdown.ts';
export type { Config } from './schema.ts';
export { readTokenFile } from './secret-file.ts';
export type { HostPort } from './value-schemas.ts';
