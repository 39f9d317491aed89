// @ts-check
/** What an integrity check found, in sentences. Pure. */
import { counted, instantText } from './words.js';

/**
 * @typedef {{ kind: 'failed', startedAt: string, endedAt: string }
 *   | { kind: 'checked', startedAt: string, endedAt: string, ok: boolean, records: number,
 *       treeSize: number, rootHash: string, openIntents: number, problemCount: number,
 *       problems: readonly { code: string, leafIndex?: number, message: string }[] }} CheckResult
 * @typedef {{ running?: { startedAt: string, leaves: number, total: number },
 *   last?: CheckResult }} CheckState
 */

/**
 * @param {CheckResult} result
 * @returns {{ tone: 'well' | 'bad', verdict: string, text: string, problems: readonly string[] }}
 */
export function checkWords(result) {
  const when = `${instantText(result.endedAt)} UTC`;
  if (result.kind === 'failed') {
    return {
      tone: 'bad',
      verdict: 'Not checked',
      text: `The check did not come to an end (${when}). That says nothing about the record: try again, or run chaperone verify.`,
      problems: [],
    };
  }
  const seen = `${counted(result.records, 'record')} rehashed, tree size ${result.treeSize.toLocaleString('en')}, root hash ${result.rootHash}, on ${when}.`;
  if (result.ok) return { tone: 'well', verdict: 'All well', text: seen, problems: [] };
  const more = result.problemCount - result.problems.length;
  return {
    tone: 'bad',
    verdict: `Something is wrong: ${counted(result.problemCount, 'problem')}`,
    text: `${seen} Keep a copy of the ledger as it is, and run chaperone verify on the copy.`,
    problems: [
      ...result.problems.map(({ code, leafIndex, message }) =>
        leafIndex === undefined
          ? `${code}: ${message}`
          : `${code} at leaf ${leafIndex}: ${message}`,
      ),
      ...(more > 0 ? [`… and ${more.toLocaleString('en')} more; chaperone verify lists all`] : []),
    ],
  };
}
