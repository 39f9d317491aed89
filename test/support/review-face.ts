/** A review face over a real ledger and a real search, on a loopback port, for tests. */
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import request from 'supertest';
import type { Test } from 'supertest';
import { ulid } from 'ulid';
import type { AuditEvent } from '@medplum/fhirtypes';
import type { Ledger } from '../../audit/ledger/index.ts';
import { openReader } from '../../audit/ledger/index.ts';
import { openSearch } from '../../audit/search/index.ts';
import type { Search } from '../../audit/search/index.ts';
import { createReviewApp, digestToken } from '../../review/index.ts';
import type { ReviewOptions } from '../../review/index.ts';
import { makeTestLedger } from './search-events.ts';
import type { TestLedger } from './search-events.ts';

/** Tokens of the two readers. */
export const auditorToken = 'auditor-token-8f31c5';
/** See {@link auditorToken}. */
export const operatorToken = 'operator-token-77ab01';
/** The public base; its host is what `Host` must say. */
export const publicBase = 'http://review.example:8090/fhir';

/** What a test works with. */
export interface ReviewFace {
  readonly home: TestLedger;
  readonly search: Search;
  readonly port: number;
  readonly logged: unknown[];
  /** A request with the right `Host` and, unless it says otherwise, the auditor's credential. */
  ask(method: 'get' | 'post' | 'put' | 'delete' | 'head', path: string, token?: string): Test;
  /** Writes the counts. */
  flush(): Promise<void>;
  /** Every record in the ledger, as text. */
  records(): string[];
  close(): Promise<void>;
}

/** Starts a review face. */
export async function startReviewFace(
  change: (options: ReviewOptions) => Partial<ReviewOptions> = () => ({}),
): Promise<ReviewFace> {
  const home = await makeTestLedger();
  const search = await openSearch({
    ledgerDirectory: home.ledger.directory,
    origin: home.ledger.origin,
    file: join(home.folder, 'index.sqlite'),
    key: new Uint8Array(32).fill(3),
    lingerMs: 1,
    waitMs: 5000,
  });
  const logged: unknown[] = [];
  const options = reviewOptions(home.ledger, search, logged);
  const app = createReviewApp({ ...options, ...change(options) });
  const server = createServer(app.handler);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    home,
    search,
    port,
    logged,
    ask: (method, path, token = auditorToken) => {
      const test = request(server)[method](path).set('Host', 'review.example:8090');
      return token === '' ? test : test.set('Authorization', `Bearer ${token}`);
    },
    records: () => recordsOf(home.ledger),
    flush: () => app.flush(),
    close: async () => {
      await stop(server);
      await app.close();
      await search.close();
      await home.remove();
    },
  };
}

function reviewOptions(ledger: Ledger, search: Search, logged: unknown[]): ReviewOptions {
  return {
    publicBase,
    allowedHosts: ['Inside.example'],
    readers: [
      { name: 'olga.operator', role: 'operator', tokenDigest: digestToken(operatorToken) },
      { name: 'ann.auditor', role: 'auditor', tokenDigest: digestToken(`${auditorToken}\n`) },
    ],
    ledger,
    search,
    auditDirectory: dirname(dirname(ledger.directory)),
    record: {
      origin: ledger.origin,
      gatewayBase: 'http://gateway.example/fhir',
      upstreamBase: 'https://ehr/fhir',
      softwareVersion: '1.2.3',
      clock: () => new Date(),
      newId: () => ulid(),
    },
    strangersPerPeerPerMinute: 1000,
    readiness: () => Promise.resolve({ ready: true, checks: { ledger: 'ok' } }),
    metrics: () => Promise.resolve('up 1\n'),
    log: {
      info: (...line) => logged.push(line),
      error: (...line) => logged.push(line),
    },
  };
}

function recordsOf(ledger: Ledger): string[] {
  const reader = openReader(ledger.directory);
  try {
    return reader
      .read(0, 100_000)
      .filter((leaf) => leaf.kind === 'record')
      .map((leaf) => Buffer.from(leaf.body ?? []).toString());
  } finally {
    reader.close();
  }
}

/** The records of the review face itself, parsed, oldest first. */
export function accessesIn(face: ReviewFace): readonly AuditEvent[] {
  return face
    .records()
    .map((text) => JSON.parse(text) as AuditEvent)
    .filter((event) => event.type.code === '110101');
}

async function stop(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}
