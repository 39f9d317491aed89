/**
 * Everything about SMART that one gateway's app face holds, put together from its configuration:
 * the rewritten documents and their last good copy, authorization requests, launches.
 */
import type { HandleDigest } from '../../smart/index.ts';
import type { Forwarder, ForwardRequest } from '../forward/forward.ts';
import { createReadAuthorization, type ReadAuthorization } from './authorize.ts';
import {
  createAuthorizationEndpoint,
  type AuthorizationEndpoint,
} from './authorization-endpoint.ts';
import { createDiscoveryDocuments, type DiscoveryDocuments } from './discovery-documents.ts';
import { createFetchDocument, requestElsewhere, type Elsewhere } from './fetch-document.ts';
import { createLastGoodCopy, type LastGoodCopy } from './last-good-copy.ts';
import { createReadLaunch, type LaunchableApp, type ReadLaunch } from './launch.ts';
import { authorizePath } from './own-route.ts';

/** What the composition root gives. */
export interface SmartOptions {
  /** `aud` for the upstream's authorization server; left out: the base of the upstream. */
  readonly audience?: string | undefined;
  /** Where smart-configuration is, when it is not below the upstream's base. */
  readonly configurationUrl?: string | undefined;
  /** The real authorization endpoint, when discovery does not tell it. */
  readonly authorizationEndpoint?: string | undefined;
  readonly launches: readonly LaunchableApp[];
  readonly handleDigest: HandleDigest;
}

/** What the gateway itself adds. */
export interface SmartSurroundings {
  readonly gatewayBase: string;
  readonly upstreamBase: string;
  readonly upstreamAliases: readonly string[];
  readonly upstreamPath: string;
  readonly upstreamHost: string;
  readonly forwarder: Forwarder;
  /** A forwarder for another origin than the upstream's. */
  readonly forwarderFor: (origin: URL) => Forwarder;
  readonly maxBytes: number;
  readonly clock: () => Date;
}

/** See `createSmartFace`. */
export interface SmartFace {
  readonly documents: DiscoveryDocuments;
  readonly lastGood: LastGoodCopy;
  readonly endpoint: AuthorizationEndpoint;
  readonly readAuthorization: ReadAuthorization;
  readonly readLaunch: ReadLaunch;
  /** How to ask for smart-configuration at another place; undefined: it is at the usual one. */
  readonly elsewhere:
    | {
        readonly forwarder: Forwarder;
        request(method: string, requestId: string): ForwardRequest;
      }
    | undefined;
  close(): void;
}

/** Puts it together. */
export function createSmartFace(options: SmartOptions, around: SmartSurroundings): SmartFace {
  const { gatewayBase, upstreamBase, upstreamAliases, clock } = around;
  const authorizeUrl = `${gatewayBase}/${authorizePath}`;
  const elsewhere = elsewhereOf(options, around);
  return {
    documents: createDiscoveryDocuments({
      authorizeUrl,
      gatewayBase,
      upstreamBase,
      upstreamAliases,
    }),
    lastGood: createLastGoodCopy(clock),
    endpoint: createAuthorizationEndpoint({
      configured: options.authorizationEndpoint,
      fetchDocument: createFetchDocument({
        upstream: around.forwarder,
        upstreamPath: around.upstreamPath,
        upstreamHost: around.upstreamHost,
        elsewhere,
        maxBytes: around.maxBytes,
      }),
      upstreamBase,
      authorizeUrl,
      clock,
    }),
    readAuthorization: createReadAuthorization({
      gatewayBase,
      audience: options.audience ?? upstreamBase,
      handleDigest: options.handleDigest,
    }),
    readLaunch: createReadLaunch({
      apps: options.launches,
      gatewayBase,
      upstreamBases: [upstreamBase, ...upstreamAliases],
      handleDigest: options.handleDigest,
    }),
    elsewhere:
      elsewhere === undefined
        ? undefined
        : {
            forwarder: elsewhere.forwarder,
            request: (method, requestId) => requestElsewhere(elsewhere, method, requestId),
          },
    close() {
      elsewhere?.forwarder.close();
    },
  };
}

function elsewhereOf(options: SmartOptions, around: SmartSurroundings): Elsewhere | undefined {
  if (options.configurationUrl === undefined) return undefined;
  const url = new URL(options.configurationUrl);
  return { url, forwarder: around.forwarderFor(url) };
}
