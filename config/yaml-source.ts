/**
 * The text of a configuration file as YAML, with the place of every key. Refuses what could mean
 * two things (duplicate keys, several documents) and what could grow (aliases).
 *
 * Spec: YAML 1.2.2, core schema.
 */
import { isMap, isPair, isScalar, LineCounter, parseDocument, visit } from 'yaml';
import type { Document, ErrorCode, Node, Pair } from 'yaml';
import type { ConfigProblem } from './config-error.ts';

/** Steps from the root to a key: names and positions in lists. */
export type KeyPath = readonly PropertyKey[];

/** A parsed file. */
export interface YamlSource {
  /** Plain JSON-like value; undefined when the text is not usable at all. */
  readonly value: unknown;
  readonly problems: readonly ConfigProblem[];
  /** A problem at the value of a key, or at the nearest enclosing key that is in the file. */
  problemAt(path: KeyPath, sentence: string): ConfigProblem;
  /** A problem at the key itself. */
  problemAtKey(path: KeyPath, sentence: string): ConfigProblem;
}

const sentences: Partial<Record<ErrorCode, string>> = {
  DUPLICATE_KEY: 'Remove one of the two: this key is there twice.',
  MULTIPLE_DOCS: 'Keep one YAML document in the file.',
  NON_STRING_KEY: 'Write the key as text.',
  TAG_RESOLVE_FAILED: 'Remove the tag (the word that begins with "!").',
  BAD_INDENT: 'Correct the indentation of this line.',
  TAB_AS_INDENT: 'Indent with spaces, not with tabs.',
  RESOURCE_EXHAUSTION: 'Make the file less deeply nested.',
};

/** Parses the text of a file. Never throws. */
export function parseYamlSource(file: string, text: string): YamlSource {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    stringKeys: true,
    version: '1.2',
  });
  const problemAtOffset = (offset: number, path: KeyPath, sentence: string): ConfigProblem => {
    const { line, col } = lines.linePos(offset);
    // An empty file has no lines; its only place is the first one.
    return {
      file,
      line: Math.max(line, 1),
      column: Math.max(col, 1),
      key: renderPath(path),
      sentence,
    };
  };
  const syntax = [...document.errors, ...document.warnings];
  const problems = syntax.map((error) =>
    problemAtOffset(
      error.pos[0],
      error.code === 'DUPLICATE_KEY' ? pathOfKey(document, error.pos[0]) : [],
      sentences[error.code] ?? `Correct the YAML here: ${firstLine(error.message)}.`,
    ),
  );
  visit(document, {
    Alias: (_, alias, ancestors) => {
      const sentence = 'Write the value out: aliases ("*name") are not accepted.';
      problems.push(problemAtOffset(alias.range?.[0] ?? 0, pathOf(ancestors), sentence));
    },
  });
  const contents: Node | null = document.contents;
  if (problems.length === 0 && !isMap(contents)) {
    problems.push(
      problemAtOffset(
        contents?.range?.[0] ?? 0,
        [],
        'Begin the file with keys such as "upstream:".',
      ),
    );
  }
  const isUsable = problems.every(({ sentence }) => sentence === sentences.DUPLICATE_KEY);
  return {
    value: isUsable ? document.toJS() : undefined,
    problems,
    problemAt: (path, sentence) => problemAtOffset(place(document, path).value, path, sentence),
    problemAtKey: (path, sentence) => problemAtOffset(place(document, path).key, path, sentence),
  };
}

/** `review.readers[0].role` */
export function renderPath(path: KeyPath): string {
  return path
    .map((step) => (typeof step === 'number' ? `[${String(step)}]` : `.${String(step)}`))
    .join('')
    .replace(/^\./, '');
}

interface Place {
  readonly key: number;
  readonly value: number;
}

/** Offsets of the key and the value at a path, or of the nearest key around it. */
function place(document: Document, path: KeyPath): Place {
  let found: Place = { key: 0, value: 0 };
  for (let length = 1; length <= path.length; length += 1) {
    const parent =
      length === 1 ? document.contents : document.getIn(path.slice(0, length - 1), true);
    const step = path[length - 1];
    const item = isMap(parent)
      ? parent.items.find((pair) => isScalar(pair.key) && pair.key.value === step)
      : undefined;
    const node = document.getIn(path.slice(0, length), true) as Node | undefined;
    const value = node?.range?.[0];
    const key = offsetOfKey(item);
    if (key === undefined && value === undefined) return { key: found.key, value: found.key };
    found = { key: key ?? value ?? 0, value: value ?? key ?? 0 };
  }
  return found;
}

function offsetOfKey(item: unknown): number | undefined {
  return isPair(item) && isScalar(item.key) ? item.key.range?.[0] : undefined;
}

function pathOfKey(document: Document, offset: number): KeyPath {
  let found: KeyPath = [];
  visit(document, {
    Pair: (_, pair, ancestors) => {
      if (offsetOfKey(pair) !== offset) return undefined;
      found = pathOf([...ancestors, pair]);
      return visit.BREAK;
    },
  });
  return found;
}

function pathOf(ancestors: readonly (Document | Node | Pair)[]): KeyPath {
  return ancestors.flatMap((ancestor) =>
    isPair(ancestor) && isScalar(ancestor.key) ? [String(ancestor.key.value)] : [],
  );
}

function firstLine(message: string): string {
  return (message.split('\n')[0] ?? '').replace(/[.:]$/, '');
}
