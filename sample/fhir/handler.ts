/**
 * The HTTP face of the FHIR server: one request after the other is checked, understood, done and
 * answered. One at a time, so that what a request sees does not change under it.
 */
import { gzipSync } from 'node:zlib';
import express, { type Request, type Response } from 'express';
import { OperationOutcomeError } from '@medplum/core';
import type { FhirRequest, HttpMethod } from '@medplum/fhir-router';
import type { AccessLogEntry, CheckToken, Grant } from '../access.ts';
import { answerOf, jsonAnswer, type Answer } from './answer.ts';
import type { Asking } from './asking.ts';
import { parseBody } from './body.ts';
import { capabilityStatement } from './metadata.ts';
import type { Pages } from './pages.ts';
import { problem } from './problem.ts';
import { RequestRouter } from './router.ts';
import { accessOf, type Access } from './scopes.ts';
import type { Store } from './store.ts';
import { View } from './view.ts';

/** Who may do what. */
export type AccessRule =
  /** Everybody may do everything. */
  | { readonly kind: 'open' }
  /** What the token says; the document tells apps where to get one. */
  | {
      readonly kind: 'smart';
      readonly check: CheckToken;
      readonly smartConfiguration: Readonly<Record<string, unknown>>;
    };

/** What the face needs. */
export interface HandlerOptions {
  readonly store: Store;
  readonly pages: Pages;
  /** Absolute, without trailing slash; goes into all absolute URLs. */
  readonly baseUrl: string;
  /** `host`: absolute URLs follow the `Host` header, as HAPI's do; else they never do. */
  readonly baseFrom: 'configured' | 'host';
  readonly access: AccessRule;
  readonly clock: () => Date;
  /** Told of every request once it is answered. */
  readonly onAccess: (entry: AccessLogEntry) => void;
}

type Caller =
  | { readonly kind: 'refused'; readonly challenge: string }
  | { readonly kind: 'known'; readonly access: Access; readonly grant: Grant | undefined };

/** Express app to be mounted at the path of the base. */
export function createFace(options: HandlerOptions): express.Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  const oneByOne = queue();
  app.use((request, response, next) => {
    logWhenDone(options, request, response);
    cors(request, response);
    if (request.method === 'OPTIONS') response.status(204).end();
    else next();
  });
  app.use(express.raw({ type: () => true, limit: '50mb' }));
  app.use(async (request: Request, response: Response) => {
    const caller = await callerOf(options, request);
    if (caller.kind === 'known') response.locals['grant'] = caller.grant;
    send(request, response, await oneByOne(() => answer(options, caller, request)));
  });
  app.use((error: unknown, request: Request, response: Response, next: express.NextFunction) => {
    if (response.headersSent) next(error);
    else send(request, response, failed(error));
  });
  return app;
}

function logWhenDone(options: HandlerOptions, request: Request, response: Response): void {
  const at = options.clock();
  response.once('close', () => {
    const grant = response.locals['grant'] as Grant | undefined;
    options.onAccess({
      at,
      method: request.method,
      target: request.originalUrl,
      status: response.statusCode,
      requestId: request.get('x-request-id'),
      clientId: grant?.clientId,
      subject: grant?.subject ?? grant?.fhirUser,
    });
  });
}

function queue(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const mine = last.then(work);
    last = mine.catch(() => undefined);
    return mine;
  };
}

function isOpen(path: string): boolean {
  return path === 'metadata' || path === '.well-known/smart-configuration';
}

async function callerOf({ access }: HandlerOptions, request: Request): Promise<Caller> {
  if (access.kind === 'open') return { kind: 'known', access: { kind: 'open' }, grant: undefined };
  const token = /^Bearer ([^\s]+)$/i.exec(request.get('authorization') ?? '')?.[1];
  const grant = token === undefined ? undefined : await access.check(token);
  if (grant !== undefined) return { kind: 'known', access: accessOf(grant), grant };
  const challenge = token === undefined ? 'Bearer' : 'Bearer error="invalid_token"';
  return { kind: 'refused', challenge };
}

async function answer(options: HandlerOptions, caller: Caller, request: Request): Promise<Answer> {
  try {
    return await answered(options, caller, request);
  } catch (error) {
    return failed(error);
  }
}

async function answered(
  options: HandlerOptions,
  caller: Caller,
  request: Request,
): Promise<Answer> {
  const { access } = options;
  const path = pathOf(request);
  const baseUrl = baseOf(options, request);
  const smart = access.kind === 'smart' ? access.smartConfiguration : undefined;
  const capabilities = (): object => capabilityStatement(baseUrl, options.clock(), smart);
  if (path === '.well-known/smart-configuration' && smart !== undefined) {
    return jsonAnswer(200, smart, { 'Content-Type': 'application/json' });
  }
  if (path === 'metadata' && request.method !== 'POST') return jsonAnswer(200, capabilities());
  if (caller.kind === 'refused' && !isOpen(path)) return unauthorized(caller.challenge);
  checkAccept(request);
  const view = new View(
    options.store,
    caller.kind === 'known' ? caller.access : { kind: 'scoped', rules: [] },
    baseUrl,
  );
  const asking: Asking = {
    view,
    pages: options.pages,
    clock: options.clock,
    baseUrl,
    capabilities,
  };
  const asked = { method: request.method, headers: request.headers, baseUrl };
  const fhir = fhirRequest(request, path);
  const [outcome, resource] = await new RequestRouter(asking).handleRequest(fhir, view);
  return answerOf(asked, outcome, resource);
}

function fhirRequest(request: Request, path: string): FhirRequest {
  const mark = request.url.indexOf('?');
  const bytes = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
  const contentType = request.get('content-type');
  const body = parseBody({ method: request.method, path, contentType, bytes });
  return {
    method: request.method as HttpMethod,
    url: `${path}${mark < 0 ? '' : request.url.slice(mark)}`,
    pathname: '',
    params: {},
    query: {},
    headers: request.headers,
    body,
  };
}

/** Decoded, without empty segments: `/Patient/pat%2D001/` is `Patient/pat-001`. */
function pathOf(request: Request): string {
  const segments = request.path.split('/').filter((segment) => segment !== '');
  return segments
    .map((segment) => {
      const decoded = decodeURIComponent(segment);
      if (!/[/?#]/.test(decoded)) return decoded;
      throw problem('bad-request', 'The path of the request is not understood.');
    })
    .join('/');
}

function baseOf({ baseFrom, baseUrl }: HandlerOptions, request: Request): string {
  const host = request.get('host');
  if (baseFrom === 'configured' || host === undefined) return baseUrl;
  const url = new URL(baseUrl);
  return `${url.protocol}//${host}${url.pathname}`;
}

function checkAccept(request: Request): void {
  const format = new URLSearchParams(request.url.split('?')[1] ?? '').get('_format');
  if (format === null ? !/xml|turtle/.test(request.get('accept') ?? '') : /json/.test(format)) {
    return;
  }
  if (format === null && /json|\*\/\*/.test(request.get('accept') ?? '')) return;
  throw problem('not-acceptable', 'The server speaks application/fhir+json only.');
}

function unauthorized(challenge: string): Answer {
  const issue = [
    { severity: 'error', code: 'login', diagnostics: 'A valid access token is needed.' },
  ];
  return jsonAnswer(
    401,
    { resourceType: 'OperationOutcome', issue },
    { 'WWW-Authenticate': challenge },
  );
}

function failed(error: unknown): Answer {
  const status = (error as { readonly status?: unknown }).status;
  if (error instanceof URIError || (typeof status === 'number' && status < 500)) {
    const text = status === 413 ? 'The request is too large.' : 'The request is not understood.';
    const issue = [{ severity: 'error', code: 'invalid', diagnostics: text }];
    return jsonAnswer(typeof status === 'number' ? status : 400, {
      resourceType: 'OperationOutcome',
      issue,
    });
  }
  if (error instanceof OperationOutcomeError) {
    return answerOf({ method: 'GET', headers: {}, baseUrl: '' }, error.outcome, undefined);
  }
  const issue = [{ severity: 'fatal', code: 'exception', diagnostics: 'The server failed.' }];
  return jsonAnswer(500, { resourceType: 'OperationOutcome', issue });
}

function cors(request: Request, response: Response): void {
  response.setHeader('Access-Control-Allow-Origin', '*');
  response.setHeader(
    'Access-Control-Expose-Headers',
    'ETag, Last-Modified, Location, Content-Location, X-Request-Id, WWW-Authenticate',
  );
  if (request.method !== 'OPTIONS') return;
  response.setHeader('Access-Control-Allow-Methods', 'GET, HEAD, POST, PUT, PATCH, DELETE');
  response.setHeader(
    'Access-Control-Allow-Headers',
    'Accept, Authorization, Cache-Control, Content-Type, If-Match, If-Modified-Since, If-None-Exist, If-None-Match, Prefer, X-Request-Id',
  );
}

function send(request: Request, response: Response, { status, headers, body }: Answer): void {
  response.status(status);
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  const requestId = request.get('x-request-id');
  if (requestId !== undefined && /^[A-Za-z0-9._ -]{1,64}$/.test(requestId)) {
    response.setHeader('X-Request-Id', requestId);
  }
  if (body === undefined) {
    response.end();
    return;
  }
  response.setHeader('Vary', 'Accept, Accept-Encoding');
  const zips = /(^|[\s,])gzip(?!\s*;\s*q=0(\.0*)?\s*(,|$))/.test(
    request.get('accept-encoding') ?? '',
  );
  if (zips && body.length > 500) response.setHeader('Content-Encoding', 'gzip');
  const bytes = zips && body.length > 500 ? gzipSync(body) : body;
  response.setHeader('Content-Length', bytes.length);
  response.end(request.method === 'HEAD' ? undefined : bytes);
}
