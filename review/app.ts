/**
 * The review face: FHIR search and read over the record, health and metrics. The composition root
 * owns the listener and gives this handler to it.
 */
import express from 'express';
import type { Express } from 'express';
import { capabilityStatement } from './capabilities.ts';
import type { ReviewOptions } from './options.ts';
import { answerProbe } from './probes.ts';
import { releaseProbe } from './release.ts';
import { route } from './route.ts';
import { serve } from './serve.ts';
import type { Face } from './serve.ts';

/**
 * Makes the request handler of the review face.
 *
 * Every access except to health and metrics is durable in the ledger before it is answered. Does
 * NOT listen, and does not close the ledger or the search.
 */
export function createReviewApp(options: ReviewOptions): Express {
  const base = new URL(options.publicBase);
  const face: Face = {
    options,
    hosts: new Set([base.host, ...options.allowedHosts.map((host) => host.toLowerCase())]),
    statement: capabilityStatement(
      options.publicBase,
      options.record.softwareVersion,
      options.record.clock().toISOString(),
    ),
  };
  const basePath = base.pathname.replace(/\/$/u, '');
  const app = express();
  app.disable('x-powered-by');
  app.use(async (request, response) => {
    const requestId = options.record.newId();
    const asked = route(request.method, request.url, basePath);
    if (asked.kind === 'probe') {
      releaseProbe(response, requestId, await answerProbe(options, asked.probe));
    } else {
      await serve(face, asked, requestId, request, response);
    }
  });
  return app;
}
