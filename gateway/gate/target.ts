/** The request target: origin-form under the base or refused. */
import type { Refused, Target } from './types.ts';

/** Checks a raw request target against the base path. */
export function checkTarget(rawTarget: string, basePath: string): Target | Refused {
  void rawTarget;
  void basePath;
  return { kind: 'refused', reason: 'target-refused' };
}
