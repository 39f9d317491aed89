// @ts-check
/** The app page: completes the sign-in, then shows the chart of the patient in context. */
import { showBanner } from './banner.js';
import { openAttachment, readAll } from './chart-data.js';
import { showDocuments } from './documents.js';
import { byId, h } from './dom.js';
import { showMedications } from './medications.js';
import { nameOf } from './patient.js';
import { problemText } from './problem.js';
import { prepareForm } from './record.js';
import { showSession } from './session.js';
import { bloodPressureObservation, readingsOf } from './vitals.js';
import { showVitals } from './vitals-view.js';

/** @typedef {import('./session.js').Client} Client */

/** @type {any} */
const { FHIR } = globalThis;

// A public client names itself when it renews its session (RFC 6749 section 6).
FHIR.oauth2.settings.refreshTokenWithClientId = true;

const pageSize = 25;

/** @param {string} text */
function say(text) {
  byId('status').textContent = text;
}

/**
 * Fills one part of the page; what goes wrong is said there and nowhere else.
 *
 * @param {string} id
 * @param {(place: HTMLElement) => Promise<void>} fill
 */
async function part(id, fill) {
  const place = byId(id);
  place.setAttribute('aria-busy', 'true');
  try {
    await fill(place);
  } catch (error) {
    place.replaceChildren(h('p', { class: 'problem' }, problemText(error)));
  }
  place.removeAttribute('aria-busy');
}

/** @param {Client} client @param {string} patient Logical id. */
async function showChart(client, patient) {
  const about = `patient=${encodeURIComponent(patient)}`;
  /** @type {readonly unknown[]} */
  let observations = [];
  prepareForm(async (systolic, diastolic) => {
    const created = await client.create(
      bloodPressureObservation({
        systolic,
        diastolic,
        at: new Date(),
        patient,
        encounter: client.encounter.id ?? undefined,
        performer: client.getFhirUser() ?? undefined,
      }),
      { headers: { prefer: 'return=representation' } },
    );
    observations = [...observations, created];
    showVitals(byId('vitals'), readingsOf(observations));
  }, problemText);
  await part('vitals', async (place) => {
    const query = `Observation?${about}&category=vital-signs&_sort=date&_count=${String(pageSize)}`;
    observations = await readAll(client, query, (count, pages) => {
      say(`Reading vital signs: ${String(count)} on ${String(pages)} pages …`);
    });
    showVitals(place, readingsOf(observations));
  });
  await part('medications', async (place) => {
    showMedications(place, await readAll(client, `MedicationRequest?${about}`));
  });
  await part('documents', async (place) => {
    const documents = await readAll(client, `DocumentReference?${about}&_sort=-date`);
    showDocuments(place, documents, (one) => openAttachment(client, one), problemText);
  });
}

async function start() {
  const isReturn = location.search !== '';
  if (!isReturn && sessionStorage.getItem('SMART_KEY') === null) {
    byId('welcome').hidden = false;
    say('');
    return;
  }
  const client = await FHIR.oauth2.ready();
  await showSession(client, problemText);
  const patient = client.patient.id;
  if (patient === null) throw new Error('No patient was chosen at sign-in.');
  const resource = await client.patient.read();
  showBanner(byId('banner'), resource, new Date());
  document.title = `${nameOf(resource)} – Vitals`;
  byId('chart').hidden = false;
  byId('patient-name').focus();
  await showChart(client, patient);
  say('The chart is complete.');
}

start().catch((error) => {
  sessionStorage.clear();
  byId('welcome').hidden = false;
  byId('status').classList.add('problem');
  say(problemText(error));
});
