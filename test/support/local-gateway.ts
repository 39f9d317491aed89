/**
 * The app face in this process, with everything real: ledger, identity, forwarder, sockets. For
 * suites that look at many cases; `gateway-process.ts` has the shipped command.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AuditEvent } from '@medplum/fhirtypes';
import { monotonicFactory } from 'ulid';
import { openLedger, openReader, type Ledger } from '../../audit/ledger/index.ts';
import { startGateway, type Gateway, type GatewayOptions } from '../../gateway/index.ts';
import { createHandleDigest, createIdentifier, type IdentifierOptions } from '../../smart/index.ts';

/** A running app face with its ledger. */
export interface LocalGateway extends Gateway {
  readonly ledger: Ledger;
  readonly directory: string;
  /** All AuditEvents committed so far, in order. */
  events(): AuditEvent[];
  /** Events of one exchange. */
  eventsOf(requestId: string): AuditEvent[];
  /** Lines of the process log. */
  readonly logged: string[];
  /** Closes the app face, the ledger, and removes the folder. */
  stop(): Promise<void>;
}

/** The default limits of the product. */
export const defaultLimits: GatewayOptions['limits'] = {
  headerCount: 100,
  headerBytes: 16 * 1024,
  requestBodyBytes: 10 * 1024 * 1024,
  heldAnswerBytes: 32 * 1024 * 1024,
  heldTotalBytes: 256 * 1024 * 1024,
  inFlight: 512,
  connectTimeoutMs: 2000,
  answerTimeoutMs: 60_000,
  drainTimeoutMs: 30_000,
  refusalsPerPeerPerMinute: 60,
};

/** What a suite may change. */
export interface LocalGatewaySettings {
  readonly upstream: string;
  readonly limits?: Partial<GatewayOptions['limits']>;
  readonly gateway?: Partial<GatewayOptions>;
  readonly issuers?: IdentifierOptions['issuers'];
  /** Wraps the ledger, to delay or fail appends. */
  readonly wrapLedger?: (ledger: Ledger) => Ledger;
}

/** Starts one on a free port of loopback. */
export async function startLocalGateway(settings: LocalGatewaySettings): Promise<LocalGateway> {
  const directory = await mkdtemp(join(tmpdir(), 'chaperone-local-'));
  const clock = (): Date => new Date();
  const ledger = await openLedger({
    directory,
    origin: 'gateway.test/local',
    init: true,
    clock,
    queueBytes: 64 * 1024 * 1024,
    appendTimeoutMs: 5000,
  });
  const logged: string[] = [];
  const line = (fields: object, message: string): void => {
    logged.push(JSON.stringify({ ...fields, message }));
  };
  const gateway = await startGateway({
    listen: { host: '127.0.0.1', port: 0 },
    allowedHosts: [],
    trustedProxies: [],
    cookieAllowList: [],
    allowedOrigins: [],
    upstream: { baseUrl: settings.upstream, aliases: [] },
    onUninspectable: 'refuse',
    identityBudgetMs: 250,
    ledger: settings.wrapLedger?.(ledger) ?? ledger,
    identifier: createIdentifier({
      issuers: settings.issuers ?? [],
      upstreamBases: [settings.upstream],
      tokenDigestKey: new Uint8Array(32).fill(7),
      tokenDigestKeyId: '1',
      clock,
    }),
    smart: { launches: [], handleDigest: createHandleDigest(new Uint8Array(32).fill(7), '1') },
    record: {
      origin: ledger.origin,
      upstreamBase: settings.upstream,
      softwareVersion: '0.0.0',
      clock,
      newId: monotonicFactory(),
    },
    metrics: { exchange: () => undefined, appendMs: () => undefined },
    log: { info: line, warn: line, error: line },
    ...settings.gateway,
    limits: { ...defaultLimits, ...settings.limits },
  });
  const events = (): AuditEvent[] => {
    const reader = openReader(ledger.directory);
    try {
      return reader
        .read(0, reader.size())
        .filter((leaf) => leaf.kind === 'record' && leaf.body !== undefined)
        .map((leaf) => JSON.parse(Buffer.from(leaf.body ?? []).toString('utf8')) as AuditEvent);
    } finally {
      reader.close();
    }
  };
  return {
    ...gateway,
    ledger,
    directory,
    logged,
    events,
    eventsOf: (requestId) =>
      events().filter(
        (event) =>
          event.entity?.some((entity) => entity.what?.identifier?.value === requestId) === true,
      ),
    async stop() {
      await gateway.close();
      await ledger.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
