/**
 * The SMART authorization server of the sample EHR: `oidc-provider` with SMART fitted into its hooks
 * and pages of our own. All in memory; keys are made at each start.
 *
 * Spec: SMART App Launch 2.2; RFC 6749, 7636, 7662, 7009, 8707, 9068, 9207; OpenID Connect Core.
 */
import express, { type NextFunction, type Request, type Response } from 'express';
import { exportJWK, generateKeyPair } from 'jose';
import Provider from 'oidc-provider';
import type { CheckToken } from '../access.ts';
import type { Account } from './accounts.ts';
import { addLaunchContext } from './answers.ts';
import { createCheckToken } from './check-token.ts';
import type { SampleClient } from './clients.ts';
import { configure } from './configuration.ts';
import {
  authorizationEndpoint,
  jwtTokens,
  pinToIssuer,
  refreshByToken,
  type Listener,
} from './front.ts';
import { interactionRoutes } from './interaction.ts';
import { issueToken, type TokenRequest } from './issue-token.ts';
import { createLaunches, type LaunchContext } from './launches.ts';
import { createMemoryStore } from './memory-adapter.ts';
import { createOwnJwts } from './own-jwt.ts';
import { errorPage } from './pages/error-page.ts';
import { pageHeaders } from './pages/layout.ts';
import { smartConfiguration } from './smart-configuration.ts';
import type { AutoSignIn, PickerPatient, ServerState } from './state.ts';

/** How the authorization server is set up. */
export interface AuthorizationOptions {
  /** Its own URL, without trailing slash; the handler is mounted at its path. */
  readonly issuer: string;
  /** FHIR base URL that the tokens are for, without trailing slash. */
  readonly fhirBaseUrl: string;
  readonly accounts: readonly Account[];
  /** Patients that the picker shows. */
  readonly patients: readonly PickerPatient[];
  readonly clients: readonly SampleClient[];
  readonly accessTokens: 'jwt' | 'opaque';
  /** Other URLs that an app may name as `aud`, such as the gateway's base. None by default. */
  readonly audiences?: readonly string[];
  /** Answers sign-in, picker and consent by itself. For tests. */
  readonly autoSignIn?: AutoSignIn;
  /** Decides about the age of launches, and of tokens in `check`. */
  readonly clock?: () => Date;
  /** 3600 when left out. Tokens of backend services live 300 seconds in any case. */
  readonly accessTokenTtlSeconds?: number;
}

/** A running authorization server. */
export interface Authorization {
  /** To be mounted at the path of the issuer. */
  readonly handler: express.Express;
  readonly check: CheckToken;
  /** To be served at `[FHIR base]/.well-known/smart-configuration`. */
  readonly smartConfiguration: Readonly<Record<string, unknown>>;
  /** The EHR is about to start an app. @returns The `launch` parameter; it works once. */
  registerLaunch(context: LaunchContext): string;
  /** An access token without the dance. @throws Error when the request cannot be granted. */
  issueToken(request: TokenRequest): Promise<string>;
  /** Forgets everything. */
  close(): Promise<void>;
}

/** Makes an authorization server, with new keys. */
export async function createAuthorization(options: AuthorizationOptions): Promise<Authorization> {
  const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true });
  const clock = options.clock ?? (() => new Date());
  const state: ServerState = {
    issuer: options.issuer,
    fhirBaseUrl: options.fhirBaseUrl,
    audiences: options.audiences ?? [],
    accounts: new Map(options.accounts.map((account) => [account.id, account])),
    clients: new Map(options.clients.map((client) => [client.id, client])),
    patients: options.patients,
    accessTokens: options.accessTokens,
    accessTokenTtlSeconds: options.accessTokenTtlSeconds ?? 3600,
    autoSignIn: options.autoSignIn,
    clock,
    launches: createLaunches(clock),
    ownJwts: createOwnJwts(publicKey),
    grants: new Map(),
  };
  const store = createMemoryStore();
  const key = { ...(await exportJWK(privateKey)), alg: 'RS256', use: 'sig' };
  const provider = new Provider(options.issuer, configure(state, store, key));
  provider.proxy = true;
  addLaunchContext(provider, state);
  return {
    handler: handlerOf(provider, state),
    check: createCheckToken(provider, state),
    smartConfiguration: smartConfiguration(options.issuer),
    registerLaunch: (context) => state.launches.register(context),
    issueToken: (request) => issueToken(provider, state, request),
    close() {
      store.clear();
      state.launches.clear();
      state.grants.clear();
      return Promise.resolve();
    },
  };
}

function handlerOf(provider: Provider, state: ServerState): express.Express {
  const listen = provider.callback() as unknown as Listener;
  const app = express();
  app.disable('x-powered-by');
  app.use(pinToIssuer(state.issuer));
  // Preflights: before the routes, which would answer OPTIONS by themselves.
  app.options('/{*path}', (request, response) => listen(request, response));
  app.use('/interaction', interactionRoutes(provider, state));
  app.use(authorizationEndpoint(listen));
  app.use(jwtTokens(state, listen));
  app.use(refreshByToken(provider, state, listen));
  app.use((request, response) => listen(request, response));
  app.use((cause: unknown, request: Request, response: Response, next: NextFunction) => {
    response.status(400);
    if (response.headersSent) next(cause);
    else if (request.path !== '/authorize') response.json({ error: 'invalid_request' });
    else response.set(pageHeaders([])).send(errorPage('invalid_request', ''));
  });
  return app;
}
