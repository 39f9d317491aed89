/**
 * The apps that are registered with the sample EHR. Secrets and keys are made anew at each start and
 * given only to whoever composes the sample; none is written down anywhere.
 */
import { randomBytes } from 'node:crypto';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import type { ScopeLevel } from './scopes.ts';

interface Registered {
  /** `client_id` */
  readonly id: string;
  /** As people know it. */
  readonly name: string;
  /** Kinds of clinical scopes that it may be granted. */
  readonly levels: readonly ScopeLevel[];
}

interface UserFacing extends Registered {
  readonly redirectUris: readonly string[];
  /** Origins of its pages: they may call the token and revocation endpoints from a browser. */
  readonly origins: readonly string[];
}

/** An app without a secret: identified by its redirect URI and PKCE. */
export interface PublicClient extends UserFacing {
  readonly kind: 'public';
}

/** An app with a server of its own: `client_secret_basic`. */
export interface ConfidentialClient extends UserFacing {
  readonly kind: 'confidential';
  readonly secret: string;
}

/** A service without users: signs with `private_key_jwt`. */
export interface BackendClient extends Registered {
  readonly kind: 'backend';
  readonly publicKeys: readonly JWK[];
}

/** Introspects the tokens of all clients and is granted none: the gateway before the FHIR server. */
export interface ResourceServerClient {
  readonly kind: 'resource-server';
  readonly id: string;
  readonly name: string;
  readonly secret: string;
}

/** A registered client. */
export type SampleClient = PublicClient | ConfidentialClient | BackendClient | ResourceServerClient;

/** Where the apps of the sample live. */
export interface ClientPlace {
  readonly redirectUris: readonly string[];
  readonly origins?: readonly string[];
}

/** See `createSampleClients`. An app without a place gets one that nobody listens on. */
export interface ClientPlaces {
  readonly vitals?: ClientPlace;
  readonly chartReview?: ClientPlace;
  readonly patientPortal?: ClientPlace;
}

/** A private key of a backend service, as JWK with `kid` and `alg`. */
export interface SigningKey {
  readonly alg: 'RS384' | 'ES384';
  readonly privateJwk: JWK;
}

/** The clients, with what only their owners may know. */
export interface SampleClients {
  readonly clients: readonly SampleClient[];
  /** Secret of `chart-review`. */
  readonly chartReviewSecret: string;
  /** Secret of `gateway`, which may introspect. */
  readonly gatewaySecret: string;
  /** Keys of `population-health`: either one may sign. */
  readonly populationHealthKeys: Readonly<Record<'RS384' | 'ES384', SigningKey>>;
}

/** Makes secrets and keys, and registers the clients of the sample. */
export async function createSampleClients(places: ClientPlaces = {}): Promise<SampleClients> {
  const [rs384, es384] = await Promise.all([signingKey('RS384'), signingKey('ES384')]);
  const chartReviewSecret = newSecret();
  const gatewaySecret = newSecret();
  const clients: readonly SampleClient[] = [
    {
      kind: 'public',
      id: 'vitals',
      name: 'Vitals',
      levels: ['patient', 'user'],
      ...placeOf(places.vitals, 'vitals'),
    },
    {
      kind: 'confidential',
      id: 'chart-review',
      name: 'Chart Review',
      levels: ['patient', 'user'],
      secret: chartReviewSecret,
      ...placeOf(places.chartReview, 'chart-review'),
    },
    {
      kind: 'public',
      id: 'patient-portal',
      name: 'My Health',
      levels: ['patient'],
      ...placeOf(places.patientPortal, 'patient-portal'),
    },
    {
      kind: 'backend',
      id: 'population-health',
      name: 'Population Health',
      levels: ['system'],
      publicKeys: [publicPart(rs384), publicPart(es384)],
    },
    { kind: 'resource-server', id: 'gateway', name: 'Gateway', secret: gatewaySecret },
  ];
  return {
    clients,
    chartReviewSecret,
    gatewaySecret,
    populationHealthKeys: { RS384: rs384, ES384: es384 },
  };
}

function placeOf(place: ClientPlace | undefined, id: string): Required<ClientPlace> {
  const { redirectUris, origins } = place ?? {
    redirectUris: [`https://${id}.sample-ehr.example.org/callback`],
  };
  return { redirectUris, origins: origins ?? redirectUris.map((uri) => new URL(uri).origin) };
}

function newSecret(): string {
  return randomBytes(32).toString('base64url');
}

async function signingKey(alg: SigningKey['alg']): Promise<SigningKey> {
  const { privateKey } = await generateKeyPair(alg, { extractable: true });
  const kid = `population-health-${alg.toLowerCase()}`;
  return { alg, privateJwk: { ...(await exportJWK(privateKey)), kid, alg, use: 'sig' } };
}

function publicPart({ privateJwk }: SigningKey): JWK {
  const { kty, n, e, crv, x, y, kid, alg, use } = privateJwk;
  return JSON.parse(JSON.stringify({ kty, n, e, crv, x, y, kid, alg, use })) as JWK;
}
