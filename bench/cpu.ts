/**
 * CPU time as Linux accounts it: of a process with all its threads and descendants, and of one core.
 *
 * @see proc(5), `/proc/<pid>/stat` and `/proc/stat`
 */
import { readFileSync, readdirSync } from 'node:fs';

/** Linux reports in ticks of USER_HZ, which is 100 on every architecture that Node runs on. */
export const TICKS_PER_SECOND = 100;

/** One process or thread as `/proc` describes it. */
export interface TaskStat {
  readonly name: string;
  readonly parentPid: number;
  readonly userTicks: number;
  readonly systemTicks: number;
  /** User and system time of the children that it has waited for. */
  readonly childTicks: number;
}

/** CPU time of threads of one name, in seconds. */
export interface ThreadSeconds {
  readonly name: string;
  readonly user: number;
  readonly system: number;
}

/** Whether CPU time can be read here. */
export function canReadCpuTime(): boolean {
  return readStat(`/proc/${String(process.pid)}/stat`) !== undefined;
}

/**
 * Parses the one line of a `stat` file.
 *
 * The name stands in parentheses and may itself hold blanks and parentheses: fields are counted from
 * the last closing one.
 */
export function parseStat(line: string): TaskStat {
  const nameEnd = line.lastIndexOf(')');
  const fields = line.slice(nameEnd + 2).split(' ');
  const field = (number: number): number => Number(fields[number - 3]);
  return {
    name: line.slice(line.indexOf('(') + 1, nameEnd),
    parentPid: field(4),
    userTicks: field(14),
    systemTicks: field(15),
    childTicks: field(16) + field(17),
  };
}

function readStat(path: string): TaskStat | undefined {
  try {
    return parseStat(readFileSync(path, 'latin1'));
  } catch {
    // It ended between the listing and the reading.
    return undefined;
  }
}

function numbersIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory).filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
}

/** A process and its descendants. */
function familyOf(rootPid: number): readonly { readonly pid: string; readonly stat: TaskStat }[] {
  const all = numbersIn('/proc').flatMap((pid) => {
    const stat = readStat(`/proc/${pid}/stat`);
    return stat === undefined ? [] : [{ pid, stat }];
  });
  const family = new Set([rootPid]);
  let size = 0;
  while (size < family.size) {
    size = family.size;
    for (const { pid, stat } of all) if (family.has(stat.parentPid)) family.add(Number(pid));
  }
  return all.filter(({ pid }) => family.has(Number(pid)));
}

/** CPU seconds so far of a process and its descendants, all threads included. */
export function cpuSecondsOfTree(rootPid: number): number {
  const ticks = familyOf(rootPid).reduce(
    (sum, { stat }) => sum + stat.userTicks + stat.systemTicks + stat.childTicks,
    0,
  );
  return ticks / TICKS_PER_SECOND;
}

/** CPU seconds so far by name of thread, over a process and its descendants. */
export function threadSecondsOfTree(rootPid: number): readonly ThreadSeconds[] {
  const byName = new Map<string, { user: number; system: number }>();
  for (const { pid } of familyOf(rootPid)) {
    for (const thread of numbersIn(`/proc/${pid}/task`)) {
      const stat = readStat(`/proc/${pid}/task/${thread}/stat`);
      if (stat === undefined) continue;
      const sum = byName.get(stat.name) ?? { user: 0, system: 0 };
      sum.user += stat.userTicks / TICKS_PER_SECOND;
      sum.system += stat.systemTicks / TICKS_PER_SECOND;
      byName.set(stat.name, sum);
    }
  }
  return [...byName].map(([name, seconds]) => ({ name, ...seconds }));
}

/** What the threads used between two readings, the busiest first. */
export function threadDifference(
  before: readonly ThreadSeconds[],
  after: readonly ThreadSeconds[],
): readonly ThreadSeconds[] {
  return after
    .map(({ name, user, system }) => {
      const old = before.find((candidate) => candidate.name === name);
      return { name, user: user - (old?.user ?? 0), system: system - (old?.system ?? 0) };
    })
    .filter(({ user, system }) => user + system > 0)
    .sort((a, b) => b.user + b.system - a.user - a.system);
}

/** Seconds that a core has been busy since the machine started (not idle, not waiting for a disk). */
export function busySecondsOfCore(core: number): number {
  const line = readFileSync('/proc/stat', 'latin1')
    .split('\n')
    .find((candidate) => candidate.startsWith(`cpu${String(core)} `));
  if (line === undefined) return Number.NaN;
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = line
    .trim()
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return (user + nice + system + irq + softirq + steal) / TICKS_PER_SECOND;
}

/** The cores that this process may run on. */
export function allowedCores(): readonly number[] {
  const list = /^Cpus_allowed_list:\s*(\S+)/m.exec(
    readFileSync('/proc/self/status', 'latin1'),
  )?.[1];
  return (list ?? '').split(',').flatMap((part) => {
    const [first, last] = part.split('-').map(Number);
    if (first === undefined || Number.isNaN(first)) return [];
    return Array.from({ length: (last ?? first) - first + 1 }, (_, offset) => first + offset);
  });
}
