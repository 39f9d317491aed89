/**
 * The record: exchanges in, AuditEvents out. Pure functions; clock and ids come from the context.
 */
export type * from './exchange.ts';
export { bodyPositions } from './body-positions.ts';
export { withoutCredentials } from './credentials.ts';
export { describeAddendum, type Addendum } from './addendum.ts';
export { describe, describeIntent, type DescribedEvents } from './describe.ts';
export type { ExchangeBeforeAnswer } from './exchange-so-far.ts';
export { guard, type GuardIssue } from './guard.ts';
export { weighIdentity } from './identity.ts';
export { canChange, classify, type Interaction } from './interaction.ts';
export { createRefusals, type Refusals } from './refusal-rate.ts';
export { describeRefusals, type RefusalAggregate } from './refusals.ts';
export { describeReview, type ReviewAccess } from './review.ts';
export type { Named, NameLookup, Phrase } from './phrase.ts';
export { sentence, tell, type Telling } from './sentence.ts';
export {
  describeSmart,
  type AuthorizationSeen,
  type LaunchSeen,
  type SmartAccess,
} from './smart-access.ts';
export { vocabulary, vocabularyMarkdown } from './vocabulary.ts';
