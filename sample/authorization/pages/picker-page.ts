/** The patient picker: which patient is this about? */
import type { PickerPatient } from '../state.ts';
import { holdsWords } from '../../folded.ts';
import { html } from '../../html.ts';
import { layout } from './layout.ts';

/** How many patients are listed at once. */
const shown = 60;

/** What the page shows. */
export interface PickerView {
  readonly patients: readonly PickerPatient[];
  readonly search: string;
  readonly app: string;
  /** Address of this step. */
  readonly action: string;
}

/** The patients whose name or record number holds every word of `search`; accents do not matter. */
export function findPatients(
  patients: readonly PickerPatient[],
  search: string,
): readonly PickerPatient[] {
  return patients.filter(({ name, mrn }) => holdsWords(`${name} ${mrn}`, search));
}

/** The page as HTML. */
export function pickerPage(view: PickerView): string {
  const found = findPatients(view.patients, view.search);
  const items = found.slice(0, shown).map(
    (patient) =>
      html`<li>
        <a href="${view.action}?patient=${encodeURIComponent(patient.id)}"
          >${patient.name}
          <span class="detail">born ${patient.birthDate}, record ${patient.mrn}</span></a
        >
      </li>`,
  );
  const count = `${String(found.length)} ${found.length === 1 ? 'patient' : 'patients'}`;
  return layout(
    'Choose a patient',
    html`<p>${view.app} will open the record of the patient that you choose.</p>
      <form method="get" action="${view.action}" role="search">
        <label for="q">Name or record number</label>
        <input id="q" name="q" type="search" value="${view.search}" />
        <button type="submit">Search</button>
      </form>
      <p role="status">${found.length > shown ? `${count}, the first ${String(shown)}` : count}</p>
      <ul class="patients">
        ${items}
      </ul>
      <form method="post" action="${view.action}/deny">
        <button type="submit" class="quiet">Cancel</button>
      </form>`,
  );
}
