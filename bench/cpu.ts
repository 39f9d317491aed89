/**
 * CPU time as Linux accounts it: of a process with all its threads and descendants, and of one core.
 *
 * @see proc(5), `/proc/<pid>/stat` and `/proc/stat`
 */
import { readFileSync, readdirSync } from 'node:fs';

/** Linux reports in ticks of USER_HZ, which is 100 on every architecture that Node runs on. */
export const TICKS_PER_SECOND = 100;

interface ProcessTicks {
  readonly pid: number;
  readonly parentPid: number;
  /** User and system time of all its threads, and of the children that it has waited for. */
  readonly ticks: number;
}

/** Whether CPU time can be read here. */
export function canReadCpuTime(): boolean {
  return readProcess(process.pid) !== undefined;
}

/**
 * Parses one line of `/proc/<pid>/stat`.
 *
 * The command name stands in parentheses and may itself hold blanks and parentheses: fields are
 * counted from the last closing one.
 */
export function parseProcessStat(pid: number, line: string): ProcessTicks {
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  const field = (number: number): number => Number(fields[number - 3]);
  return { pid, parentPid: field(4), ticks: field(14) + field(15) + field(16) + field(17) };
}

function readProcess(pid: number): ProcessTicks | undefined {
  try {
    return parseProcessStat(pid, readFileSync(`/proc/${String(pid)}/stat`, 'latin1'));
  } catch {
    // The process ended between the listing and the reading.
    return undefined;
  }
}

/** CPU seconds so far of a process and its descendants, threads included. */
export function cpuSecondsOfTree(rootPid: number): number {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readProcess(Number(name)) ?? []);
  const family = new Set([rootPid]);
  let grew = true;
  while (grew) {
    const before = family.size;
    for (const { pid, parentPid } of all) if (family.has(parentPid)) family.add(pid);
    grew = family.size > before;
  }
  const ticks = all.filter(({ pid }) => family.has(pid)).reduce((sum, each) => sum + each.ticks, 0);
  return ticks / TICKS_PER_SECOND;
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
