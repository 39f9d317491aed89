/**
 * The app face as a whole: a listener with strict settings, Express in front of the flow, and the
 * events of Node's HTTP server that would otherwise be answered by Node itself, unrecorded.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import express from 'express';
import { createHeldBytes } from './answer/budget.ts';
import { createCors } from './cors.ts';
import type { FlowOptions } from './course.ts';
import { createFlow } from './flow.ts';
import {
  createMiddlewareForwarder,
  type MiddlewareForwarderOptions,
} from './forward/middleware-forwarder.ts';
import { trustedProxies, type GateOptions } from './gate/index.ts';
import { createInFlight } from './in-flight.ts';
import { bracketed, createServer, defaultBase, listen } from './listener.ts';
import type { GatewayOptions } from './options.ts';
import { createRecorder } from './recorder.ts';
import { createSmartFace } from './smart/smart-face.ts';
import { inTurn } from './turn.ts';
import { recordUnparsed } from './unparsed.ts';
import { createBodyScan } from './scan/body-scan.ts';
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
  const publicBaseUrl = options.publicBaseUrl ?? defaultBase(options.listen, port);
  const recorder = createRecorder({
    ledger: options.ledger,
    context: { ...options.record, gatewayBase: publicBaseUrl },
    refusalsPerPeerPerMinute: options.limits.refusalsPerPeerPerMinute,
    metrics: options.metrics,
    log: options.log,
  });
  const heldBytes = createHeldBytes(options.limits.heldTotalBytes);
  const inFlight = createInFlight();
  // Slow senders, and what waits for its turn on a connection, are not under way: one client could
  // fill it.
  const pending = createInFlight();
  const forwarder = createMiddlewareForwarder(
    forwarderOptions(options, new URL(options.upstream.baseUrl)),
  );
  const smart = createSmartFace(options.smart, {
    gatewayBase: publicBaseUrl,
    upstreamBase: options.upstream.baseUrl,
    upstreamAliases: options.upstream.aliases,
    ...upstreamPlace(options),
    forwarder,
    forwarderFor: (origin) => createMiddlewareForwarder(forwarderOptions(options, origin)),
    maxBytes: options.limits.heldAnswerBytes,
    clock: options.record.clock,
  });
  let stopping = false;
  const flow = createFlow({
    ...constants(options, publicBaseUrl, port),
    smart,
    recorder,
    forwarder,
    heldBytes,
    inFlight,
    overload() {
      if (stopping) return 'shutting-down';
      if (options.ledger.state.kind !== 'ready') return 'ledger-unavailable';
      const busy = !options.ledger.admits() || !heldBytes.admits();
      return busy || inFlight.count >= options.limits.inFlight ? 'overloaded' : undefined;
    },
  });
  app.use((request: IncomingMessage, response: ServerResponse) => {
    if (stopping) response.setHeader('Connection', 'close');
    // What a broken connection does to the answer is seen at its `close`.
    response.on('error', () => undefined);
    void pending.track(response, () => inTurn(request, response, flow));
  });
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
      await pending.ended(options.limits.drainTimeoutMs);
      server.closeAllConnections();
      await closed;
      await pending.ended(afterCloseMs);
      forwarder.close();
      smart.close();
      await recorder.settled();
      await recorder.flush();
    },
  };
}

/** Milliseconds for exchanges whose connections were closed to leave their records. */
const afterCloseMs = 1000;

/** What the flow needs and the configuration decides. */
function constants(
  options: GatewayOptions,
  publicBaseUrl: string,
  port: number,
): Omit<FlowOptions, 'recorder' | 'forwarder' | 'smart' | 'heldBytes' | 'inFlight' | 'overload'> {
  return {
    gate: gateOptions(options, publicBaseUrl, port),
    scan: createBodyScan(),
    urls: createUrlMap({
      gatewayBase: publicBaseUrl,
      upstreamBase: options.upstream.baseUrl,
      upstreamAliases: options.upstream.aliases,
    }),
    cors: createCors(options.allowedOrigins),
    identifier: options.identifier,
    publicBaseUrl,
    ...upstreamPlace(options),
    limits: options.limits,
    identityBudgetMs: options.identityBudgetMs,
    flagUninspectable: options.onUninspectable === 'flag',
    clock: options.record.clock,
    newId: options.record.newId,
    metrics: options.metrics,
    log: options.log,
  };
}

/** Path of the upstream's base, without trailing slash, and its `host[:port]`. */
function upstreamPlace({ upstream }: GatewayOptions): {
  readonly upstreamPath: string;
  readonly upstreamHost: string;
} {
  const { pathname, host } = new URL(upstream.baseUrl);
  return { upstreamPath: pathname === '/' ? '' : pathname.replace(/\/$/, ''), upstreamHost: host };
}

function forwarderOptions(
  { limits, upstream }: GatewayOptions,
  upstreamOrigin: URL,
): MiddlewareForwarderOptions {
  return {
    upstreamOrigin,
    maxSockets: limits.inFlight,
    connectTimeoutMs: limits.connectTimeoutMs,
    answerTimeoutMs: limits.answerTimeoutMs,
    ...(upstream.ca === undefined ? {} : { ca: upstream.ca }),
  };
}

function gateOptions(options: GatewayOptions, publicBaseUrl: string, port: number): GateOptions {
  const base = new URL(publicBaseUrl);
  const hosts = [base.host, hostWithPort(base), ...ownHosts(options.listen.host, port)];
  return {
    basePath: base.pathname.replace(/\/$/, ''),
    allowedHosts: new Set([...hosts, ...options.allowedHosts].map((host) => host.toLowerCase())),
    headerCount: options.limits.headerCount,
    headerBytes: options.limits.headerBytes,
    cookieAllowList: new Set(options.cookieAllowList),
    trustedProxies: trustedProxies(options.trustedProxies),
  };
}

const loopback: readonly string[] = ['localhost', '127.0.0.1', '[::1]'];

/** The listener's own names; loopback has three. */
function ownHosts(host: string, port: number): readonly string[] {
  const own = bracketed(host);
  return (loopback.includes(own) ? loopback : [own]).map((name) => `${name}:${String(port)}`);
}

/** A default port may be left out or written. */
function hostWithPort(base: URL): string {
  if (base.port !== '') return base.host;
  return `${base.host}:${base.protocol === 'https:' ? '443' : '80'}`;
}
