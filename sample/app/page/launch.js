// @ts-check
/** The launch page: checks who launches, then sends the browser to the authorization server. */
import { byId } from './dom.js';
import { launchRequest, scopeFor } from './launch-request.js';
import { problemText } from './problem.js';

/** @type {any} */
const { FHIR } = globalThis;

async function launch() {
  const answer = await fetch('config.json');
  const settings = await answer.json();
  const request = launchRequest(new URLSearchParams(location.search), settings);
  if (request.kind === 'refused') throw new Error(request.reason);
  await FHIR.oauth2.authorize({
    iss: request.iss,
    clientId: settings.clientId,
    redirectUri: './',
    pkceMode: 'required',
    scope: scopeFor({ isEhrLaunch: request.launch !== undefined, readOnly: request.readOnly }),
  });
}

launch().catch((error) => {
  byId('status').textContent = problemText(error);
  byId('status').classList.add('problem');
  byId('back').hidden = false;
});
