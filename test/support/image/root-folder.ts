/**
 * The root file system of a container, without Docker: a folder with the machine's `/usr` below it
 * (an overlay, so that nothing of the machine is changed) and Node where the base image has it.
 * Needs root.
 */
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A root folder. Paths are those of the machine. */
export interface RootFolder {
  readonly path: string;
  remove(): void;
}

/** A folder or file of the machine that a container sees. */
export interface Mount {
  readonly from: string;
  readonly to: string;
  readonly readOnly: boolean;
}

/** How a command runs in a root folder. */
export interface RunOptions {
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
  /** As `--user` of Docker: numbers, `uid:gid`. With it no capability is left. */
  readonly user?: string;
  /** As `--read-only --tmpfs /tmp`, with a network of its own. */
  readonly isContainer?: boolean;
  readonly mounts?: readonly Mount[];
}

/** What every Debian container has. */
const searchPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Makes the root folder of the base image: this machine's programs, this process's Node, its npm. */
export function makeRootFolder(): RootFolder {
  const path = mkdtempSync(join(tmpdir(), 'chaperone-image-'));
  // Made for its owner alone; this is the root of everybody in there.
  chmodSync(path, 0o755);
  for (const folder of ['usr', 'upper/local/bin', 'work', 'dev', 'proc', 'tmp', 'root', 'etc']) {
    mkdirSync(join(path, folder), { recursive: true });
  }
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) symlinkSync(`usr/${name}`, join(path, name));
  for (const name of ['resolv.conf', 'hosts', 'nsswitch.conf', 'passwd', 'group', 'ssl']) {
    cpSync(join('/etc', name), join(path, 'etc', name), { recursive: true, dereference: true });
  }
  const local = join(path, 'upper', 'local');
  cpSync(process.execPath, join(local, 'bin', 'node'));
  const npm = dirname(dirname(realpathSync(command('npm'))));
  cpSync(npm, join(local, 'lib', 'node_modules', 'npm'), { recursive: true, dereference: true });
  for (const name of ['npm', 'npx']) {
    symlinkSync(`../lib/node_modules/npm/bin/${name}-cli.js`, join(local, 'bin', name));
  }
  return {
    path,
    remove: () => {
      rmSync(path, { recursive: true, force: true });
    },
  };
}

function command(name: string): string {
  return spawnSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).stdout.trim();
}

/** Starts a command in a root folder, in a namespace of its own in which it is process 1. */
export function startIn(
  root: RootFolder,
  argv: readonly string[],
  options: RunOptions,
): ChildProcess {
  const network = options.isContainer === true ? ['--net'] : [];
  return spawn(
    'unshare',
    [
      ...['--mount', '--pid', ...network, '--fork', '--kill-child', '--'],
      ...['sh', '-euc', mountScript(root, options), 'sh', ...argv],
    ],
    { stdio: ['ignore', 'pipe', 'pipe'], env: { ...options.environment, PATH: searchPath } },
  );
}

function mountScript(root: RootFolder, options: RunOptions): string {
  const { path } = root;
  const isContainer = options.isContainer === true;
  const layers = `lowerdir=/usr,upperdir=${path}/upper,workdir=${path}/work`;
  return [
    'mount --make-rprivate /',
    `mount --bind ${path} ${path}`,
    `mount -t overlay overlay -o ${layers} ${path}/usr`,
    `mount --rbind /dev ${path}/dev`,
    `mount -t proc proc ${path}/proc`,
    ...(options.mounts ?? []).flatMap(({ from, to, readOnly }) => [
      `mount --bind ${from} ${path}${to}`,
      ...(readOnly ? [`mount -o remount,bind,ro ${path}${to}`] : []),
    ]),
    ...(isContainer
      ? [
          'ip link set lo up',
          `mount -t tmpfs -o mode=1777,noexec,nosuid,nodev tmpfs ${path}/tmp`,
          `mount -o remount,ro ${path}/usr`,
          `mount -o remount,bind,ro ${path}`,
        ]
      : []),
    `exec chroot ${path} sh -c 'cd ${options.cwd}; exec "$@"' sh ${asUser(options.user)} "$@"`,
  ].join('\n');
}

function asUser(user: string | undefined): string {
  if (user === undefined) return '';
  const [uid = '', gid = ''] = user.split(':');
  const none = '--bounding-set=-all --inh-caps=-all --no-new-privs';
  return `setpriv --reuid=${uid} --regid=${gid} --clear-groups ${none}`;
}
