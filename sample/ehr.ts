/**
 * The sample EHR on one port of the loopback: a FHIR R4 server at `/fhir`. Composition only.
 */
import { appendFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import type { AccessLogEntry } from './access.ts';
import { clinicDirectory, readClinic } from './clinic-data.ts';
import { createFhirHandler } from './fhir/index.ts';

/** How the sample EHR runs. */
export interface SampleEhrOptions {
  /** 0: any free port. */
  readonly port: number;
  /** Default `127.0.0.1`. */
  readonly host?: string;
  /** `open`: everybody may do everything. */
  readonly access: 'open';
  readonly clock?: () => Date;
  /** One JSON object a line for each FHIR request. */
  readonly accessLogFile?: string;
  /** Folder of `*.ndjson`; default: the clinic of the checkout. */
  readonly dataDirectory?: string;
}

/** A running sample EHR. */
export interface SampleEhr {
  /** FHIR base, without trailing slash. */
  readonly fhirBaseUrl: string;
  /** Of the authorization server; undefined when access is open. */
  readonly issuer: string | undefined;
  readonly origin: string;
  /** Every FHIR request so far. */
  accessLog(): readonly AccessLogEntry[];
  close(): Promise<void>;
}

/** Starts it. @throws what `listen` throws when the port is not free. */
export async function startSampleEhr(options: SampleEhrOptions): Promise<SampleEhr> {
  const host = options.host ?? '127.0.0.1';
  const app = express();
  app.disable('x-powered-by');
  const server = http.createServer(app);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  const origin = `http://${host}:${String(port)}`;
  const fhirBaseUrl = `${origin}/fhir`;
  const log: AccessLogEntry[] = [];
  let lastId = 0;
  const fhir = await createFhirHandler({
    baseUrl: fhirBaseUrl,
    resources: readClinic(options.dataDirectory ?? clinicDirectory),
    access: { kind: 'open' },
    clock: options.clock ?? (() => new Date()),
    newId: () => {
      lastId += 1;
      return `new-${String(lastId)}`;
    },
    onAccess(entry) {
      log.push(entry);
      if (options.accessLogFile !== undefined) {
        appendFileSync(options.accessLogFile, `${JSON.stringify(entry)}\n`);
      }
    },
  });
  app.use('/fhir', fhir);
  return {
    fhirBaseUrl,
    issuer: undefined,
    origin,
    accessLog: () => log,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}
