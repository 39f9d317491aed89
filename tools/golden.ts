/**
 * Rewrites `audit-events.json` of every golden exchange from what the mapping makes of it now, and
 * prints what changed. The goldens are the specification: read the difference against the profile
 * text before committing it.
 */
import { writeFileSync } from 'node:fs';
import { describeGolden, exchangesFolder, readGoldens } from '../test/support/golden.ts';

type Difference = readonly [path: string, was: unknown, is: unknown];

function* differences(was: unknown, is: unknown, path: string): Generator<Difference> {
  if (typeof was !== 'object' || typeof is !== 'object' || was === null || is === null) {
    if (was !== is) yield [path, was, is];
    return;
  }
  const before = was as Record<string, unknown>;
  const after = is as Record<string, unknown>;
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    yield* differences(before[key], after[key], `${path}/${key}`);
  }
}

let changed = 0;
for (const golden of readGoldens()) {
  const events = describeGolden(golden);
  const found = [...differences(golden.expected, events, golden.name)];
  if (found.length === 0) continue;
  changed++;
  for (const [path, was, is] of found) {
    process.stdout.write(`${path}\n  - ${JSON.stringify(was)}\n  + ${JSON.stringify(is)}\n`);
  }
  const file = new URL(`${golden.name}/audit-events.json`, exchangesFolder);
  writeFileSync(file, `${JSON.stringify(events, undefined, 2)}\n`);
}
process.stdout.write(`${String(changed)} golden exchanges rewritten\n`);
