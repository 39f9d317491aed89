/** What the validator reports, and how it looks at JSON that may be anything. */

/** One violation. `rule` is stable, for tests to name; `path` is where. */
export interface Problem {
  readonly rule: string;
  readonly path: string;
  readonly message: string;
}

export type Json = Readonly<Record<string, unknown>>;

export function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function list(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value.filter(isJson) : [];
}

export function at(value: unknown, ...keys: readonly string[]): unknown {
  let here = value;
  for (const key of keys) here = isJson(here) ? here[key] : undefined;
  return here;
}

/** Collects problems. */
export class Report {
  readonly problems: Problem[] = [];

  add(rule: string, path: string, message: string): void {
    this.problems.push({ rule, path, message });
  }

  /** Reports unless `holds`. */
  check(holds: boolean, rule: string, path: string, message: string): void {
    if (!holds) this.add(rule, path, message);
  }
}
