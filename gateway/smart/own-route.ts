/** Which requests the gateway answers by itself, below its FHIR base: they are never forwarded. */
import type { Admitted } from '../gate/index.ts';

/** A route of the gateway's own. */
export type OwnRoute =
  | { readonly kind: 'authorize' }
  /** `name` is what stands in the path, decoded; untrusted. */
  | { readonly kind: 'launch'; readonly name: string };

/** Where authorization requests are taken, below the base. */
export const authorizePath = 'auth/authorize';

/** @returns Undefined for everything that goes to the upstream. */
export function ownRouteOf({ target }: Pick<Admitted, 'target'>): OwnRoute | undefined {
  // Most paths need no closer look: an escape is the only other way to spell these beginnings.
  if (!/^(?:auth|launch)\/|%/.test(target.path)) return undefined;
  const segments = target.path.split('/').map(decoded);
  if (segments.join('/') === authorizePath) return { kind: 'authorize' };
  const [first, name, ...rest] = segments;
  if (first !== 'launch' || name === undefined || rest.length > 0) return undefined;
  return { kind: 'launch', name };
}

// The gate has refused what cannot be decoded, and slashes behind an escape.
function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
