/**
 * Reads a Dockerfile as far as ours goes: stages, instructions, continued lines, comments, `ARG`
 * before the first `FROM`. And a `.dockerignore` of our form.
 */

/** One instruction, its arguments as they stand there, continued lines joined. */
export interface Instruction {
  readonly name: string;
  readonly text: string;
}

/** What stands between one `FROM` and the next. */
export interface Stage {
  /** Of `FROM … AS name`. */
  readonly name: string | undefined;
  /** Base image, with the arguments filled in. */
  readonly base: string;
  readonly instructions: readonly Instruction[];
}

/** Reads the stages. @throws Error for a line that is no instruction. */
export function parseDockerfile(text: string): readonly Stage[] {
  const stages: { name: string | undefined; base: string; instructions: Instruction[] }[] = [];
  const defaults = new Map<string, string>();
  const lines = text
    .split('\n')
    .filter((line) => !/^\s*(?:#|$)/u.test(line))
    .join('\n')
    .replace(/\\\n\s*/gu, ' ')
    .split('\n');
  for (const line of lines) {
    const [, name = '', rest = ''] = /^([A-Z]+)\s+(.*)$/u.exec(line.trim()) ?? [];
    if (name === '') throw new Error(`not an instruction: ${line}`);
    if (name === 'FROM') {
      const [base = '', , as] = rest.split(/\s+/u);
      stages.push({ name: as, base: filledIn(base, defaults), instructions: [] });
    } else if (stages.length === 0) {
      const [key = '', value = ''] = rest.split('=');
      defaults.set(key, value);
    } else stages.at(-1)?.instructions.push({ name, text: rest });
  }
  return stages;
}

/** Texts of all instructions of a name. */
export function textsOf(stage: Stage, name: string): readonly string[] {
  return stage.instructions.filter((each) => each.name === name).map(({ text }) => text);
}

/** The arguments of the exec form (`["a", "b"]`); undefined for the shell form. */
export function execForm(text: string): readonly string[] | undefined {
  const list = /^\[.*\]$/u.exec(text.trim())?.[0];
  return list === undefined ? undefined : (JSON.parse(list) as readonly string[]);
}

function filledIn(text: string, values: ReadonlyMap<string, string>): string {
  return text.replace(/\$\{(\w+)\}/gu, (_, key: string) => values.get(key) ?? '');
}

/**
 * Whether a file is sent to the build. Later patterns win; known are `*`, names of files and of
 * folders, and endings after two stars and a slash.
 *
 * @param ignore Text of the `.dockerignore`.
 * @param file Relative, with slashes.
 */
export function isSent(ignore: string, file: string): boolean {
  let sent = true;
  for (const line of ignore.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const isBack = line.startsWith('!');
    const pattern = isBack ? line.slice(1) : line;
    if (matches(pattern, file)) sent = isBack;
  }
  return sent;
}

function matches(pattern: string, file: string): boolean {
  if (pattern === '*') return true;
  if (pattern.startsWith('**/*')) return file.endsWith(pattern.slice('**/*'.length));
  return file === pattern || file.startsWith(`${pattern}/`);
}
