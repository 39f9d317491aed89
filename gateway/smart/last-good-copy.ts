/**
 * Keeps the last good smart-configuration, as it was released, for the time in which the upstream
 * fails: without it every app would start without PKCE, or not at all.
 */
import type { UnreachableReason } from '../../audit/event/index.ts';
import type { Prepared } from '../answer/prepare.ts';
import type { ReleasableAnswer } from '../release.ts';

/** A copy is given out for at most an hour. */
export const maxCopyAgeMs = 3_600_000;

/** See `createLastGoodCopy`. */
export interface LastGoodCopy {
  /** Keeps a good answer; gives a copy in place of a failure, or the answer as it is. */
  fallBack(prepared: Prepared, isHead: boolean): Prepared;
}

const keptHeaders: ReadonlySet<string> = new Set(['cache-control', 'content-type']);

/** Holds the one copy of a gateway. */
export function createLastGoodCopy(clock: () => Date): LastGoodCopy {
  let copy: { readonly headers: readonly string[]; readonly body: Uint8Array } | undefined;
  let takenAtMs = 0;
  return {
    fallBack(prepared, isHead) {
      const nowMs = clock().getTime();
      const body = prepared.kind === 'answer' ? goodBody(prepared) : undefined;
      if (body !== undefined && prepared.kind === 'answer') {
        copy = { headers: headersOf(prepared.release), body };
        takenAtMs = nowMs;
        return prepared;
      }
      const failure = failureOf(prepared);
      const ageMs = nowMs - takenAtMs;
      if (failure === undefined || copy === undefined || ageMs > maxCopyAgeMs) return prepared;
      const ageSeconds = Math.max(0, Math.floor(ageMs / 1000));
      const headers = [...copy.headers, 'age', String(ageSeconds)];
      return {
        kind: 'answer',
        answer: { kind: 'stale-copy', status: 200, ageSeconds, failure },
        release: {
          status: 200,
          statusText: 'OK',
          headers,
          ...(isHead
            ? { body: undefined, declaredLength: String(copy.body.length) }
            : { body: copy.body }),
        },
      };
    },
  };
}

function goodBody({ answer, release }: Prepared & { kind: 'answer' }): Uint8Array | undefined {
  const isDocument = answer.kind === 'answered' && answer.inspection.kind === 'json';
  return isDocument && release.status === 200 ? release.body : undefined;
}

function headersOf(release: ReleasableAnswer): readonly string[] {
  const { headers } = release;
  return headers.flatMap((value, i) => {
    const name = headers[i - 1];
    return i % 2 === 1 && name !== undefined && keptHeaders.has(name) ? [name, value] : [];
  });
}

/** How the upstream failed: its status, or why there was none; undefined when it did not. */
function failureOf(prepared: Prepared): number | UnreachableReason | 'timed-out' | undefined {
  const { answer } = prepared;
  switch (answer.kind) {
    case 'answered':
      return answer.status >= 500 ? answer.status : undefined;
    case 'refused': {
      const status = answer.withheld?.status ?? 0;
      return status >= 500 ? status : undefined;
    }
    case 'unreachable':
      return answer.reason;
    case 'timed-out':
      return 'timed-out';
    case 'client-gone':
    case 'failed':
    case 'stale-copy':
      return undefined;
  }
}
