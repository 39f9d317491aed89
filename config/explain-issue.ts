/**
 * Turns what the schema found into problems that say what to do, with the nearest known key for an
 * unknown one.
 */
import type { z } from 'zod';
import type { ConfigProblem } from './config-error.ts';
import { listKeys, namesAt } from './schema-tree.ts';
import type { YamlSource } from './yaml-source.ts';

/** The problems of one issue: one, or one for each unknown key. */
export function explainIssue(
  issue: z.core.$ZodIssue,
  schema: z.ZodType,
  source: YamlSource,
): readonly ConfigProblem[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((name) =>
      source.problemAtKey([...issue.path, name], unknownKey(name, issue.path, schema)),
    );
  }
  const value = valueAt(source.value, issue.path);
  if (value === undefined) {
    return [source.problemAtKey(issue.path, 'Add this key: it is required.')];
  }
  if (value === null) {
    return [source.problemAtKey(issue.path, 'Give this key a value, or remove its line.')];
  }
  const isSection = issue.code === 'invalid_type' && issue.expected === 'object';
  return [
    source.problemAt(
      issue.path,
      isSection ? 'Write keys below this one, indented.' : issue.message,
    ),
  ];
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let current = value;
  for (const step of path) {
    if (typeof current !== 'object' || current === null) return undefined;
    current = Object.hasOwn(current, step)
      ? (current as Record<PropertyKey, unknown>)[step]
      : undefined;
  }
  return current;
}

function unknownKey(name: string, path: readonly PropertyKey[], schema: z.ZodType): string {
  const nearest = namesAt(schema, path)
    .map((known) => ({ known, distance: editDistance(name, known) }))
    .toSorted((left, right) => left.distance - right.distance)[0];
  const elsewhere = listKeys(schema).find((known) => known.path.endsWith(`.${name}`));
  const isFar = nearest === undefined || nearest.distance > 2;
  const suggestion = isFar ? (elsewhere?.path ?? nearest?.known) : nearest.known;
  return `Remove or rename this key, which is unknown; the nearest known one is "${String(suggestion)}".`;
}

/** Levenshtein distance, ignoring the case of letters. */
function editDistance(left: string, right: string): number {
  const from = left.slice(0, 100).toLowerCase();
  const to = right.toLowerCase();
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= to.length; j += 1) {
      const change = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
