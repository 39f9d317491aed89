/**
 * Holds an answer: reads the whole body into memory, under the budget, before anything of it is
 * released. Large and endless bodies will come in batches through the same seam.
 */
import type { Forwarded, Verdict } from '../forward/forward.ts';
import type { Hold } from './budget.ts';

/** A body that was read to its end, whatever that was. */
export interface HeldBody {
  /** As received, content coding included. Empty when there was no body. */
  readonly bytes: Uint8Array;
  /** `over-budget`: the gateway holds too much in all at this moment. */
  readonly verdict: Verdict | 'over-budget';
}

const nothing = new Uint8Array(0);

/**
 * Reads `answer.chunks` to the end. Never throws.
 *
 * @param cancel Gives the upstream request up.
 */
export async function holdBody(
  answer: Forwarded & { readonly kind: 'answered' },
  hold: Hold,
  cancel: () => void,
): Promise<HeldBody> {
  const chunks: Uint8Array[] = [];
  let overBudget = false;
  for await (const chunk of answer.chunks) {
    if (overBudget) continue;
    if (hold.take(chunk.length)) chunks.push(chunk);
    else {
      overBudget = true;
      cancel();
    }
  }
  if (overBudget) return { bytes: nothing, verdict: 'over-budget' };
  const [first] = chunks;
  const bytes = chunks.length > 1 ? Buffer.concat(chunks) : (first ?? nothing);
  return { bytes, verdict: answer.verdict() };
}
