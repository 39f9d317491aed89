/**
 * The page `docs/configuration.md`, generated from the schema. Pure.
 */
import { listKeys } from './schema-tree.ts';
import type { SchemaKey } from './schema-tree.ts';
import { createConfigSchema } from './schema.ts';

const opening = `# Configuration

Chaperone reads one YAML file: \`chaperone serve --config FILE\`. \`chaperone config check FILE\` says what is wrong with it, everything at once, each with its line and column.

- Unknown keys are errors. So are duplicate keys and aliases.
- Secrets stand in files of their own; the configuration holds their paths.
- Relative paths are relative to the folder of the file.
- Only \`upstream.baseUrl\` is required. \`chaperone serve --upstream URL\` runs on the defaults below.

[examples/chaperone.yaml](examples/chaperone.yaml) is a complete file. This page is generated from the schema.
`;

/** The text of `docs/configuration.md`: every key with unit, default and danger. */
export function configMarkdown(): string {
  const sections = Map.groupBy(listKeys(createConfigSchema('.')), sectionOf);
  const pages = [...sections].map(([name, keys]) => {
    const entries = keys.map(renderKey).join('\n');
    return `## ${name}\n\n${entries}`;
  });
  return [opening, ...pages].join('\n');
}

function sectionOf({ path }: SchemaKey): string {
  return path.replace(/[.[].*$/, '');
}

function renderKey({ path, doc, defaultValue, isRequired }: SchemaKey): string {
  const facts = [
    ...(doc.unit === undefined ? [] : [`- Value: ${doc.unit}`]),
    `- Default: ${renderDefault(defaultValue, isRequired)}`,
    ...(doc.danger === undefined ? [] : [`- Danger: ${doc.danger}`]),
  ];
  return `### \`${path}\`\n\n${doc.text}\n\n${facts.join('\n')}\n`;
}

function renderDefault(value: unknown, isRequired: boolean): string {
  if (isRequired) return 'none, required';
  if (value === undefined) return 'none';
  if (Array.isArray(value)) return 'empty list';
  return `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;
}
