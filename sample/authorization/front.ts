/**
 * What a request passes before `oidc-provider` sees it: what SMART asks for and the library does in
 * another way.
 */
import { Readable } from 'node:stream';
import type { IncomingMessage } from 'node:http';
import express, { type Request, type RequestHandler, type Response } from 'express';
import type Provider from 'oidc-provider';
import { looksLikeJwt } from './own-jwt.ts';
import type { ServerState } from './state.ts';

/** A Node request listener, as `provider.callback()` makes it. */
export type Listener = (request: IncomingMessage, response: Response) => Promise<void>;

const form = 'application/x-www-form-urlencoded';

/**
 * Makes every URL that is built from a request the issuer's, whatever `Host` and `X-Forwarded-…` say:
 * otherwise whoever sends the request could choose the audience that an assertion must name.
 */
export function pinToIssuer(issuer: string): RequestHandler {
  const { host, protocol } = new URL(issuer);
  return (request, _response, next) => {
    delete request.headers['x-forwarded-host'];
    delete request.headers['x-forwarded-for'];
    request.headers['x-forwarded-proto'] = protocol.slice(0, -1);
    request.headers.host = host;
    next();
  };
}

/**
 * The authorization endpoint, by GET and by POST (SMART requires both; the library takes POST only
 * with cookies that are sent across sites). A request for a refresh token gets `prompt=consent`, on
 * which the library insists and which no SMART app sends; we always ask anyway.
 */
export function authorizationEndpoint(listen: Listener): express.Router {
  const router = express.Router();
  const forward = async (request: Request, response: Response, query: string): Promise<void> => {
    request.method = 'GET';
    request.url = `/authorize?${withConsent(query)}`;
    await listen(request, response);
  };
  router.get('/authorize', (request, response) => {
    const mark = request.url.indexOf('?');
    return forward(request, response, mark < 0 ? '' : request.url.slice(mark + 1));
  });
  router.post('/authorize', express.text({ type: form, limit: '64kb' }), (request, response) => {
    const body: unknown = request.body;
    return forward(request, response, typeof body === 'string' ? body : '');
  });
  return router;
}

function withConsent(query: string): string {
  const parameters = new URLSearchParams(query);
  const scopes = (parameters.get('scope') ?? '').split(' ');
  const prompts = parameters.getAll('prompt');
  const [prompt = ''] = prompts;
  const wanted = scopes.includes('offline_access') && prompts.length < 2 && prompt !== 'none';
  if (!wanted || prompt.split(' ').includes('consent')) return query;
  parameters.set('prompt', `${prompt} consent`.trim());
  return parameters.toString();
}

/**
 * Introspection and revocation of JWTs, which the library refuses: a JWT that we signed is replaced
 * by the name under which it is kept, and any other by one that does not exist.
 */
export function jwtTokens(state: ServerState, listen: Listener): express.Router {
  const router = express.Router();
  const text = express.text({ type: form, limit: '64kb' });
  router.post(['/introspect', '/revoke'], text, async (request, response) => {
    const parameters = new URLSearchParams(typeof request.body === 'string' ? request.body : '');
    const token = parameters.get('token');
    if (token !== null && looksLikeJwt(token)) {
      parameters.set('token', (await state.ownJwts.storeKeyIn(token)) ?? 'unknown');
    }
    await listen(withBody(request, parameters.toString()), response);
  });
  return router;
}

/**
 * Refreshing by a public app without `client_id`: SMART does not ask for it and fhirclient does not
 * send it, but the library wants it. A refresh token knows whose it is.
 *
 * @see https://hl7.org/fhir/smart-app-launch/STU2.2/app-launch.html
 */
export function refreshByToken(
  provider: Provider,
  state: ServerState,
  listen: Listener,
): express.Router {
  const router = express.Router();
  router.post('/token', express.text({ type: form, limit: '64kb' }), async (request, response) => {
    const parameters = new URLSearchParams(typeof request.body === 'string' ? request.body : '');
    const identified =
      request.headers.authorization !== undefined ||
      parameters.has('client_id') ||
      parameters.has('client_assertion');
    const token = parameters.get('refresh_token');
    if (token !== null && !identified) {
      const clientId = (await provider.RefreshToken.find(token))?.clientId ?? '';
      // Apps with a secret have to show it: for them nothing is added, and the request is refused.
      if (state.clients.get(clientId)?.kind === 'public') parameters.set('client_id', clientId);
    }
    await listen(withBody(request, parameters.toString()), response);
  });
  return router;
}

/** The same request with another body: the first one has been read and cannot be read again. */
function withBody(request: Request, body: string): IncomingMessage {
  const bytes = Buffer.from(body);
  const { method, url, originalUrl, baseUrl, socket, httpVersion } = request;
  const headers = { ...request.headers, 'content-length': String(bytes.length) };
  delete headers['transfer-encoding'];
  const copy = { method, url, originalUrl, baseUrl, socket, httpVersion, headers };
  return Object.assign(
    Readable.from([bytes], { objectMode: false }),
    copy,
  ) as unknown as IncomingMessage;
}
