/**
 * The app face as a whole: a listener with strict settings, Express in front of the flow, and the
 * events of Node's HTTP server that would otherwise be answered by Node itself, unrecorded.
 */
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import express from 'express';
import type { RefusalReason } from '../audit/event/index.ts';
import { createHeldBytes } from './answer/budget.ts';
import { createCors } from './cors.ts';
import { createFlow } from './flow.ts';
import { createMiddlewareForwarder } from './forward/middleware-forwarder.ts';
import { trustedProxies } from './gate/index.ts';
import { createInFlight } from './in-flight.ts';
import type { GatewayOptions } from './options.ts';
import { createRecorder } from './recorder.ts';
import { inTurn } from './turn.ts';
import { recordUnparsed } from './unparsed.ts';
import { createUrlMap } from './urls/index.ts';

/** A running app face. */
export interface Gateway {
  /** Public FHIR base, without trailing slash. */
  readonly publicBaseUrl: string;
  readonly port: number;
  /** Bytes held and exchanges under way, for metrics. */
  load(): { readonly heldBytes: number; readonly inFlight: number };
  /**
   * Stops: takes no new exchange, lets those under way end and be recorded (at most
   * `drainTimeoutMs`), writes the last addenda and counts. Does not close the ledger.
   */
  close(): Promise<void>;
}

/** Starts the app face. Rejects with the system error when the address cannot be bound. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  const server = createServer(options, app);
  const port = await listen(server, options.listen.host, options.listen.port);
  const publicBaseUrl = options.publicBaseUrl ?? defaultBase(options, port);
  const context = { ...options.record, gatewayBase: publicBaseUrl };
  const recorder = createRecorder({
    ledger: options.ledger,
    context,
    refusalsPerPeerPerMinute: options.limits.refusalsPerPeerPerMinute,
    metrics: options.metrics,
    log: options.log,
  });
  const upstream = new URL(options.upstream.baseUrl);
  const heldBytes = createHeldBytes(options.limits.heldTotalBytes);
  const inFlight = createInFlight();
  let stopping = false;
  const overload = (): RefusalReason | undefined => {
    if (stopping) return 'shutting-down';
    if (options.ledger.state.kind !== 'ready') return 'ledger-unavailable';
    const busy = !options.ledger.admits() || !heldBytes.admits();
    return busy || inFlight.count > options.limits.inFlight ? 'overloaded' : undefined;
  };
  const forwarder = createMiddlewareForwarder({
    upstreamOrigin: upstream,
    maxSockets: options.limits.inFlight,
    connectTimeoutMs: options.limits.connectTimeoutMs,
    answerTimeoutMs: options.limits.answerTimeoutMs,
    ...(options.upstream.ca === undefined ? {} : { ca: options.upstream.ca }),
  });
  const flow = createFlow({
    gate: gateOptions(options, publicBaseUrl, port),
    urls: createUrlMap({
      gatewayBase: publicBaseUrl,
      upstreamBase: options.upstream.baseUrl,
      upstreamAliases: options.upstream.aliases,
    }),
    cors: createCors(options.allowedOrigins),
    identifier: options.identifier,
    recorder,
    forwarder,
    heldBytes,
    upstreamPath: upstream.pathname === '/' ? '' : upstream.pathname.replace(/\/$/, ''),
    upstreamHost: upstream.host,
    limits: options.limits,
    identityBudgetMs: options.identityBudgetMs,
    flagUninspectable: options.onUninspectable === 'flag',
    overload,
    clock: options.record.clock,
    newId: options.record.newId,
    metrics: options.metrics,
    log: options.log,
  });
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    if (stopping) response.setHeader('Connection', 'close');
    inFlight.track(response, inTurn(request, response, flow));
  };
  app.use(handle);
  // These would be answered by Node itself, and so not be recorded.
  server.on('checkContinue', app);
  server.on('checkExpectation', app);
  recordUnparsed(server, recorder, options.record);
  const counts = setInterval(() => void recorder.flush(), 60_000).unref();
  return {
    publicBaseUrl,
    port,
    load: () => ({ heldBytes: heldBytes.held, inFlight: inFlight.count }),
    async close() {
      stopping = true;
      clearInterval(counts);
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeIdleConnections();
      await inFlight.ended(options.limits.drainTimeoutMs);
      server.closeAllConnections();
      await closed;
      await inFlight.ended(1000);
      forwarder.close();
      await recorder.settled();
      await recorder.flush();
    },
  };
}

/** Strict parsing, short waits for heads, and nothing that Node would answer by itself. */
function createServer(options: GatewayOptions, app: http.RequestListener): http.Server {
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

function listen(server: http.Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

function defaultBase(options: GatewayOptions, port: number): string {
  const scheme = options.listen.tls === undefined ? 'http' : 'https';
  return `${scheme}://${bracketed(options.listen.host)}:${String(port)}/fhir`;
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

function gateOptions(
  options: GatewayOptions,
  publicBaseUrl: string,
  port: number,
): Parameters<typeof createFlow>[0]['gate'] {
  const base = new URL(publicBaseUrl);
  const own = `${bracketed(options.listen.host)}:${String(port)}`;
  return {
    basePath: base.pathname.replace(/\/$/, ''),
    allowedHosts: new Set(
      [base.host, hostWithPort(base), own, ...options.allowedHosts].map((host) =>
        host.toLowerCase(),
      ),
    ),
    headerCount: options.limits.headerCount,
    headerBytes: options.limits.headerBytes,
    cookieAllowList: new Set(options.cookieAllowList),
    trustedProxies: trustedProxies(options.trustedProxies),
  };
}

/** A default port may be left out or written. */
function hostWithPort(base: URL): string {
  if (base.port !== '') return base.host;
  return `${base.host}:${base.protocol === 'https:' ? '443' : '80'}`;
}
