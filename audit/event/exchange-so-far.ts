/**
 * An exchange at any point of its way: before the answer (an intent) and after it.
 */
import type { Identity, TokenClaims } from '../../smart/index.ts';
import type { Answer, AnswerFacts, Exchange } from './exchange.ts';

/** A change about to be forwarded: its answer is not known yet. */
export type ExchangeBeforeAnswer = Omit<Exchange, 'answer' | 'endedAt'>;

/** An exchange, or what is known of it before the answer. */
export type ExchangeSoFar = ExchangeBeforeAnswer & Partial<Pick<Exchange, 'answer' | 'endedAt'>>;

/** What the upstream answered, also when it was not delivered; undefined when it did not. */
export function upstreamAnswer(answer: Answer | undefined): AnswerFacts | undefined {
  if (answer?.kind === 'answered') return answer;
  return answer?.kind === 'client-gone' ? answer.upstream : undefined;
}

/** Claims of the token, if it had any that could be read. */
export function claimsOf(identity: Identity): TokenClaims | undefined {
  return 'claims' in identity ? identity.claims : undefined;
}

/** Keyed digest of the token, if there was a token. */
export function digestOf(identity: Identity): string | undefined {
  return 'tokenDigest' in identity ? identity.tokenDigest : undefined;
}
