/**
 * Serves the sample SMART app "Vitals" on an origin of its own: fixed files, and what the app has to
 * know of its surroundings as `/config.json`. It sees no token and no patient: those are between the
 * browser, the authorization server and the FHIR server.
 */
import http from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import express, { type Response } from 'express';

/** What the app has to know. */
export interface AppSettings {
  /** FHIR base URL of standalone launches: the gateway's. */
  readonly fhirBaseUrl: string;
  /** FHIR base URLs that may launch the app, spelled as `iss` will be. */
  readonly allowedIssuers: readonly string[];
  /** Further origins that the page may call: that of the token endpoint. */
  readonly connectOrigins: readonly string[];
  readonly clientId: string;
}

/** A running app. */
export interface SampleApp {
  /** `http://127.0.0.1:<port>` */
  readonly origin: string;
  /** Where an EHR sends the browser, with `iss` and `launch`. */
  readonly launchUrl: string;
  /** Where the authorization server sends the browser back to. */
  readonly redirectUri: string;
  close(): Promise<void>;
}

const files: Readonly<Record<string, string>> = {
  '/': 'index.html',
  '/launch.html': 'launch.html',
  '/app.css': 'app.css',
};
for (const name of [
  'banner',
  'chart',
  'chart-data',
  'documents',
  'dom',
  'launch',
  'launch-request',
  'main',
  'medications',
  'patient',
  'problem',
  'record',
  'scale',
  'session',
  'vitals',
  'vitals-view',
]) {
  Object.assign(files, { [`/${name}.js`]: `${name}.js` });
}

/** The library's build for browsers that need no polyfills; it carries no licence file of others. */
const library = path.join(
  path.dirname(createRequire(import.meta.url).resolve('fhirclient/package.json')),
  'build',
  'fhir-client.pure.min.js',
);

/**
 * Starts the app on loopback.
 *
 * @param port 0: any free port.
 * @param settings Asked for at each request, since the gateway starts after the app.
 */
export async function startSampleApp(
  port: number,
  settings: () => AppSettings,
): Promise<SampleApp> {
  const app = express();
  app.disable('x-powered-by');
  app.use((_request, response, next) => {
    protect(response, settings());
    next();
  });
  app.get('/config.json', (_request, response) => {
    const { fhirBaseUrl, allowedIssuers, clientId } = settings();
    response.json({ fhirBaseUrl, allowedIssuers, clientId });
  });
  app.get('/fhir-client.js', (_request, response) => {
    response.sendFile(library);
  });
  for (const [url, file] of Object.entries(files)) {
    app.get(url, (_request, response) => {
      response.sendFile(path.join(import.meta.dirname, 'page', file));
    });
  }
  const server = http.createServer(app);
  const listening = await new Promise<number>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      resolve((server.address() as AddressInfo).port);
    });
  });
  const origin = `http://127.0.0.1:${String(listening)}`;
  return {
    origin,
    launchUrl: `${origin}/launch.html`,
    redirectUri: `${origin}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

/** The page runs its own scripts only, and talks to the gateway and the token endpoint only. */
function protect(response: Response, settings: AppSettings): void {
  const origins = new Set(settings.connectOrigins);
  for (const issuer of [settings.fhirBaseUrl, ...settings.allowedIssuers]) {
    origins.add(new URL(issuer).origin);
  }
  response.set({
    'Content-Security-Policy': [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "img-src 'self' data:",
      `connect-src 'self' ${[...origins].join(' ')}`,
      "form-action 'none'",
      "base-uri 'none'",
      "frame-ancestors 'none'",
    ].join('; '),
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
    'Cache-Control': 'no-cache',
  });
}
