/** The consent page: may the app do this? */
import { describeScope } from '../scopes.ts';
import type { PickerPatient } from '../state.ts';
import { html } from '../../html.ts';
import { layout } from './layout.ts';

/** What the page shows. */
export interface ConsentView {
  readonly app: string;
  readonly user: string;
  /** Undefined when no patient is in context. */
  readonly patient: PickerPatient | undefined;
  /** The scopes that will be granted. */
  readonly scopes: readonly string[];
  /** Address of this step. */
  readonly action: string;
  /** Where the browser will be sent. */
  readonly origin: string;
}

/** The page as HTML. */
export function consentPage(view: ConsentView): string {
  const { patient } = view;
  return layout(
    `Allow ${view.app}?`,
    html`<p>You are signed in as ${view.user}.</p>
      ${
        patient === undefined
          ? undefined
          : html`<p>
              Patient: <strong>${patient.name}</strong>
              <span class="detail">born ${patient.birthDate}, record ${patient.mrn}</span>
            </p>`
      }
      <h2 id="what">${view.app} will be able to</h2>
      <ul aria-labelledby="what">
        ${view.scopes.map((scope) => html`<li>${describeScope(scope)}</li>`)}
      </ul>
      <p class="detail">You will be sent back to ${view.origin}.</p>
      <form method="post" action="${view.action}">
        ${
          patient === undefined
            ? undefined
            : html`<input type="hidden" name="patient" value="${patient.id}" />`
        }
        <button type="submit">Allow</button>
        <button type="submit" class="quiet" formaction="${view.action}/deny">Do not allow</button>
      </form>`,
  );
}
