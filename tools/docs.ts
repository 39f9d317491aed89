/**
 * `npm run docs:write`: writes the parts of the documentation that come from the code. With
 * `--check` it writes nothing and fails when a page is out of step.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { format } from 'prettier';
import { vocabularyMarkdown } from '../audit/event/index.ts';
import { configMarkdown } from '../config/index.ts';
import { faultsMarkdown } from '../gateway/index.ts';
import { reviewFaults } from '../review/index.ts';

const docs = path.join(path.dirname(import.meta.dirname), 'docs');

const reviewRows = Object.entries(reviewFaults).map(
  ([reason, fault]) =>
    `| \`${reason}\` | ${String(fault.status)} | \`${fault.issue}\` | ${fault.text} |`,
);

const errors = `# Errors that the gateway answers by itself

<!-- Written by npm run docs:write from gateway/faults.ts and review/faults.ts. -->

Every error of the gateway's own is a FHIR OperationOutcome with \`issue[0].severity\` "error", the
issue code and the sentence below, and an \`X-Request-Id\`. What the FHIR server behind the gateway
answers, its errors included, passes through unchanged. The gateway never makes up a 401 on the app
face. The reason is also in the record, so that a refusal can be found and explained later.

## App face

${faultsMarkdown()}

## Review face

| reason | status | issue code | diagnostics |
| --- | --- | --- | --- |
${reviewRows.join('\n')}
`;

const pages: Readonly<Record<string, string>> = {
  'errors.md': errors,
  'configuration.md': configMarkdown(),
  'vocabulary.md': vocabularyMarkdown(),
};

const check = process.argv.includes('--check');
for (const [name, text] of Object.entries(pages)) {
  const file = path.join(docs, name);
  const wanted = await format(text, { parser: 'markdown', printWidth: 100 });
  const have = existsSync(file) ? readFileSync(file, 'utf8') : '';
  if (have === wanted) continue;
  if (check) {
    process.stderr.write(`docs/${name} is not in step with the code: run npm run docs:write\n`);
    process.exitCode = 1;
  } else {
    writeFileSync(file, wanted);
    process.stdout.write(`wrote docs/${name}\n`);
  }
}
