// @ts-check
/** The integrity panel: starts a check, follows it, says what it found. */
import { textOf } from './api.js';
import { checkWords } from './check-words.js';
import { byId, element } from './dom.js';

/** Milliseconds between looks at a running check; each look is recorded, so ever fewer. */
const waitsMs = [200, 500, 1000, 2000, 4000, 8000];

/**
 * @param {(path: string, method?: 'GET' | 'POST') => Promise<import('./api.js').Answer>} call
 */
export function setUpCheck(call) {
  const button = byId('check', HTMLButtonElement);
  const progress = byId('check-progress', HTMLProgressElement);
  const result = byId('check-result', HTMLElement);
  let round = 0;

  button.addEventListener('click', () => void run(++round));

  return {
    /** Forgets what was shown: another reader may come. */
    clear() {
      round += 1;
      rest();
      result.replaceChildren();
    },
  };

  /** @param {number} mine */
  async function run(mine) {
    if (button.getAttribute('aria-disabled') === 'true') return;
    // Not `disabled`: the focus would be lost.
    button.setAttribute('aria-disabled', 'true');
    progress.removeAttribute('value');
    progress.hidden = false;
    result.replaceChildren('Checking …');
    let answer = await call('page/check', 'POST');
    for (let look = 0; mine === round; look += 1) {
      if (answer.kind === 'refused') {
        result.replaceChildren(element('p', { class: 'problem' }, answer.text));
        break;
      }
      /** @type {import('./check-words.js').CheckState} */
      const state = JSON.parse(textOf(answer.bytes));
      if (state.running === undefined) {
        if (state.last !== undefined) show(state.last);
        break;
      }
      if (state.running.total > 0) {
        progress.max = state.running.total;
        progress.value = Math.min(state.running.leaves, state.running.total);
      }
      const waitMs = waitsMs[Math.min(look, waitsMs.length - 1)];
      await new Promise((resolve) => setTimeout(resolve, waitMs));
      if (mine !== round) return;
      answer = await call('page/check');
    }
    if (mine === round) rest();
  }

  function rest() {
    button.removeAttribute('aria-disabled');
    progress.hidden = true;
  }

  /** @param {import('./check-words.js').CheckResult} last */
  function show(last) {
    const { tone, verdict, text, problems } = checkWords(last);
    const sign = tone === 'well' ? '✓' : '✕';
    const mark = element('span', { 'aria-hidden': 'true' }, `${sign} `);
    result.replaceChildren(
      element('p', { class: 'verdict' }, element('strong', { class: tone }, mark, verdict)),
      element('p', { class: 'hash' }, text),
    );
    if (problems.length > 0) {
      result.append(element('ul', {}, ...problems.map((problem) => element('li', {}, problem))));
    }
  }
}
