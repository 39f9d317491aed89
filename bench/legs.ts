/**
 * The three things that are measured, each a process of its own on the tested core: the upstream
 * directly, http-proxy-middleware passing through unaudited, and Chaperone as it is shipped.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { firstMessage, matchingLine, ownPath, startProcess } from './processes.ts';
import type { Pinning, RunningProcess } from './processes.ts';
import type { BenchIssuer } from './token.ts';

/** The names of the legs, as printed. */
export const LEG_NAMES = ['direct', 'http-proxy-middleware', 'chaperone'] as const;

/** One of them. */
export type LegName = (typeof LEG_NAMES)[number];

/** One leg, running. */
export interface Leg {
  readonly name: LegName;
  readonly process: RunningProcess;
  /** FHIR base that clients of this leg use, without a trailing slash. */
  readonly base: string;
  /** Base that the bodies of this leg carry once they have passed it. */
  readonly baseInBodies: string;
}

/** What starting the Chaperone leg needs. */
export interface ChaperoneOptions {
  readonly upstreamBase: string;
  /** An empty folder on the disk that is to be measured. */
  readonly directory: string;
  readonly core: number | undefined;
  readonly issuer: BenchIssuer | undefined;
  readonly environment?: Readonly<Record<string, string>>;
}

/** What tokens for the gateway name as their audience. */
export const AUDIENCE = 'https://bench.example.org/fhir';

/** Starts an upstream and gives its FHIR base. */
export async function startUpstream(core: number | undefined): Promise<Leg> {
  const started = startProcess({
    name: 'upstream',
    command: [process.execPath, ownPath('upstream-process.ts')],
    core,
    channel: 'ipc',
  });
  const { port } = await firstMessage<{ readonly port: number }>(started);
  const base = loopbackBase(port);
  return { name: 'direct', process: started, base, baseInBodies: base };
}

/** Starts Express 5 with http-proxy-middleware 4 in front of an upstream. */
export async function startPassThrough(
  upstreamBase: string,
  core: number | undefined,
  environment: Readonly<Record<string, string>> = {},
): Promise<Leg> {
  const started = startProcess({
    name: 'http-proxy-middleware',
    command: [process.execPath, ownPath('pass-through-process.ts'), upstreamBase],
    core,
    environment,
    channel: 'ipc',
  });
  const { port } = await firstMessage<{ readonly port: number }>(started);
  return {
    name: 'http-proxy-middleware',
    process: started,
    base: loopbackBase(port),
    baseInBodies: upstreamBase,
  };
}

/** Starts Chaperone as it is shipped: `serve` with a configuration file and a ledger on disk. */
export async function startChaperone(options: ChaperoneOptions): Promise<Leg> {
  mkdirSync(options.directory, { recursive: true });
  const configuration = join(options.directory, 'chaperone.yaml');
  writeFileSync(configuration, chaperoneConfiguration(options));
  writeFileSync(join(options.directory, 'auditor.token'), 'bench-reader\n', { mode: 0o600 });
  const started = startProcess({
    name: 'chaperone',
    command: [
      process.execPath,
      ownPath('../bin/chaperone.mjs'),
      'serve',
      '--config',
      configuration,
      '--init',
    ],
    core: options.core,
    environment: options.environment ?? {},
    channel: 'stdout',
  });
  const [, app] = await matchingLine(started, /^ready app=(\S+) review=\S+ pid=\d+$/m);
  const base = (app ?? '').replace(/\/$/, '');
  return { name: 'chaperone', process: started, base, baseInBodies: base };
}

/** Where the Chaperone leg in this folder keeps its ledger. */
export function ledgerDirectory(directory: string): string {
  return join(directory, 'ledger');
}

/** Everything at its default but ports, folders and names. JSON is YAML. */
function chaperoneConfiguration({ upstreamBase, issuer }: ChaperoneOptions): string {
  return `${JSON.stringify(
    {
      gateway: { listen: '127.0.0.1:0' },
      upstream: { baseUrl: upstreamBase },
      review: {
        listen: '127.0.0.1:0',
        readers: [{ name: 'bench', role: 'auditor', tokenFile: './auditor.token' }],
      },
      audit: { directory: './ledger', origin: 'bench.example.org/chaperone' },
      keys: { directory: './keys' },
      ...(issuer === undefined
        ? {}
        : {
            smart: {
              issuers: [{ issuer: issuer.issuer, jwksUri: issuer.jwksUri, audience: [AUDIENCE] }],
            },
          }),
    },
    undefined,
    2,
  )}\n`;
}

/** The two processes on the other core: what answers and what asks. */
export interface Helpers {
  readonly upstream: Leg;
  readonly load: RunningProcess;
}

/** Starts the upstream behind the proxies and the load generator. */
export async function startHelpers(pinning: Pinning | undefined): Promise<Helpers> {
  const upstream = await startUpstream(pinning?.helpers);
  const load = startProcess({
    name: 'load generator',
    command: [process.execPath, ownPath('load-process.ts')],
    core: pinning?.helpers,
    channel: 'ipc',
  });
  await firstMessage(load);
  return { upstream, load };
}

function loopbackBase(port: number): string {
  return `http://127.0.0.1:${String(port)}/fhir`;
}
