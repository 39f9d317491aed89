/**
 * The strict audience check: an app must name the FHIR server that it is about to read from, so that
 * a counterfeit server cannot collect tokens. Certified EHRs refuse any other value, and so does this.
 *
 * Spec: SMART App Launch 2.2, parameter `aud`; RFC 8707 for `resource`, which means the same.
 */
import { errors, type KoaContextWithOIDC } from 'oidc-provider';
import { parseClinicalScope } from './scopes.ts';
import type { ServerState } from './state.ts';

/** Whether `value` is the FHIR base or one of the other audiences. A trailing slash is tolerated. */
export function isOwnAudience(state: ServerState, value: string): boolean {
  const own = [state.fhirBaseUrl, ...state.audiences];
  return own.some((url) => value === url || value === `${url}/`);
}

/** @throws InvalidRequest when the value is given and not ours. */
export function checkAudience(state: ServerState, value: string | undefined): void {
  if (value !== undefined && !isOwnAudience(state, value)) {
    throw new errors.InvalidRequest('Bad audience value');
  }
}

/**
 * The resource of a request that came without `resource`.
 *
 * @returns Undefined when the app asked for no FHIR data, and so needs to name no FHIR server.
 * @throws InvalidRequest when `aud` is needed and missing, or not ours.
 */
export function resourceOf(state: ServerState, ctx: KoaContextWithOIDC): string | undefined {
  // A backend service names its audience in its assertion only.
  if (ctx.oidc.route === 'token') return state.fhirBaseUrl;
  const audience = textOf(ctx.oidc.params?.['aud']);
  checkAudience(state, audience);
  if (audience !== undefined) return state.fhirBaseUrl;
  const scopes = (textOf(ctx.oidc.params?.['scope']) ?? '').split(' ');
  if (
    scopes.some((scope) => scope.startsWith('launch') || parseClinicalScope(scope) !== undefined)
  ) {
    throw new errors.InvalidRequest('Bad audience value: aud is required');
  }
  return undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
