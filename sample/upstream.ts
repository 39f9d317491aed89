/**
 * A minimal FHIR R4 upstream, so that there is something to try the gateway with: read, vread,
 * search by a few parameters with paging, create, update, delete, metadata. It answers with
 * absolute URLs of its own, as real servers do. Not an EHR, and no access control of its own.
 */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type Request, type Response } from 'express';
import type { Bundle, OperationOutcome, Resource } from '@medplum/fhirtypes';
import { sampleResources } from './patients.ts';
import { createStore, type SampleStore, type Stored } from './store.ts';

/** A running sample upstream. */
export interface SampleUpstream {
  /** FHIR base, without trailing slash. */
  readonly baseUrl: string;
  close(): Promise<void>;
}

/** Starts it on loopback. @param port 0: any free port. */
export async function startSampleUpstream(port: number): Promise<SampleUpstream> {
  const store = createStore(sampleResources, () => new Date());
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  const server = http.createServer(app);
  const listening = await new Promise<number>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      resolve((server.address() as AddressInfo).port);
    });
  });
  const baseUrl = `http://127.0.0.1:${String(listening)}/fhir`;
  app.use(express.json({ type: ['application/fhir+json', 'application/json'], limit: '10mb' }));
  app.use(express.urlencoded({ extended: false }));
  app.use('/fhir', routes(store, baseUrl));
  return {
    baseUrl,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

function routes(store: SampleStore, base: string): express.Router {
  const router = express.Router();
  router.get('/metadata', (_request, response) => {
    send(response, 200, capabilities(base));
  });
  router.get('/:type', (request, response) => {
    search(store, base, request, response, new URLSearchParams(queryOf(request)));
  });
  router.post('/:type/_search', (request, response) => {
    const form = new URLSearchParams(request.body as Record<string, string>);
    search(store, base, request, response, form);
  });
  router.post('/:type', (request, response) => {
    const { stored } = store.write(request.body as Resource, store.newId());
    sendStored(response, 201, stored, base);
  });
  router.get('/:type/:id', (request, response) => {
    const found = store.read(request.params.type, request.params.id);
    if (found === 'deleted') sendOutcome(response, 410, 'deleted', 'The resource was deleted.');
    else if (found === undefined) notFound(response);
    else sendStored(response, 200, found, base);
  });
  router.get('/:type/:id/_history/:version', (request, response) => {
    const { type, id, version } = request.params;
    const found = store.readVersion(type, id, version);
    if (found === undefined) notFound(response);
    else sendStored(response, 200, found, base);
  });
  router.put('/:type/:id', (request, response) => {
    const { stored, created } = store.write(request.body as Resource, request.params.id);
    sendStored(response, created ? 201 : 200, stored, base);
  });
  router.delete('/:type/:id', (request, response) => {
    if (store.remove(request.params.type, request.params.id)) response.status(204).end();
    else notFound(response);
  });
  router.use((_request, response) => {
    sendOutcome(response, 404, 'not-supported', 'The sample upstream does not support this.');
  });
  return router;
}

function queryOf(request: Request): string {
  const mark = request.url.indexOf('?');
  return mark < 0 ? '' : request.url.slice(mark + 1);
}

const pageSize = 2;

function search(
  store: SampleStore,
  base: string,
  request: Request,
  response: Response,
  query: URLSearchParams,
): void {
  const type = String(request.params['type']);
  const found = store.list(type).filter((resource) => matches(resource, query));
  const count = Math.max(1, Number(query.get('_count') ?? pageSize) || pageSize);
  const offset = Number(query.get('_offset') ?? 0) || 0;
  const link: Bundle['link'] = [{ relation: 'self', url: `${base}/${type}?${query.toString()}` }];
  if (offset + count < found.length) {
    const next = new URLSearchParams(query);
    next.set('_offset', String(offset + count));
    next.set('_count', String(count));
    link.push({ relation: 'next', url: `${base}/${type}?${next.toString()}` });
  }
  send(response, 200, {
    resourceType: 'Bundle',
    type: 'searchset',
    total: found.length,
    link,
    entry: found.slice(offset, offset + count).map((resource) => ({
      fullUrl: `${base}/${type}/${resource.id}`,
      resource,
      search: { mode: 'match' },
    })),
  });
}

function matches(resource: Stored, query: URLSearchParams): boolean {
  const id = query.get('_id');
  if (id !== null && resource.id !== id) return false;
  const about = query.get('patient') ?? query.get('subject');
  if (about !== null && !refersTo(resource, about)) return false;
  const name = query.get('name') ?? query.get('family');
  return name === null || (resource.resourceType === 'Patient' && hasName(resource, name));
}

function refersTo(resource: Stored, about: string): boolean {
  const wanted = `Patient/${about.slice(about.lastIndexOf('/') + 1)}`;
  return resource.resourceType === 'Observation' && resource.subject?.reference === wanted;
}

function hasName(resource: Resource & { resourceType: 'Patient' }, wanted: string): boolean {
  const start = wanted.toLowerCase();
  return (resource.name ?? []).some((name) =>
    [name.family ?? '', ...(name.given ?? [])].some((part) => part.toLowerCase().startsWith(start)),
  );
}

function capabilities(base: string): Resource {
  return {
    resourceType: 'CapabilityStatement',
    status: 'active',
    date: '2026-11-25',
    kind: 'instance',
    implementation: { description: 'Sample upstream of Chaperone', url: base },
    fhirVersion: '4.0.1',
    format: ['json'],
    rest: [{ mode: 'server' }],
  };
}

function sendStored(response: Response, status: number, stored: Stored, base: string): void {
  const version = stored.meta?.versionId ?? '1';
  response.setHeader('ETag', `W/"${version}"`);
  if (status === 201) {
    const url = `${base}/${stored.resourceType}/${stored.id}/_history/${version}`;
    response.setHeader('Location', url);
  }
  send(response, status, stored);
}

function notFound(response: Response): void {
  sendOutcome(response, 404, 'not-found', 'There is no such resource.');
}

function sendOutcome(
  response: Response,
  status: number,
  code: OperationOutcome['issue'][number]['code'],
  text: string,
): void {
  send(response, status, {
    resourceType: 'OperationOutcome',
    issue: [{ severity: 'error', code, diagnostics: text }],
  });
}

function send(response: Response, status: number, resource: Resource): void {
  response.status(status).setHeader('Content-Type', 'application/fhir+json; charset=utf-8');
  response.end(JSON.stringify(resource));
}
