/**
 * The sample EHR on one port of the loopback: FHIR at `/fhir`, its authorization server at `/auth`,
 * its launcher at `/launcher`. Composition only. Synthetic data, all in memory.
 */
import { appendFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import type { Resource } from '@medplum/fhirtypes';
import type { AccessLogEntry } from './access.ts';
import {
  createAuthorization,
  createSampleClients,
  sampleAccounts,
  type Authorization,
  type AutoSignIn,
  type LaunchContext,
  type SampleClients,
  type TokenRequest,
} from './authorization/index.ts';
import { clinicDirectory, listPatients, readClinic } from './clinic-data.ts';
import { createFhirHandler } from './fhir/index.ts';
import { createLauncher } from './launcher/launcher.ts';
import { namesOf } from './names.ts';

/** How the sample EHR runs. */
export interface SampleEhrOptions {
  /** 0: any free port. */
  readonly port: number;
  /** Default `127.0.0.1`. */
  readonly host?: string;
  /** `open`: everybody may do everything, and there is no authorization server. */
  readonly access: 'open' | 'smart';
  /** Default `jwt`. */
  readonly accessTokens?: 'jwt' | 'opaque';
  /** Answers sign-in and consent by itself. For tests. */
  readonly autoSignIn?: AutoSignIn;
  /** Other URLs than the FHIR base that an app may name as `aud`; none by default. */
  readonly audiences?: readonly string[];
  /** Origins of apps, which may call the token endpoint from a browser. */
  readonly appOrigins?: readonly string[];
  /** By client: `vitals`, `chart-review`, `patient-portal`. */
  readonly redirectUris?: Readonly<Record<string, readonly string[]>>;
  /** The launcher is there when it is known where to launch. */
  readonly launcher?: {
    /** Address that starts the app Vitals; asked for at each launch. */
    readonly launchUrl: () => string;
    /** Origins that the browser passes on its way to the app. */
    readonly origins: () => readonly string[];
  };
  readonly clock?: () => Date;
  /** One JSON object a line for each FHIR request. */
  readonly accessLogFile?: string;
  /** Folder of `*.ndjson`; default: the clinic of the checkout. */
  readonly dataDirectory?: string;
}

/** What only the owners of the registered clients may know. Made anew at each start. */
export type ClientCredentials = Omit<SampleClients, 'clients'>;

/** A running sample EHR. */
export interface SampleEhr {
  /** FHIR base, without trailing slash. */
  readonly fhirBaseUrl: string;
  /** Of the authorization server; undefined when access is open. */
  readonly issuer: string | undefined;
  readonly origin: string;
  readonly credentials: ClientCredentials | undefined;
  /** What people call a reference, an account or a client. */
  readonly nameOf: (shown: string) => string | undefined;
  /** Every FHIR request so far. */
  accessLog(): readonly AccessLogEntry[];
  /** An access token without the dance. Rejects when it cannot be granted, or access is open. */
  issueToken(request: TokenRequest): Promise<string>;
  /** The `launch` parameter of an EHR launch. @throws Error when access is open. */
  registerLaunch(context: LaunchContext): string;
  close(): Promise<void>;
}

/** Starts it. Rejects with what `listen` gives when the port is not free. */
export async function startSampleEhr(options: SampleEhrOptions): Promise<SampleEhr> {
  const host = options.host ?? '127.0.0.1';
  const resources = readClinic(options.dataDirectory ?? clinicDirectory);
  const app = express();
  app.disable('x-powered-by');
  const server = http.createServer(app);
  const port = await listen(server, options.port, host);
  const origin = `http://${host}:${String(port)}`;
  try {
    const parts = await mount(app, origin, resources, options);
    return { ...parts, origin, close: () => close(server, parts.authorization) };
  } catch (error) {
    await close(server, undefined);
    throw error;
  }
}

type Parts = Omit<SampleEhr, 'origin' | 'close'> & {
  readonly authorization: Authorization | undefined;
};

async function mount(
  app: express.Express,
  origin: string,
  resources: readonly Resource[],
  options: SampleEhrOptions,
): Promise<Parts> {
  const clock = options.clock ?? (() => new Date());
  const fhirBaseUrl = `${origin}/fhir`;
  const clients = options.access === 'smart' ? await clientsOf(options) : undefined;
  const patients = listPatients(resources);
  const authorization =
    clients === undefined
      ? undefined
      : await createAuthorization({
          issuer: `${origin}/auth`,
          fhirBaseUrl,
          accounts: sampleAccounts,
          patients,
          clients: clients.clients,
          accessTokens: options.accessTokens ?? 'jwt',
          audiences: options.audiences ?? [],
          clock,
          ...(options.autoSignIn === undefined ? {} : { autoSignIn: options.autoSignIn }),
        });
  const log: AccessLogEntry[] = [];
  const fhir = await createFhirHandler({
    baseUrl: fhirBaseUrl,
    resources,
    access: authorization === undefined ? { kind: 'open' } : { kind: 'smart', ...authorization },
    clock,
    newId: counter(),
    onAccess(entry) {
      log.push(entry);
      if (options.accessLogFile === undefined) return;
      appendFileSync(options.accessLogFile, `${JSON.stringify(entry)}\n`, { mode: 0o600 });
    },
  });
  app.use('/fhir', fhir);
  if (authorization !== undefined) app.use('/auth', authorization.handler);
  if (authorization !== undefined && options.launcher !== undefined) {
    app.use('/launcher', launcherOf(authorization, patients, fhirBaseUrl, options.launcher));
  }
  return {
    fhirBaseUrl,
    issuer: authorization === undefined ? undefined : `${origin}/auth`,
    credentials: clients,
    nameOf: namesOf(resources),
    authorization,
    accessLog: () => log,
    issueToken: (request) =>
      authorization?.issueToken(request) ?? Promise.reject(new Error(withoutServer)),
    registerLaunch(context) {
      if (authorization === undefined) throw new Error(withoutServer);
      return authorization.registerLaunch(context);
    },
  };
}

const withoutServer = 'Access is open: there is no authorization server.';

/** The same ids in each run. */
function counter(): () => string {
  let last = 0;
  return () => {
    last += 1;
    return `new-${String(last)}`;
  };
}

function clientsOf({ redirectUris = {}, appOrigins }: SampleEhrOptions): Promise<SampleClients> {
  const place = (client: string): object => {
    const uris = redirectUris[client];
    if (uris === undefined) return {};
    return { redirectUris: uris, ...(appOrigins === undefined ? {} : { origins: appOrigins }) };
  };
  const named = { vitals: 'vitals', chartReview: 'chart-review', patientPortal: 'patient-portal' };
  const places = Object.entries(named).map(([key, client]) => [key, place(client)] as const);
  return createSampleClients(
    Object.fromEntries(places.filter(([, one]) => Object.keys(one).length > 0)),
  );
}

function launcherOf(
  authorization: Authorization,
  patients: ReturnType<typeof listPatients>,
  fhirBaseUrl: string,
  { launchUrl, origins }: NonNullable<SampleEhrOptions['launcher']>,
): express.Express {
  return createLauncher({
    users: sampleAccounts
      .filter(({ fhirUser }) => fhirUser.startsWith('Practitioner/'))
      .map(({ id, name }) => ({ account: id, name })),
    patients,
    app: { name: 'vitals', title: 'Vitals' },
    launchUrl,
    fhirBaseUrl,
    origins,
    registerLaunch: (context) => authorization.registerLaunch(context),
  });
}

function listen(server: http.Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      resolve((server.address() as AddressInfo).port);
    });
  });
}

async function close(server: http.Server, authorization: Authorization | undefined): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => {
      resolve();
    });
  });
  server.closeAllConnections();
  await closed;
  await authorization?.close();
}
