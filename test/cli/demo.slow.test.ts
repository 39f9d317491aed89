/** The demo as a person runs it: what it prints, what it keeps, which option is to blame. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runCommand } from '../support/command.ts';
import { projectRoot } from '../support/gateway-process.ts';
import { temporaryFolder } from '../support/temporary-ledger.ts';

const timeout = 60_000;
const freePorts = ['--port', '0', '--review-port', '0', '--ehr-port', '0', '--app-port', '0'];

interface Demo {
  readonly child: ChildProcess;
  output(): string;
  /** Resolves when the output matches. */
  says(pattern: RegExp): Promise<RegExpExecArray>;
  stop(): Promise<number | null>;
}

function startDemo(cwd: string, ...args: readonly string[]): Demo {
  const command = path.join(projectRoot, 'bin', 'chaperone.mjs');
  const child = spawn(process.execPath, [command, 'demo', ...freePorts, ...args], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  let text = '';
  const listeners = new Set<() => void>();
  const hear = (chunk: Buffer): void => {
    text += chunk.toString();
    for (const listener of listeners) listener();
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  return {
    child,
    output: () => text,
    says: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = pattern.exec(text);
          if (found !== null) resolve(found);
        };
        listeners.add(look);
        child.once('exit', () => {
          reject(new Error(`the demo ended: ${text}`));
        });
        look();
      }),
    async stop() {
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      const [code] = (await exited) as [number | null];
      return code;
    },
  };
}

describe('the demo', { timeout }, () => {
  it('prints where to look, lets curl in by its header file, and tells what is recorded', async () => {
    const cwd = temporaryFolder();
    const demo = startDemo(cwd);
    const [, app = ''] = await demo.says(/^ready app=(\S+) review=\S+ pid=\d+$/m);
    await demo.says(/The record:\n/);
    expect(demo.output()).toMatch(/http:\/\/127\.0\.0\.1:\d+\/launcher /);
    expect(demo.output()).toContain('ana-souza, kenji-mori, aoife-byrne, lukas-weber, zoe-nunez');
    const file = path.join(cwd, 'chaperone-demo', 'ana-souza.header');
    expect(statSync(file).mode % 0o1000).toBe(0o600);
    const [name = '', value = ''] = readFileSync(file, 'utf8').trim().split(': ');
    const answer = await fetch(`${app}/Patient/zoe`, { headers: { [name]: value } });
    expect(answer.status).toBe(200);
    await demo.says(
      /\d\d:\d\d:\d\d Dr Ana Souza, using Chart Review, read Patient\/zoe \(Zoë Nuñez\): allowed\n/,
    );
    expect(demo.output()).not.toContain(value.slice('Bearer '.length));
    expect(await demo.stop()).toBe(0);
  });

  it('keeps its data, and throws them away when asked', async () => {
    const cwd = temporaryFolder();
    const mark = path.join(cwd, 'chaperone-demo', 'mark');
    const first = startDemo(cwd);
    await first.says(/The record:\n/);
    writeFileSync(mark, '');
    const second = await runCommand(['demo', ...freePorts, '--fresh'], { cwd });
    expect(second.code).toBe(73);
    expect(existsSync(mark)).toBe(true);
    expect(await first.stop()).toBe(0);
    const third = startDemo(cwd, '--fresh');
    await third.says(/The record:\n/);
    expect(existsSync(mark)).toBe(false);
    expect(await third.stop()).toBe(0);
  });

  it.each(['port', 'review-port', 'ehr-port', 'app-port'])(
    'names --%s when another program has it',
    async (option) => {
      const host = option === 'port' || option === 'review-port' ? 'localhost' : '127.0.0.1';
      const server = net.createServer();
      await new Promise<void>((resolve) => server.listen(0, host, resolve));
      const { port } = server.address() as net.AddressInfo;
      const others = freePorts.filter((_, index) => {
        const at = freePorts.indexOf(`--${option}`);
        return index !== at && index !== at + 1;
      });
      const cwd = temporaryFolder();
      const { code, stderr } = await runCommand(['demo', ...others, `--${option}`, String(port)], {
        cwd,
      });
      server.close();
      expect(code).toBe(2);
      expect(stderr).toMatch(new RegExp(`^chaperone: --${option}: \\S+:${String(port)} is in use`));
    },
  );

  it('refuses what is no port', async () => {
    for (const wrong of ['x', '', '65536', '-1', '1.5']) {
      const { code, stderr } = await runCommand(['demo', `--app-port=${wrong}`], {
        cwd: temporaryFolder(),
      });
      expect([wrong, code]).toEqual([wrong, 2]);
      expect(stderr).toContain('--app-port takes a port number');
    }
  });
});
