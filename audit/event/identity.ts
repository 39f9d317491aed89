/**
 * What the record says about an identity: never more than is known. Weighs the token by what the
 * upstream made of it, and names people with the doubt that is left.
 */
import type { Identity, TokenClaims } from '../../smart/index.ts';
import type { Answer } from './exchange.ts';
import type { Interaction } from './interaction.ts';
import { fitTextOrNone } from './text.ts';
import { upstreamAnswer } from './exchange-so-far.ts';

/**
 * Decoded claims that nobody has checked gain or lose by the upstream's answer: a success raises
 * them to `unverified-accepted`, 401 lowers them to `unverified-rejected`. Capabilities are open to
 * everybody and say nothing. All other identities stay as they are.
 *
 * Does NOT know whether the upstream looked at the token at all: a server without authorization
 * accepts everything.
 */
export function weighIdentity(
  identity: Identity,
  interaction: Interaction,
  answer: Answer | undefined,
): Identity {
  if (identity.kind !== 'unverified-claims' || interaction.kind === 'capabilities') return identity;
  const status = upstreamStatus(answer);
  if (status === undefined) return identity;
  if (status === 401) return { ...identity, kind: 'unverified-rejected' };
  return (status >= 200 && status < 300) || status === 304
    ? { ...identity, kind: 'unverified-accepted' }
    : identity;
}

/** What the upstream said, also when its answer was withheld. */
function upstreamStatus(answer: Answer | undefined): number | undefined {
  return answer?.kind === 'refused' ? answer.withheld?.status : upstreamAnswer(answer)?.status;
}

/** True when the name may stand for itself. */
function isBelievable(identity: Identity): boolean {
  return identity.kind === 'verified-signature' || identity.kind === 'unverified-accepted';
}

/** The user's name for people, marked when nothing vouches for it. */
export function displayName(identity: Identity, claims: TokenClaims | undefined): string {
  const name =
    fitTextOrNone(claims?.name) ??
    fitTextOrNone(claims?.fhirUser) ??
    fitTextOrNone(claims?.subject) ??
    'unidentified user';
  return isBelievable(identity) ? name : `${name} (unverified)`;
}
