// @ts-check
/** The form that records a blood pressure. */
import { byId } from './dom.js';
import { bloodPressureProblem } from './vitals.js';

/** @param {string} id @returns {HTMLInputElement} */
function input(id) {
  return /** @type {HTMLInputElement} */ (byId(id));
}

/**
 * Makes the form work.
 *
 * @param {(systolic: number, diastolic: number) => Promise<void>} record Rejects with a problem.
 * @param {(error: unknown) => string} problemText
 */
export function prepareForm(record, problemText) {
  const form = /** @type {HTMLFormElement} */ (byId('record-form'));
  const message = byId('record-message');
  const button = /** @type {HTMLButtonElement} */ (byId('record-button'));
  const say = (/** @type {string} */ text, /** @type {boolean} */ isProblem) => {
    message.textContent = text;
    message.classList.toggle('problem', isProblem);
  };
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const systolic = input('systolic').valueAsNumber;
    const diastolic = input('diastolic').valueAsNumber;
    const problem = bloodPressureProblem(systolic, diastolic);
    for (const id of ['systolic', 'diastolic']) {
      input(id).setAttribute(
        'aria-invalid',
        String(problem?.toLowerCase().startsWith(id) ?? false),
      );
    }
    if (problem !== undefined) {
      say(problem, true);
      return;
    }
    button.disabled = true;
    say('Recording …', false);
    void record(systolic, diastolic)
      .then(() => {
        form.reset();
        say(`Recorded ${String(systolic)}/${String(diastolic)} mmHg.`, false);
      })
      .catch((error) => {
        say(problemText(error), true);
      })
      .finally(() => {
        button.disabled = false;
      });
  });
}
