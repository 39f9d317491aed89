/** `chaperone sample-ehr`: the sample EHR by itself, to put a gateway or an app in front of. */
import { readArguments, type Arguments } from './arguments.ts';
import { exitCodes, UsageError, type ExitCode } from './exit-codes.ts';
import { sampleEhrHelp } from './help.ts';
import { loadSample } from './load-sample.ts';
import { stopSignal } from './stop-signal.ts';
import type { Terminal } from './terminal.ts';
import type { SampleEhr, SampleEhrOptions } from '../sample/index.ts';

const usage =
  'chaperone sample-ehr [--port N] [--open] [--opaque-tokens] [--sign-in ACCOUNT] [--patient ID] [--access-log FILE] [--json]';

/** Runs `chaperone sample-ehr` until it is told to stop. */
export async function sampleEhrCommand(
  args: readonly string[],
  terminal: Terminal,
): Promise<ExitCode> {
  const read = readArguments(args, {
    values: ['port', 'sign-in', 'patient', 'access-log'],
    flags: ['open', 'opaque-tokens', 'json'],
    positionals: { least: 0, most: 0 },
    usage,
  });
  if (read.flag('help')) {
    terminal.out(sampleEhrHelp);
    return exitCodes.well;
  }
  const sample = await loadSample();
  const accounts = sample.sampleAccounts.map(({ id }) => id);
  const options = optionsOf(read, accounts);
  const stop = stopSignal();
  const ehr = await sample.startSampleEhr(options).catch((error: unknown) => {
    throw byOption(error, options.port);
  });
  terminal.out(readyLine(ehr, read.flag('json')));
  await stop;
  await ehr.close();
  return exitCodes.well;
}

function optionsOf(read: Arguments, accounts: readonly string[]): SampleEhrOptions {
  const account = read.value('sign-in');
  const patient = read.value('patient');
  const accessLogFile = read.value('access-log');
  const isOpen = read.flag('open');
  if (isOpen && (account !== undefined || read.flag('opaque-tokens'))) {
    throw new UsageError('With --open there is no sign-in and there are no tokens.');
  }
  if (account !== undefined && !accounts.includes(account)) {
    throw new UsageError(`--sign-in takes one of the accounts: ${accounts.join(', ')}.`);
  }
  if (patient !== undefined && account === undefined) {
    throw new UsageError('--patient goes with --sign-in.');
  }
  return {
    port: portOf(read.value('port')),
    access: isOpen ? 'open' : 'smart',
    accessTokens: read.flag('opaque-tokens') ? 'opaque' : 'jwt',
    ...(account === undefined
      ? {}
      : { autoSignIn: { account, ...(patient === undefined ? {} : { patient }) } }),
    ...(accessLogFile === undefined ? {} : { accessLogFile }),
  };
}

function portOf(text: string | undefined): number {
  const port = Number(text ?? 8070);
  if (text !== '' && Number.isInteger(port) && port >= 0 && port < 65536) return port;
  throw new UsageError('--port takes a port number, 0 for any free one.');
}

function readyLine({ fhirBaseUrl, issuer }: SampleEhr, asJson: boolean): string {
  const { pid } = process;
  if (asJson) return JSON.stringify({ fhirBaseUrl, issuer, pid });
  const signIn = issuer === undefined ? '' : ` issuer=${issuer}`;
  return `ready fhir=${fhirBaseUrl}${signIn} pid=${String(pid)}`;
}

function byOption(error: unknown, port: number): unknown {
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined;
  if (code !== 'EADDRINUSE' && code !== 'EACCES') return error;
  const where = `127.0.0.1:${String(port)}`;
  return new UsageError(
    code === 'EADDRINUSE'
      ? `--port: ${where} is in use by another program; stop that, or choose another port.`
      : `--port: ${where} cannot be listened on; choose another port.`,
  );
}
