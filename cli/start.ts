/**
 * The composition root: opens the ledger, the index and both faces from one configuration, and
 * closes them in the order that loses nothing.
 */
import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { pino } from 'pino';
import type { RecordContext } from '../audit/event/index.ts';
import { openLedger, type Ledger, type LedgerFault } from '../audit/ledger/index.ts';
import { indexFileName, openSearch, type Search } from '../audit/search/index.ts';
import { readTokenFile, type Config } from '../config/index.ts';
import { startGateway, type Gateway } from '../gateway/index.ts';
import { createReviewApp, digestToken, type Reader } from '../review/index.ts';
import { createHandleDigest, createIdentifier } from '../smart/index.ts';
import { UsageError } from './exit-codes.ts';
import { createIds } from './ids.ts';
import { loadKey } from './keys.ts';
import { createMetrics, type ProcessMetrics } from './metrics.ts';
import { createReadiness } from './readiness.ts';
import { packageVersion } from './version.ts';

/** Written into each digest, for the day on which the key changes. */
const tokenDigestKeyId = '1';

/** Files of the keys in `keys.directory`. */
export const keyNames = { tokenDigest: 'token-digest.key', index: 'index.key' } as const;

/** A running Chaperone. */
export interface Running {
  /** Public bases, without trailing slash. */
  readonly appUrl: string;
  readonly reviewUrl: string;
  readonly ledger: Ledger;
  /** Resolves when the ledger failed and the process has to end. */
  readonly failed: Promise<LedgerFault>;
  /** Lets exchanges end, records them, closes everything. */
  close(): Promise<void>;
}

/** What `start` needs besides the configuration. */
export interface StartOptions {
  /** Create the ledger when there is none. */
  readonly init: boolean;
  /** A line for the operator. */
  readonly warn: (text: string) => void;
}

/** Starts everything. Rejects with `LedgerFault`, `UsageError` or a system error. */
export async function start(config: Config, options: StartOptions): Promise<Running> {
  const log = pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination(2));
  const clock = (): Date => new Date();
  const keys = config.keys.directory;
  const tokenDigestKey = loadKey(keys, keyNames.tokenDigest);
  const indexKey = loadKey(keys, keyNames.index);
  const readers = config.review.readers.map(loadReader);
  const ledger = await openLedger({
    directory: config.audit.directory,
    origin: config.audit.origin,
    init: options.init,
    clock,
    queueBytes: config.limits.ledgerQueueBytes,
    appendTimeoutMs: config.limits.appendTimeoutMs,
    onWarning: options.warn,
  });
  const opened: { close(): Promise<void> }[] = [ledger];
  try {
    const failed = new Promise<LedgerFault>((resolve) => {
      ledger.onState((state) => {
        log.warn({ state: state.kind }, 'ledger state');
        if (state.kind === 'failed') resolve(state.fault);
      });
    });
    const search = await openIndex(config, ledger, indexKey, options.warn);
    opened.unshift(search);
    const faces: { app?: Gateway } = {};
    const metrics = createMetrics(() => ({
      ledgerSize: ledger.size,
      queueBytes: ledger.load.bytes,
      queueAgeMs: ledger.load.ageMs,
      heldBytes: faces.app?.load().heldBytes ?? 0,
      inFlight: faces.app?.load().inFlight ?? 0,
      indexPosition: search.position(),
    }));
    const record = {
      origin: ledger.origin,
      upstreamBase: config.upstream.baseUrl,
      softwareVersion: packageVersion(readFileSync),
      clock,
      newId: createIds(),
    };
    const app = await startApp(config, ledger, record, tokenDigestKey, metrics, log, options.warn);
    faces.app = app;
    opened.unshift(app);
    let stopping = false;
    const readiness = createReadiness(ledger, config.audit.directory, () => stopping);
    const context = { ...record, gatewayBase: app.publicBaseUrl };
    const review = await startReview(config, {
      readers,
      strangersPerPeerPerMinute: config.limits.refusalsPerPeerPerMinute,
      ledger,
      search,
      auditDirectory: config.audit.directory,
      record: context,
      readiness,
      metrics: () => metrics.text(),
      log,
    });
    opened.unshift(review);
    return {
      appUrl: app.publicBaseUrl,
      reviewUrl: review.publicBaseUrl,
      ledger,
      failed,
      async close() {
        stopping = true;
        await app.close();
        await review.close();
        await search.close();
        await ledger.close();
      },
    };
  } catch (error) {
    for (const part of opened) await part.close().catch(() => undefined);
    throw error;
  }
}

function loadReader(reader: Config['review']['readers'][number]): Reader {
  return {
    name: reader.name,
    role: reader.role,
    tokenDigest: digestToken(readTokenFile(reader.tokenFile)),
  };
}

async function openIndex(
  config: Config,
  ledger: Ledger,
  key: Uint8Array,
  warn: (text: string) => void,
): Promise<Search> {
  const search = await openSearch({
    ledgerDirectory: ledger.directory,
    origin: ledger.origin,
    file: path.join(config.audit.directory, indexFileName),
    key,
    onWarning: warn,
  });
  ledger.onCommit((size) => {
    search.notify(size);
  });
  search.notify(ledger.size);
  return search;
}

async function startApp(
  config: Config,
  ledger: Ledger,
  record: Omit<RecordContext, 'gatewayBase'>,
  tokenDigestKey: Uint8Array,
  metrics: ProcessMetrics,
  log: pino.Logger,
  warn: (text: string) => void,
): Promise<Gateway> {
  const { gateway, upstream } = config;
  const starting = startGateway({
    listen: listenOptions(gateway),
    ...(gateway.publicBaseUrl === undefined ? {} : { publicBaseUrl: gateway.publicBaseUrl }),
    allowedHosts: gateway.allowedHosts,
    trustedProxies: gateway.trustedProxies,
    cookieAllowList: gateway.cookieAllowList,
    allowedOrigins: gateway.cors.allowedOrigins,
    upstream: {
      baseUrl: upstream.baseUrl,
      aliases: upstream.aliases,
      ...(upstream.caFile === undefined ? {} : { ca: readFileSync(upstream.caFile, 'utf8') }),
    },
    onUninspectable: config.inspect.onUninspectable,
    identityBudgetMs: config.smart.identityBudgetMs,
    limits: config.limits,
    ledger,
    identifier: createIdentifier({
      issuers: config.smart.issuers,
      upstreamBases: [upstream.baseUrl, ...upstream.aliases],
      tokenDigestKey,
      tokenDigestKeyId,
      clock: record.clock,
      onWarning: warn,
    }),
    smart: {
      ...config.smart.discovery,
      launches: config.smart.launches,
      handleDigest: createHandleDigest(tokenDigestKey, tokenDigestKeyId),
    },
    record,
    metrics,
    log,
  });
  return starting.catch((error: unknown) => {
    throw listenError(error, 'gateway.listen', gateway.listen);
  });
}

type Listener = Config['gateway'] | Config['review'];

function listenOptions(listener: Listener): Parameters<typeof startGateway>[0]['listen'] {
  const { host, port } = listener.listen;
  if (listener.tls === undefined) return { host, port };
  return {
    host,
    port,
    tls: {
      certificate: readFileSync(listener.tls.certificateFile, 'utf8'),
      key: readFileSync(listener.tls.keyFile, 'utf8'),
    },
  };
}

/** Says which setting to change when an address cannot be bound. */
function listenError(error: unknown, key: string, at: { host: string; port: number }): Error {
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined;
  const where = `${at.host}:${String(at.port)}`;
  if (code === 'EADDRINUSE') {
    return new UsageError(
      `${key}: ${where} is in use by another program; stop that, or choose another port.`,
    );
  }
  if (code === 'EACCES' || code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
    return new UsageError(
      `${key}: ${where} cannot be listened on (${code}); choose another address or port.`,
    );
  }
  return error instanceof Error ? error : new Error(String(error));
}

interface ReviewFace {
  readonly publicBaseUrl: string;
  close(): Promise<void>;
}

async function startReview(
  config: Config,
  parts: Omit<Parameters<typeof createReviewApp>[0], 'publicBase' | 'allowedHosts'>,
): Promise<ReviewFace> {
  const { review } = config;
  const options = listenOptions(review);
  const server =
    options.tls === undefined
      ? http.createServer()
      : https.createServer({ cert: options.tls.certificate, key: options.tls.key });
  const port = await new Promise<number>((resolve, reject) => {
    server.once('error', (error) => {
      reject(listenError(error, 'review.listen', review.listen));
    });
    server.listen(options.port, options.host, () => {
      resolve((server.address() as AddressInfo).port);
    });
  });
  const scheme = options.tls === undefined ? 'http' : 'https';
  const own = `${options.host.includes(':') ? `[${options.host}]` : options.host}:${String(port)}`;
  const publicBaseUrl = review.publicBaseUrl ?? `${scheme}://${own}/fhir`;
  const loopback = ['localhost', '127.0.0.1', '[::1]'].map((host) => `${host}:${String(port)}`);
  const app = createReviewApp({
    ...parts,
    publicBase: publicBaseUrl,
    allowedHosts: [own, ...(loopback.includes(own) ? loopback : [])],
  });
  server.on('request', app.handler);
  const counts = setInterval(() => void app.flush(), 60_000).unref();
  return {
    publicBaseUrl,
    async close() {
      clearInterval(counts);
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeIdleConnections();
      setTimeout(() => {
        server.closeAllConnections();
      }, 5000).unref();
      await closed;
      await app.close();
      await app.flush();
    },
  };
}
