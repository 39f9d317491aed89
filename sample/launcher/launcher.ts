/**
 * The EHR's launcher: a page of the EHR where a user chooses a patient and starts an app in that
 * context. It registers the context with the authorization server and sends the browser to the
 * launch address that the EHR has on file for the app, with `iss` and an opaque `launch`.
 *
 * Spec: SMART App Launch 2.2, "Launch App: EHR Launch".
 */
import path from 'node:path';
import express, { type Request, type Response } from 'express';
import type { LaunchContext } from '../authorization/index.ts';
import { holdsWords } from '../folded.ts';
import { launcherPage, type LauncherApp, type LauncherPatient, type LauncherUser } from './page.ts';

/** See `createLauncher`. */
export interface LauncherOptions {
  readonly users: readonly LauncherUser[];
  readonly patients: readonly LauncherPatient[];
  readonly app: LauncherApp;
  /** Address that the EHR has on file for the app; asked for at each launch. */
  readonly launchUrl: () => string;
  /** FHIR base URL of the EHR, sent as `iss`. */
  readonly fhirBaseUrl: string;
  /** Origins that the browser passes on its way to the app (form submissions follow redirects). */
  readonly origins: () => readonly string[];
  /** @returns The opaque handle that is sent as `launch`. */
  readonly registerLaunch: (context: LaunchContext) => string;
}

/** The launcher, to be mounted at `/launcher`. */
export function createLauncher(options: LauncherOptions): express.Express {
  const app = express();
  app.disable('x-powered-by');
  app.use((_request, response, next) => {
    protect(response, options.origins());
    next();
  });
  app.get('/launcher.css', (_request, response) => {
    response.sendFile(path.join(import.meta.dirname, 'launcher.css'));
  });
  app.get('/', (request, response) => {
    show(options, response, 200, textOf(request.query['account']), textOf(request.query['q']));
  });
  app.post('/launch', express.urlencoded({ extended: false }), (request, response) => {
    launch(options, request, response);
  });
  return app;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, 200) : '';
}

function protect(response: Response, origins: readonly string[]): void {
  response.set({
    'Content-Security-Policy': [
      "default-src 'none'",
      "style-src 'self'",
      'img-src data:',
      `form-action 'self' ${origins.join(' ')}`.trim(),
      "base-uri 'none'",
      "frame-ancestors 'none'",
    ].join('; '),
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
    'Cache-Control': 'no-store',
  });
}

/**
 * The patients that match all words of a search; those who are in the clinic today come first.
 */
export function findPatients(
  patients: readonly LauncherPatient[],
  search: string,
): readonly LauncherPatient[] {
  const found = patients.filter(({ name, birthDate, mrn }) =>
    holdsWords(`${name} ${birthDate} ${mrn}`, search),
  );
  return [
    ...found.filter((patient) => patient.encounter !== undefined),
    ...found.filter((patient) => patient.encounter === undefined),
  ];
}

function show(
  options: LauncherOptions,
  response: Response,
  status: number,
  account: string,
  search: string,
  problem?: string,
): void {
  response
    .status(status)
    .type('html')
    .send(
      launcherPage({
        users: options.users,
        account,
        search,
        patients: findPatients(options.patients, search),
        app: options.app,
        ...(problem === undefined ? {} : { problem }),
      }),
    );
}

function launch(options: LauncherOptions, request: Request, response: Response): void {
  const body = (request.body ?? {}) as Readonly<Record<string, unknown>>;
  const account = textOf(body['account']);
  const user = options.users.find((one) => one.account === account);
  const patient = options.patients.find((one) => one.id === textOf(body['patient']));
  if (user === undefined || patient === undefined) {
    const what = user === undefined ? 'a user' : 'a patient';
    show(options, response, 400, account, textOf(body['q']), `Choose ${what} from the list.`);
    return;
  }
  const handle = options.registerLaunch({
    account: user.account,
    patient: patient.id,
    ...(patient.encounter === undefined ? {} : { encounter: patient.encounter }),
  });
  const target = new URL(options.launchUrl());
  target.searchParams.set('iss', options.fhirBaseUrl);
  target.searchParams.set('launch', handle);
  response.redirect(303, target.href);
}
