/** Runs a command of the shipped `chaperone` to its end, as a person would. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { projectRoot } from './gateway-process.ts';

const commandTimeoutMs = 50_000;

/** How it ended. */
export interface CommandResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `chaperone ARGS`. */
export async function runCommand(
  args: readonly string[],
  options: { readonly cwd?: string } = {},
): Promise<CommandResult> {
  const child = spawn(process.execPath, [join(projectRoot, 'bin', 'chaperone.mjs'), ...args], {
    cwd: options.cwd ?? projectRoot,
    stdio: ['ignore', 'pipe', 'pipe'],
    // A command that should have refused, and serves instead, must not outlive the suite.
    timeout: commandTimeoutMs,
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr };
}

/** What `verify --json` says. */
export interface VerifyOutput {
  readonly code: number | null;
  readonly ok: boolean;
  readonly records: number;
  readonly treeSize: number;
  readonly rootHash: string;
  readonly openIntents: number;
  readonly problems: readonly { readonly code: string; readonly message: string }[];
}

/** Runs `chaperone verify DIR --json`. */
export async function runVerify(directory: string): Promise<VerifyOutput> {
  const { code, stdout, stderr } = await runCommand(['verify', directory, '--json']);
  if (stdout === '') throw new Error(`verify said nothing: ${stderr}`);
  return { code, ...(JSON.parse(stdout) as Omit<VerifyOutput, 'code'>) };
}
