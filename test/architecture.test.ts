/** The import rules see every source file, and catch what they are there for. */
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

const root = path.dirname(import.meta.dirname);
const rooms = ['config', 'smart', 'audit', 'gateway', 'review', 'cli', 'sample'];
const cruiser = path.join(root, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs');

interface Report {
  readonly summary: {
    readonly totalCruised: number;
    readonly violations: readonly {
      readonly rule: { readonly name: string };
      readonly from: string;
    }[];
  };
  readonly modules: readonly { readonly source: string }[];
}

function cruise(directory: string, folders: readonly string[]): Report {
  const done = spawnSync(process.execPath, [cruiser, '--output-type', 'json', ...folders], {
    cwd: directory,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  return JSON.parse(done.stdout) as Report;
}

/** A tree with the rules of this one, and files that the test writes. */
function planted(files: Readonly<Record<string, string>>): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'chaperone-rules-'));
  for (const name of ['.dependency-cruiser.cjs', 'tsconfig.json', 'package.json']) {
    cpSync(path.join(root, name), path.join(directory, name));
  }
  symlinkSync(path.join(root, 'node_modules'), path.join(directory, 'node_modules'));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.join(directory, path.dirname(name)), { recursive: true });
    writeFileSync(path.join(directory, name), text);
  }
  folders.push(directory);
  return directory;
}
const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

const value = 'export const value = 1;\n';
const use = (from: string): string =>
  `import { value } from '${from}';\nexport const mine = value;\n`;

const take = (from: string): string =>
  `import * as taken from '${from}';\nexport const x = taken;\n`;

describe('the import rules', () => {
  it('see every source file and find nothing wrong', () => {
    const report = cruise(root, rooms);
    const seen = new Set(report.modules.map((module) => module.source));
    const files = rooms.flatMap((room) =>
      readdirSync(path.join(root, room), { recursive: true, encoding: 'utf8' })
        .filter((file) => file.endsWith('.ts'))
        .map((file) => path.posix.join(room, file)),
    );
    expect(files.length).toBeGreaterThan(100);
    expect(files.filter((file) => !seen.has(file))).toEqual([]);
    expect(report.summary.violations.map((one) => `${one.rule.name}: ${one.from}`)).toEqual([]);
  });

  // One tree with every violation, so that the tool starts once.
  const plants: readonly (readonly [rule: string, file: string, text: string])[] = [
    ['not-in-allowed', 'gateway/config.ts', use('../config/index.ts')],
    ['not-in-allowed', 'audit/ledger/event.ts', use('../event/index.ts')],
    ['not-in-allowed', 'gateway/inside.ts', use('../audit/event/inner.ts')],
    ['not-in-allowed', 'cli/test.ts', use('../test/support/x.ts')],
    ['receipts-come-from-the-ledger', 'gateway/forge.ts', use('../audit/ledger/receipt.ts')],
    ['no-unresolvable', 'cli/missing.ts', use('./nowhere.ts')],
    ['no-cycles', 'cli/a.ts', use('./b.ts')],
    ['sqlite-only-in-the-record', 'gateway/sqlite.ts', take('better-sqlite3')],
    ['jose-only-in-smart', 'review/jose.ts', take('jose')],
    ['proxy-only-in-forward', 'gateway/proxy.ts', take('http-proxy-middleware')],
    ['http-only-at-the-edges', 'audit/search/http.ts', take('node:http')],
    ['disk-only-where-listed', 'gateway/disk.ts', take('node:fs')],
    ['no-dev-deps-in-source', 'gateway/dev.ts', take('fast-check')],
    ['event-is-pure', 'audit/event/os.ts', take('node:os')],
  ];
  const targets = ['config/index.ts', 'audit/event/index.ts', 'audit/event/inner.ts'];
  targets.push('test/support/x.ts', 'audit/ledger/receipt.ts');

  it('catch every planted violation', () => {
    const files = [
      ['cli/b.ts', use('./a.ts')],
      ...targets.map((file) => [file, value]),
      ...plants.map(([, ...rest]) => rest),
    ];
    const report = cruise(planted(Object.fromEntries(files) as Record<string, string>), ['.']);
    const found = report.summary.violations.map((one) => `${one.rule.name}: ${one.from}`);
    for (const [rule, file] of plants) expect(found).toContain(`${rule}: ${file}`);
  });
});
