/** `chaperone demo`: the sample clinic with Chaperone in it, and the record as it grows. */
import path from 'node:path';
import { readArguments, type Arguments } from './arguments.ts';
import { startClinic, type Clinic } from './demo-clinic.ts';
import { writeHeaderFile } from './demo-folder.ts';
import { tellEvents } from './demo-story.ts';
import { whatToTry } from './demo-hints.ts';
import { UsageError, exitCodes, type ExitCode } from './exit-codes.ts';
import { demoHelp } from './help.ts';
import { loadSample } from './load-sample.ts';
import { announce, untilStopped } from './serve.ts';
import { stopSignal } from './stop-signal.ts';
import type { Terminal } from './terminal.ts';
import type * as Sample from '../sample/index.ts';

const folder = 'chaperone-demo';
const usage =
  'chaperone demo [--port N] [--review-port N] [--ehr-port N] [--app-port N] [--fresh] [--traffic]';
/** Who the curl hints speak as, and for how long. */
const hinted = {
  account: 'ana-souza',
  client: 'chart-review',
  scope: 'openid fhirUser user/*.cruds',
  ttlSeconds: 12 * 3600,
} as const;

/** Runs `chaperone demo` (`npm start`) until it is told to stop. */
export async function demoCommand(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const read = readArguments(args, {
    values: ['port', 'review-port', 'ehr-port', 'app-port'],
    flags: ['fresh', 'traffic'],
    positionals: { least: 0, most: 0 },
    usage,
  });
  if (read.flag('help')) {
    terminal.out(demoHelp);
    return exitCodes.well;
  }
  const ports = {
    port: portOf(read, 'port', 8080),
    reviewPort: portOf(read, 'review-port', 8090),
    ehrPort: portOf(read, 'ehr-port', 8070),
    appPort: portOf(read, 'app-port', 8060),
  };
  const sample = await loadSample();
  const stop = stopSignal();
  const directory = path.resolve(folder);
  const warn = (text: string): void => {
    terminal.note(text);
  };
  const clinic = await startClinic(sample, { ports, directory, fresh: read.flag('fresh'), warn });
  try {
    const headerFile = writeHeaderFile(
      directory,
      hinted.account,
      await clinic.ehr.issueToken(hinted),
    );
    announce(clinic.running, terminal);
    for (const line of whatToTry(clinic, sample.sampleAccounts, headerFile, folder))
      terminal.out(line);
    const tell = tellEvents(clinic.running, terminal, clinic.ehr.nameOf);
    const playing = { stopped: false };
    if (read.flag('traffic')) void playTraffic(sample, clinic, terminal, playing);
    void stop.then(() => (playing.stopped = true));
    const code = await untilStopped(clinic.running, stop, terminal);
    tell.close();
    return code;
  } finally {
    await clinic.close();
  }
}

function portOf(read: Arguments, name: string, fallback: number): number {
  const text = read.value(name);
  if (text === undefined) return fallback;
  const port = Number(text);
  if (text !== '' && Number.isInteger(port) && port >= 0 && port < 65536) return port;
  throw new UsageError(`--${name} takes a port number, 0 for any free one.`);
}

async function playTraffic(
  sample: typeof Sample,
  { running, ehr, app }: Clinic,
  terminal: Terminal,
  playing: { readonly stopped: boolean },
): Promise<void> {
  try {
    const day = await sample.playClinicDay({
      baseUrl: running.appUrl,
      ehr,
      redirectUris: { vitals: app.redirectUri },
      tell: (title) => {
        terminal.note(`-- ${title}`);
      },
      wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    });
    terminal.note(
      `-- The day is over: ${String(day.requests)} requests in ${String(day.signIns)} sessions. Look at it on the review page.`,
    );
  } catch (error) {
    // Whoever stops the demo cuts the day short.
    if (playing.stopped) return;
    terminal.note(`chaperone: ${error instanceof Error ? error.message : String(error)}`);
  }
}
