/**
 * The listener of the app face: strict parsing, short waits for heads, and nothing that Node would
 * answer by itself.
 */
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import type { GatewayOptions, ListenOptions } from './options.ts';

/** Makes the server; it does not listen yet. */
export function createServer(options: GatewayOptions, app: http.RequestListener): http.Server {
  const settings: https.ServerOptions = {
    maxHeaderSize: options.limits.headerBytes,
    headersTimeout: 10_000,
    requestTimeout: 60_000,
    connectionsCheckingInterval: 1000,
    keepAliveTimeout: 65_000,
    // A missing Host is refused by the gate, which records it.
    requireHostHeader: false,
    insecureHTTPParser: false,
    noDelay: true,
  };
  const { tls } = options.listen;
  const server =
    tls === undefined
      ? http.createServer(settings, app)
      : https.createServer({ ...settings, cert: tls.certificate, key: tls.key }, app);
  // The gate counts; a limit here would hide headers from it that the parser obeys.
  server.maxHeadersCount = 0;
  return server;
}

/** Listens. Resolves with the port; rejects with the system error. */
export function listen(server: http.Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

/** The FHIR base when none is configured: the bound address with `/fhir`. */
export function defaultBase(options: ListenOptions, port: number): string {
  const scheme = options.tls === undefined ? 'http' : 'https';
  return `${scheme}://${bracketed(options.host)}:${String(port)}/fhir`;
}

/** A host as it stands in a URL. */
export function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
