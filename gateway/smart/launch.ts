/**
 * The EHR launch relay: the EHR launches an app with its own base as `iss`; the app gets the
 * gateway's instead. Where the browser goes is configured, never taken from the request. Pure.
 *
 * Spec: SMART App Launch 2.2 "Launch App: EHR Launch".
 */
import type { LaunchSeen } from '../../audit/event/index.ts';
import type { HandleDigest } from '../../smart/index.ts';
import {
  joinParameters,
  splitParameters,
  valuesOf,
  withQuery,
  withValue,
} from './raw-parameters.ts';
import { sameBaseAs } from './same-url.ts';

/** An app that may be launched. */
export interface LaunchableApp {
  readonly name: string;
  /** Absolute http(s) URL without fragment. */
  readonly launchUrl: string;
}

/** What launches are read with. */
export interface LaunchOptions {
  readonly apps: readonly LaunchableApp[];
  readonly gatewayBase: string;
  readonly upstreamBases: readonly string[];
  readonly handleDigest: HandleDigest;
}

/** A launch that may go on, or why it may not. */
export type Launch =
  | { readonly kind: 'relayed'; readonly location: string; readonly seen: LaunchSeen }
  | { readonly kind: 'refused'; readonly reason: 'launch-refused' | 'launch-unknown' };

/** Reads a launch. Never throws. */
export type ReadLaunch = (name: string, query: string) => Launch;

/** Makes the reader of one gateway. */
export function createReadLaunch(options: LaunchOptions): ReadLaunch {
  const apps = new Map(options.apps.map((app) => [app.name, app]));
  const isUpstream = sameBaseAs(options.upstreamBases);
  return (name, query) => {
    const app = apps.get(name);
    if (app === undefined) return { kind: 'refused', reason: 'launch-unknown' };
    const parameters = splitParameters(query);
    const [issuer = '', ...otherIssuers] = valuesOf(parameters, 'iss');
    const [handle = '', ...otherHandles] = valuesOf(parameters, 'launch');
    if (
      otherIssuers.length > 0 ||
      otherHandles.length > 0 ||
      handle === '' ||
      !isUpstream(issuer)
    ) {
      return { kind: 'refused', reason: 'launch-refused' };
    }
    const mapped = parameters.map((parameter) =>
      parameter.name === 'iss' ? withValue(parameter, options.gatewayBase) : parameter,
    );
    return {
      kind: 'relayed',
      location: withQuery(app.launchUrl, joinParameters(mapped)),
      seen: {
        kind: 'launch-relayed',
        app: app.name,
        launchUrl: app.launchUrl,
        issuer,
        launchDigest: options.handleDigest('launch', handle),
      },
    };
  };
}
