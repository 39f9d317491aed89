/**
 * What the upstream's status says of a token that we could not check. Pure; used when the exchange
 * is described. The upstream checked the token as a whole, so its claims are then as good as that.
 */
import type { Identity } from './identity.ts';

/**
 * The identity after the upstream answered.
 *
 * Does NOT know whether the upstream looked at the token at all: a server without authorization
 * accepts everything.
 *
 * @param upstreamStatus undefined when there was no answer.
 * @returns `unverified-claims` becomes `unverified-accepted` on 2xx and 304, `unverified-rejected`
 *   on 401; everything else stays as it is.
 */
export function settleIdentity(identity: Identity, upstreamStatus: number | undefined): Identity {
  if (identity.kind !== 'unverified-claims' || upstreamStatus === undefined) return identity;
  if (upstreamStatus === 401) return { ...identity, kind: 'unverified-rejected' };
  const isAccepted = (upstreamStatus >= 200 && upstreamStatus < 300) || upstreamStatus === 304;
  return isAccepted ? { ...identity, kind: 'unverified-accepted' } : identity;
}
