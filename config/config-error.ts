/**
 * What is wrong with a configuration: all of it at once, each with its place and what to do.
 */

/** One thing that is wrong. */
export interface ConfigProblem {
  /** The file as it was named by the caller, or `--upstream`. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in characters. */
  readonly column: number;
  /** Path of the key (`review.readers[0].role`); empty for the file as a whole. */
  readonly key: string;
  /** One sentence that says what to do. */
  readonly sentence: string;
}

/** A configuration that cannot be used. `message` is the text rendering of all problems. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  /** In the order of the file; at least one. */
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    const sorted = problems.toSorted(
      (left, right) => left.line - right.line || left.column - right.column,
    );
    super(sorted.map(renderProblem).join('\n'));
    this.problems = Object.freeze(sorted);
  }
}

function renderProblem({ file, line, column, key, sentence }: ConfigProblem): string {
  const place = `${file}:${String(line)}:${String(column)}`;
  return key === '' ? `${place}: ${sentence}` : `${place} ${key}: ${sentence}`;
}
