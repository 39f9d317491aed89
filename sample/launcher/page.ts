/**
 * The launcher's page as HTML: one form, works without scripts. The words are those of a clinic, not
 * of OAuth.
 */
import { escapeHtml } from '../html.ts';

/** A user who can launch apps. */
export interface LauncherUser {
  readonly account: string;
  readonly name: string;
}

/** A patient to launch an app for. */
export interface LauncherPatient {
  readonly id: string;
  readonly name: string;
  /** `YYYY-MM-DD` */
  readonly birthDate: string;
  readonly mrn: string;
  /** Logical id of today's encounter. */
  readonly encounter?: string | undefined;
}

/** An app that the EHR can launch. */
export interface LauncherApp {
  /** In the address of the launch, e.g. `vitals`. */
  readonly name: string;
  readonly title: string;
}

/** What the page shows. */
export interface LauncherView {
  readonly users: readonly LauncherUser[];
  readonly account: string;
  readonly search: string;
  /** Those that match the search. */
  readonly patients: readonly LauncherPatient[];
  readonly app: LauncherApp;
  /** A sentence about what was wrong with the last request. */
  readonly problem?: string;
}

function userOption(user: LauncherUser, chosen: string): string {
  const selected = user.account === chosen ? ' selected' : '';
  return `<option value="${escapeHtml(user.account)}"${selected}>${escapeHtml(user.name)}</option>`;
}

function patientRow(patient: LauncherPatient, app: LauncherApp): string {
  const label = escapeHtml(`Launch ${app.title} for ${patient.name}, born ${patient.birthDate}`);
  const visit = patient.encounter === undefined ? '' : 'in the clinic today';
  return `<tr><th scope="row">${escapeHtml(patient.name)}</th><td>${escapeHtml(patient.birthDate)}</td>
<td>${escapeHtml(patient.mrn)}</td><td>${visit}</td>
<td><button name="patient" value="${escapeHtml(patient.id)}" aria-label="${label}">Launch ${escapeHtml(app.title)}</button></td></tr>`;
}

function count(patients: readonly LauncherPatient[]): string {
  if (patients.length === 0) return 'No patient matches.';
  return patients.length === 1 ? 'One patient' : `${String(patients.length)} patients`;
}

/** The whole document. */
export function launcherPage(view: LauncherView): string {
  const rows = view.patients.map((patient) => patientRow(patient, view.app)).join('\n');
  const problem =
    view.problem === undefined
      ? ''
      : `<p class="problem" role="alert">${escapeHtml(view.problem)}</p>`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Riverside Clinic: charts</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/launcher/launcher.css">
</head>
<body>
<header><p>Riverside Clinic <span>sample EHR</span></p></header>
<main>
<h1>Open a chart in ${escapeHtml(view.app.title)}</h1>
<p class="quiet">Choose who you are and whose chart to open. Synthetic data: nobody here exists.</p>
${problem}<form method="post" action="/launcher/launch">
<div class="fields">
<p><label for="account">You are</label>
<select id="account" name="account">
${view.users.map((user) => userOption(user, view.account)).join('\n')}
</select></p>
<p><label for="q">Patient’s name, date of birth or MRN</label>
<input id="q" name="q" type="search" value="${escapeHtml(view.search)}" autocomplete="off">
<button class="plain" formmethod="get" formaction="/launcher">Find</button></p>
</div>
<div class="scroll" tabindex="0" role="region" aria-label="Patients">
<table>
<caption role="status">${count(view.patients)}</caption>
<thead><tr><th scope="col">Name</th><th scope="col">Born</th><th scope="col">MRN</th><th scope="col">Visit</th><th scope="col">App</th></tr></thead>
<tbody>
${rows}
</tbody>
</table>
</div>
</form>
</main>
</body>
</html>
`;
}
