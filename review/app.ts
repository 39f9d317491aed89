/**
 * The review face: FHIR search and read over the record, health and metrics. The composition root
 * owns the listener and gives this handler to it.
 */
import express from 'express';
import type { Express } from 'express';
import { createRefusals, describeRefusals, type Refusals } from '../audit/event/index.ts';
import type { RecordEntry } from '../audit/ledger/index.ts';
import { capabilityStatement } from './capabilities.ts';
import { createIntegrityCheck } from './integrity.ts';
import type { ReviewOptions } from './options.ts';
import { loadPageFiles } from './page-files.ts';
import { answerProbe } from './probes.ts';
import { releaseFile, releaseProbe } from './release.ts';
import { route } from './route.ts';
import { misaddressed, serve } from './serve.ts';
import type { Face } from './serve.ts';

/** The review face without its listener. */
export interface ReviewApp {
  readonly handler: Express;
  /** Writes the counts of those who are no readers. To be called once a minute, and at the end. */
  flush(): Promise<void>;
  /** Ends an integrity check that runs. */
  close(): Promise<void>;
}

/**
 * Makes the request handler of the review face.
 *
 * Every access except to health, metrics and the files of the page is durable in the ledger before
 * it is answered; those
 * without a reader's credential, which tell nothing of the record, up to a rate, and beyond it in
 * aggregate. Does NOT listen, and does not close the ledger or the search.
 */
export function createReviewApp(options: ReviewOptions): ReviewApp {
  const base = new URL(options.publicBase);
  const strangers = createRefusals(options.strangersPerPeerPerMinute, options.record.clock);
  const face: Face = {
    options,
    strangers,
    check: createIntegrityCheck(options.auditDirectory, options.record.clock),
    hosts: new Set([base.host, ...options.allowedHosts.map((host) => host.toLowerCase())]),
    statement: capabilityStatement(
      options.publicBase,
      options.record.softwareVersion,
      options.record.clock().toISOString(),
    ),
  };
  const basePath = base.pathname.replace(/\/$/u, '');
  const files = loadPageFiles();
  const handler = express();
  handler.disable('x-powered-by');
  handler.use(async (request, response) => {
    const requestId = options.record.newId();
    const asked = route(request.method, request.url, basePath);
    if (asked.kind === 'probe') {
      releaseProbe(response, requestId, await answerProbe(options, asked.probe));
    } else if (asked.kind === 'page-file') {
      const file = files.get(asked.name);
      const fault =
        misaddressed(face, request) ?? (file === undefined ? 'path-unknown' : undefined);
      if (file !== undefined && fault === undefined) releaseFile(response, requestId, file);
      else {
        const refused = { kind: 'refused', fault: fault ?? 'path-unknown' } as const;
        await serve(face, refused, requestId, request, response);
      }
    } else {
      await serve(face, asked, requestId, request, response);
    }
  });
  return {
    handler,
    flush: () => flushCounts(strangers, options),
    close: () => face.check.close(),
  };
}

async function flushCounts(strangers: Refusals, options: ReviewOptions): Promise<void> {
  const aggregates = strangers.drain();
  const [first, ...rest] = aggregates.map((one): RecordEntry => ({
    kind: 'record',
    body: describeRefusals(one, options.record).body,
  }));
  if (first === undefined) return;
  try {
    await options.ledger.append([first, ...rest]);
  } catch (cause) {
    strangers.restore(aggregates);
    const errorName = cause instanceof Error ? cause.name : typeof cause;
    options.log.error({ errorName }, 'counts of strangers not recorded yet');
  }
}
