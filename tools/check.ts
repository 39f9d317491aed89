/**
 * `npm run check`: everything that a reviewer would run, the same here and in CI.
 *   npm run check -- --no-tests    without the tests (CI has run them before)
 *   npm run check -- lint types    only these
 */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';

interface Step {
  readonly name: string;
  readonly run: () => string | undefined;
}

const root = path.dirname(import.meta.dirname);
const sourceFolders = ['config', 'smart', 'audit', 'gateway', 'review', 'cli', 'sample'];

function tool(
  packageName: string,
  file: string,
  args: readonly string[],
): { code: number; out: string } {
  const script = path.join(root, 'node_modules', packageName, file);
  return node([script, ...args]);
}

function node(args: readonly string[]): { code: number; out: string } {
  const done = spawnSync(process.execPath, [...args], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
    env: { ...process.env, FORCE_COLOR: '0' },
  });
  return { code: done.status ?? 1, out: `${done.stdout}${done.stderr}` };
}

const failed = (result: { code: number; out: string }): string | undefined =>
  result.code === 0 ? undefined : result.out;

/** TypeScript files of the rooms: checks that see fewer than these see nothing. */
function sourceCount(): number {
  return sourceFolders
    .flatMap((folder) =>
      readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' }),
    )
    .filter((file) => file.endsWith('.ts')).length;
}

function lint(): string | undefined {
  const result = tool('eslint', 'bin/eslint.js', ['--format', 'json', '.']);
  const start = result.out.indexOf('[{');
  if (start < 0) return result.out;
  const files = JSON.parse(result.out.slice(start, result.out.lastIndexOf(']') + 1)) as {
    filePath: string;
    messages: { line: number; column: number; message: string; ruleId: string | null }[];
  }[];
  const problems = files.flatMap((file) =>
    file.messages.map(
      (one) =>
        `${path.relative(root, file.filePath)}:${String(one.line)}:${String(one.column)} ${one.message} (${one.ruleId ?? 'parse'})`,
    ),
  );
  if (problems.length > 0) return problems.join('\n');
  const least = sourceCount();
  return files.length < least
    ? `eslint saw ${String(files.length)} files, there are ${String(least)}`
    : undefined;
}

/** The sources, and the scripts that run in browsers, which see another world than Node's. */
function types(): string | undefined {
  const problems = ['tsconfig.json', 'sample/app/page', 'review/page'].map((project) =>
    failed(tool('typescript', 'bin/tsc', ['-p', project])),
  );
  const found = problems.filter((problem) => problem !== undefined);
  return found.length === 0 ? undefined : found.join('\n');
}

function imports(): string | undefined {
  const result = tool('dependency-cruiser', 'bin/dependency-cruiser.mjs', [
    ...sourceFolders,
    'test',
    'bench',
    'tools',
  ]);
  if (result.code !== 0) return result.out;
  const modules = Number(/\((\d+) modules/.exec(result.out)?.[1] ?? 0);
  const least = sourceCount();
  return modules < least
    ? `the import check saw ${String(modules)} modules, there are ${String(least)} files`
    : undefined;
}

const steps: readonly Step[] = [
  {
    name: 'format',
    run: () =>
      failed(tool('prettier', 'bin/prettier.cjs', ['--check', '--log-level', 'warn', '.'])),
  },
  { name: 'lint', run: lint },
  { name: 'types', run: types },
  { name: 'imports', run: imports },
  { name: 'dead-code', run: () => failed(tool('knip', 'bin/knip.js', ['--no-progress'])) },
  { name: 'docs', run: () => failed(node([path.join(root, 'tools', 'docs.ts'), '--check'])) },
  { name: 'tests', run: () => failed(tool('vitest', 'vitest.mjs', ['run'])) },
];

const asked = process.argv.slice(2);
const names = asked.filter((argument) => !argument.startsWith('--'));
const unknown = names.filter((name) => steps.every((step) => step.name !== name));
if (unknown.length > 0) {
  process.stderr.write(
    `There is no check "${unknown.join(', ')}". Checks: ${steps.map((step) => step.name).join(', ')}.\n`,
  );
  process.exit(2);
}
let wrong = 0;
for (const step of steps) {
  if (
    names.length > 0
      ? !names.includes(step.name)
      : step.name === 'tests' && asked.includes('--no-tests')
  )
    continue;
  const startedMs = performance.now();
  const problem = step.run();
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  process.stdout.write(`${problem === undefined ? 'ok  ' : 'FAIL'} ${step.name} (${seconds} s)\n`);
  if (problem !== undefined) {
    wrong += 1;
    process.stdout.write(`${problem.trimEnd()}\n`);
  }
}
process.exitCode = wrong === 0 ? 0 : 1;
