// @ts-check
/**
 * Checks a launch before anything is done with it. `iss` comes from whoever made the link: an app
 * that believed it would send its user, and later the user's data, to any server.
 *
 * Spec: SMART App Launch 2.2, "Launch App: EHR Launch" (the app SHALL check `iss`).
 */

/**
 * @typedef {object} Settings What the app's own server says (`/config.json`).
 * @property {string} fhirBaseUrl The FHIR server of standalone launches.
 * @property {readonly string[]} allowedIssuers FHIR servers that may launch the app.
 * @property {string} clientId
 */
/**
 * @typedef {{ readonly kind: 'launch', readonly iss: string, readonly launch: string | undefined, readonly readOnly: boolean }
 *   | { readonly kind: 'refused', readonly reason: string }} LaunchRequest
 */

/**
 * @param {URLSearchParams} query
 * @param {Settings} settings
 * @returns {LaunchRequest}
 */
export function launchRequest(query, settings) {
  // The library takes further parameters from the address (`clientId`, `patientId`,
  // `fhirServiceUrl`, …) and lets them win over what the app says.
  const known = ['iss', 'launch', 'access'];
  const names = [...query.keys()];
  if (names.some((name) => !known.includes(name)) || new Set(names).size < names.length) {
    return { kind: 'refused', reason: 'The link that started this app is not a valid launch.' };
  }
  const iss = query.get('iss') ?? settings.fhirBaseUrl;
  const launch = query.get('launch') ?? undefined;
  if (!settings.allowedIssuers.includes(iss)) {
    return {
      kind: 'refused',
      reason:
        'This app was started by a record system that it does not know, and does not go there.',
    };
  }
  return { kind: 'launch', iss, launch, readOnly: query.get('access') === 'read' };
}

/**
 * The scopes to ask for: no more than the app uses.
 *
 * @param {{ readonly isEhrLaunch: boolean, readonly readOnly: boolean }} launch
 * @returns {string} Separated by spaces.
 */
export function scopeFor(launch) {
  return [
    launch.isEhrLaunch ? 'launch' : 'launch/patient launch/encounter',
    'openid',
    'fhirUser',
    'offline_access',
    'patient/Patient.r',
    'patient/Practitioner.r',
    `patient/Observation.${launch.readOnly ? '' : 'c'}rs`,
    'patient/MedicationRequest.rs',
    'patient/DocumentReference.rs',
    'patient/Binary.r',
  ].join(' ');
}
