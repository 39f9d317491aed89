/**
 * Does what `docker build` does with our Dockerfile: stage after stage, each in a root folder of its
 * own, `COPY` with the files that `.dockerignore` lets through, `RUN` with a shell inside.
 */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { execForm, isSent, parseDockerfile } from './dockerfile.ts';
import type { Instruction, Stage } from './dockerfile.ts';
import { makeRootFolder, startIn } from './root-folder.ts';
import type { Mount, RootFolder } from './root-folder.ts';

/** The image: its files, and how a container of it starts. */
export interface BuiltImage {
  readonly root: RootFolder;
  readonly user: string;
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly healthcheck: readonly string[];
}

/** What the machine lends to the build beside the Dockerfile: its npm cache, its certificates. */
export interface BuildOptions {
  /** Folder with `Dockerfile` and `.dockerignore`. */
  readonly context: string;
  readonly mounts: readonly Mount[];
  readonly environment: Readonly<Record<string, string>>;
}

interface State {
  readonly root: RootFolder;
  cwd: string;
  user: string;
  readonly environment: Record<string, string>;
}

/** Builds the last stage. @throws Error with the output of the command that failed. */
export async function buildImage(options: BuildOptions): Promise<BuiltImage> {
  const stages = parseDockerfile(readFileSync(join(options.context, 'Dockerfile'), 'utf8'));
  const built = new Map<string, RootFolder>();
  try {
    for (const [index, stage] of stages.entries()) {
      const state: State = { root: makeRootFolder(), cwd: '/', user: '', environment: {} };
      built.set(stage.name ?? String(index), state.root);
      for (const instruction of stage.instructions) {
        await carryOut(instruction, state, built, options);
      }
      if (index === stages.length - 1) return imageOf(stage, state);
    }
    throw new Error('the Dockerfile has no stage');
  } finally {
    for (const root of [...built.values()].slice(0, -1)) root.remove();
  }
}

async function carryOut(
  { name, text }: Instruction,
  state: State,
  built: ReadonlyMap<string, RootFolder>,
  options: BuildOptions,
): Promise<void> {
  switch (name) {
    case 'WORKDIR':
      state.cwd = text;
      mkdirSync(join(state.root.path, text), { recursive: true });
      break;
    case 'USER':
      state.user = text;
      break;
    case 'ENV': {
      const [key = '', value = ''] = text.split('=');
      state.environment[key] = value;
      break;
    }
    case 'COPY':
      copy(text.split(/\s+/u), state, built, options.context);
      break;
    case 'RUN':
      await runShell(text, state, options);
      break;
  }
}

function copy(
  words: readonly string[],
  { root, cwd }: State,
  built: ReadonlyMap<string, RootFolder>,
  context: string,
): void {
  const from = words.find((word) => word.startsWith('--from='))?.slice('--from='.length);
  const paths = words.filter((word) => !word.startsWith('--'));
  const to = paths.at(-1) ?? '';
  const target = join(root.path, posix.resolve(cwd, to));
  if (from !== undefined) {
    cpSync(join(built.get(from)?.path ?? '', paths[0] ?? ''), target, { recursive: true });
    return;
  }
  const sent = filesSent(context);
  for (const source of paths.slice(0, -1)) {
    const files = sent.filter((file) => source === '.' || file === source);
    if (files.length === 0) throw new Error(`COPY: .dockerignore lets no ${source} through`);
    for (const file of files) {
      const isFolder = to.endsWith('/') || to === '.';
      const name = source === '.' ? file : posix.basename(file);
      const path = isFolder ? join(target, name) : target;
      mkdirSync(dirname(path), { recursive: true });
      cpSync(join(context, file), path);
    }
  }
}

/** The files of the build context, relative. */
export function filesSent(context: string): readonly string[] {
  const ignore = readFileSync(join(context, '.dockerignore'), 'utf8');
  const found: string[] = [];
  const walk = (folder: string): void => {
    for (const entry of readdirSync(join(context, folder), { withFileTypes: true })) {
      const file = posix.join(folder, entry.name);
      if (file === 'node_modules' || file === '.git') continue;
      if (entry.isDirectory()) walk(file);
      else if (isSent(ignore, file)) found.push(file);
    }
  };
  walk('');
  return found;
}

async function runShell(text: string, state: State, options: BuildOptions): Promise<void> {
  for (const { from, to } of options.mounts) {
    const path = join(state.root.path, to);
    if (!existsSync(path) && statSync(from).isDirectory()) mkdirSync(path, { recursive: true });
  }
  const child = startIn(state.root, ['sh', '-c', text], {
    cwd: state.cwd,
    environment: { HOME: '/root', ...options.environment, ...state.environment },
    mounts: options.mounts,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  }
  const code = await new Promise((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`RUN ${text} ended with ${String(code)}:\n${output}`);
}

function imageOf(stage: Stage, state: State): BuiltImage {
  const listOf = (name: string): readonly string[] => {
    const text = stage.instructions.findLast((each) => each.name === name)?.text ?? '';
    return execForm(text.replace(/^.*?CMD\s+/u, '')) ?? [];
  };
  return {
    root: state.root,
    user: state.user,
    cwd: state.cwd,
    environment: state.environment,
    entrypoint: listOf('ENTRYPOINT'),
    command: listOf('CMD'),
    healthcheck: listOf('HEALTHCHECK'),
  };
}
