/**
 * The whole clinic of the demo on loopback: the sample EHR, the SMART app, and Chaperone between
 * them, each on a port of its own. Composition only.
 */
import { ensureReaderToken } from './keys.ts';
import { demoConfig } from './demo-config.ts';
import { emptyFolder, isNewFolder } from './demo-folder.ts';
import { UsageError } from './exit-codes.ts';
import { start, type Running } from './start.ts';
import type * as Sample from '../sample/index.ts';

/** The ports, 0 for any free one. */
export interface DemoPorts {
  readonly port: number;
  readonly reviewPort: number;
  readonly ehrPort: number;
  readonly appPort: number;
}

/** See `startClinic`. */
export interface ClinicOptions {
  readonly ports: DemoPorts;
  /** Folder for all data. */
  readonly directory: string;
  /** Throw away what is in it. */
  readonly fresh: boolean;
  /** A line for the operator. */
  readonly warn: (text: string) => void;
}

/** A running clinic. */
export interface Clinic {
  readonly running: Running;
  readonly ehr: Sample.SampleEhr;
  readonly app: Sample.SampleApp;
  /** File with the credential of the reader of the review face. */
  readonly readerTokenFile: string;
  close(): Promise<void>;
}

/** Starts everything. Rejects as `start` does; a port in use is a UsageError that names the option. */
export async function startClinic(sample: typeof Sample, options: ClinicOptions): Promise<Clinic> {
  const { ports, directory } = options;
  const opened: { close(): Promise<void> }[] = [];
  // The app and the EHR have to know the gateway's address, and are asked for before it has one.
  let gatewayUrl = `http://localhost:${String(ports.port)}/fhir`;
  const connectOrigins: string[] = [];
  try {
    const app = await sample
      .startSampleApp(ports.appPort, () => ({
        fhirBaseUrl: gatewayUrl,
        allowedIssuers: [gatewayUrl],
        connectOrigins,
        clientId: 'vitals',
      }))
      .catch((error: unknown) => {
        throw byOption(error, 'app-port', ports.appPort);
      });
    opened.unshift(app);
    const ehr = await sample
      .startSampleEhr({
        port: ports.ehrPort,
        access: 'smart',
        appOrigins: [app.origin],
        redirectUris: { vitals: [app.redirectUri] },
        launcher: {
          launchUrl: () => `${gatewayUrl}/launch/vitals`,
          origins: () => [new URL(gatewayUrl).origin, app.origin],
        },
      })
      .catch((error: unknown) => {
        throw byOption(error, 'ehr-port', ports.ehrPort);
      });
    opened.unshift(ehr);
    connectOrigins.push(ehr.origin);
    const config = demoConfig(
      {
        upstreamUrl: ehr.fhirBaseUrl,
        issuer: ehr.issuer ?? '',
        appOrigin: app.origin,
        launchUrl: app.launchUrl,
      },
      directory,
      ports,
    );
    if (options.fresh) emptyFolder(directory, config);
    const init = isNewFolder(directory);
    for (const reader of config.review.readers) ensureReaderToken(reader.tokenFile);
    const running = closedOnce(
      await start(config, { init, warn: options.warn }).catch((error: unknown) => {
        throw inWordsOfTheDemo(error);
      }),
    );
    opened.unshift(running);
    gatewayUrl = running.appUrl;
    return {
      running,
      ehr,
      app,
      readerTokenFile: config.review.readers[0]?.tokenFile ?? '',
      close: () => closeAll(opened),
    };
  } catch (error) {
    await closeAll(opened);
    throw error;
  }
}

/** In the order that loses nothing: the gateway first, then what it talks to. */
async function closeAll(parts: readonly { close(): Promise<void> }[]): Promise<void> {
  for (const part of parts) await part.close();
}

/** Whoever stops first closes it; the others wait for that. */
function closedOnce(running: Running): Running {
  let closing: Promise<void> | undefined;
  return {
    ...running,
    close: () => (closing ??= running.close()),
  };
}

/** The demo has options where a configuration has keys. */
function inWordsOfTheDemo(error: unknown): unknown {
  if (!(error instanceof UsageError)) return error;
  const named = error.message
    .replace(/^gateway\.listen:/, '--port:')
    .replace(/^review\.listen:/, '--review-port:');
  return new UsageError(named);
}

function byOption(error: unknown, option: string, port: number): unknown {
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined;
  const where = `127.0.0.1:${String(port)}`;
  if (code === 'EADDRINUSE') {
    return new UsageError(
      `--${option}: ${where} is in use by another program; stop that, or choose another port.`,
    );
  }
  if (code === 'EACCES') {
    return new UsageError(`--${option}: ${where} cannot be listened on; choose another port.`);
  }
  return error;
}
