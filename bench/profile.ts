/**
 * Reads V8 CPU profiles (`--cpu-prof`, one file a thread) and says where the time went: by function,
 * by folder, and by the folder that asked for it. Pure but for the reading of the files.
 *
 * @see https://chromedevtools.github.io/devtools-protocol/tot/Profiler/#type-Profile
 */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** The part of a `.cpuprofile` file that is used here. */
export interface CpuProfile {
  /** Microseconds of the monotonic clock. */
  readonly startTime: number;
  readonly nodes: readonly ProfileNode[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

interface ProfileNode {
  readonly id: number;
  readonly callFrame: {
    readonly functionName: string;
    readonly url: string;
    readonly lineNumber: number;
  };
  readonly children?: readonly number[];
}

/** A line of a profile: a name and its share. */
export interface ProfileShare {
  readonly name: string;
  readonly milliseconds: number;
  /** Of the busy time of the threads that were summed, 0 to 1. */
  readonly share: number;
}

/** Where the time of one thread went. */
export interface ThreadProfile {
  readonly thread: string;
  readonly busyMs: number;
  /** Time in the folder's own functions. */
  readonly selfByFolder: readonly ProfileShare[];
  /** Time in the folder's functions and in what they call that has no folder (Node, native, gc). */
  readonly causedByFolder: readonly ProfileShare[];
  readonly topFunctions: readonly ProfileShare[];
  /** Functions of the product by the time during which they were on the stack. */
  readonly topInclusive: readonly ProfileShare[];
}

/** Where the time went, the busiest thread first. */
export interface ProfileSummary {
  readonly busyMs: number;
  readonly threads: readonly ThreadProfile[];
}

/** A span of the monotonic clock in microseconds. */
export interface ProfileWindow {
  readonly fromMicros: number;
  readonly toMicros: number;
}

const ROOMS =
  /\/((?:audit|smart|gateway|review|cli|config|bench)(?:\/(?:event|ledger|search|export)(?=\/))?)\//;
const EXPRESS_FAMILY = new Set([
  'express',
  'router',
  'finalhandler',
  'send',
  'parseurl',
  'on-finished',
  'proxy-addr',
  'qs',
  'etag',
  'fresh',
  'accepts',
  'type-is',
]);

/** Where a function belongs: a room of the product, a library, Node, or the engine. */
export function folderOf({ functionName, url }: ProfileNode['callFrame']): string {
  if (functionName === '(garbage collector)') return 'gc';
  if (functionName === '(program)') return 'program';
  if (functionName === '(idle)') return 'idle';
  const dependency = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1];
  if (dependency !== undefined) {
    if (EXPRESS_FAMILY.has(dependency)) return 'express';
    return dependency === 'httpxy' ? 'http-proxy-middleware' : dependency;
  }
  if (url.startsWith('node:')) return 'node';
  if (url === '') {
    return functionName === 'parse' || functionName === 'stringify' ? 'JSON' : 'native';
  }
  return ROOMS.exec(url)?.[1] ?? 'other';
}

/** Folders that do something only because another one asked. */
const SERVANTS = new Set(['node', 'native', 'JSON', 'gc', 'program', 'other']);

function functionLabel({ callFrame }: ProfileNode): string {
  const { functionName, url, lineNumber } = callFrame;
  const name = functionName === '' ? '(anonymous)' : functionName;
  if (url === '') return name;
  const place = url.startsWith('node:')
    ? url
    : (/\/((?:node_modules|audit|smart|gateway|review|cli|config|bench)\/.*)$/.exec(url)?.[1] ??
      url);
  return `${name}  ${place}:${String(lineNumber + 1)}`;
}

/** Sums of microseconds by name. */
type Sums = Map<string, number>;

function add(sums: Sums, name: string, micros: number): void {
  sums.set(name, (sums.get(name) ?? 0) + micros);
}

function ranked(sums: Sums, totalMicros: number, limit = Infinity): readonly ProfileShare[] {
  return [...sums]
    .map(([name, micros]) => ({ name, milliseconds: micros / 1000, share: micros / totalMicros }))
    .sort((a, b) => b.milliseconds - a.milliseconds)
    .slice(0, limit);
}

interface StackFacts {
  readonly node: ProfileNode;
  readonly folder: string;
  readonly cause: string;
  /** Product functions on the stack, each once. */
  readonly onStack: readonly string[];
}

/** For every node what its whole stack says, from the root downwards. */
function stackFacts(profile: CpuProfile): ReadonlyMap<number, StackFacts> {
  const byId = new Map(profile.nodes.map((node) => [node.id, node]));
  const facts = new Map<number, StackFacts>();
  const visit = (node: ProfileNode, above: StackFacts | undefined): void => {
    const folder = folderOf(node.callFrame);
    const isRoot = node.callFrame.functionName === '(root)';
    const inherited = above?.cause ?? 'node';
    const cause = isRoot ? 'node' : SERVANTS.has(folder) ? inherited : folder;
    const label = functionLabel(node);
    const outer = above?.onStack ?? [];
    const own = ROOMS.test(node.callFrame.url) && !node.callFrame.url.includes('/node_modules/');
    const onStack = own && !outer.includes(label) ? [...outer, label] : outer;
    const fact = { node, folder, cause: folder === 'gc' ? 'gc' : cause, onStack };
    facts.set(node.id, fact);
    for (const child of node.children ?? []) {
      const next = byId.get(child);
      if (next !== undefined) visit(next, fact);
    }
  };
  const children = new Set(profile.nodes.flatMap((node) => node.children ?? []));
  for (const node of profile.nodes) if (!children.has(node.id)) visit(node, undefined);
  return facts;
}

/** Reads profiles (one a thread) within a window; the idle time is left out. */
export function summariseProfiles(
  profiles: readonly { readonly thread: string; readonly profile: CpuProfile }[],
  window?: ProfileWindow,
  limit = 20,
): ProfileSummary {
  const threads = profiles
    .map(({ thread, profile }) => summariseThread(thread, profile, window, limit))
    .sort((a, b) => b.busyMs - a.busyMs);
  return { threads, busyMs: threads.reduce((sum, { busyMs }) => sum + busyMs, 0) };
}

function summariseThread(
  thread: string,
  profile: CpuProfile,
  window: ProfileWindow | undefined,
  limit: number,
): ThreadProfile {
  const self: Sums = new Map();
  const caused: Sums = new Map();
  const functions: Sums = new Map();
  const inclusive: Sums = new Map();
  const facts = stackFacts(profile);
  let busyMicros = 0;
  let at = profile.startTime;
  profile.samples.forEach((id, index) => {
    at += profile.timeDeltas[index] ?? 0;
    // A sample stands for the time until the next one.
    const micros = profile.timeDeltas[index + 1] ?? 0;
    const fact = facts.get(id);
    if (fact === undefined || fact.folder === 'idle') return;
    if (window !== undefined && (at < window.fromMicros || at > window.toMicros)) return;
    busyMicros += micros;
    add(self, fact.folder, micros);
    add(caused, fact.cause, micros);
    add(functions, functionLabel(fact.node), micros);
    for (const label of fact.onStack) add(inclusive, label, micros);
  });
  return {
    thread,
    busyMs: busyMicros / 1000,
    selfByFolder: ranked(self, busyMicros),
    causedByFolder: ranked(caused, busyMicros),
    topFunctions: ranked(functions, busyMicros, limit),
    topInclusive: ranked(inclusive, busyMicros, limit),
  };
}

/** Loads the profiles that `--cpu-prof-dir` has left of one process. */
export function loadProfiles(
  directory: string,
): readonly { readonly thread: string; readonly profile: CpuProfile }[] {
  return readdirSync(directory)
    .filter((name) => name.endsWith('.cpuprofile'))
    .map((name) => {
      const [, thread = '?'] = /\.(\d+)\.\d+\.cpuprofile$/.exec(name) ?? [];
      return {
        thread: thread === '0' ? 'main thread' : `worker ${thread}`,
        profile: JSON.parse(readFileSync(join(directory, name), 'utf8')) as CpuProfile,
      };
    });
}
