/** Who takes part in the clinic day, and with which apps and rights. */

/** What a session may do: asked of the authorization server. */
export interface SessionRequest {
  /**
   * How it comes about: the EHR launches the app, the user signs in at the app, or the token is
   * issued without that.
   */
  readonly way: 'ehr-launch' | 'standalone' | 'issued';
  readonly label: string;
  /** Account; undefined for a backend service. */
  readonly account?: string;
  readonly client: 'vitals' | 'chart-review' | 'patient-portal' | 'population-health';
  readonly scope: string;
  readonly patient?: string;
  readonly encounter?: string;
  /** Left out: as long as the server gives. */
  readonly ttlSeconds?: number;
}

const vitalsScope =
  'launch openid fhirUser offline_access patient/Patient.r patient/Practitioner.r ' +
  'patient/Observation.crs ' +
  'patient/MedicationRequest.rs patient/DocumentReference.rs patient/Binary.r';

const names: Readonly<Record<string, string>> = {
  'ana-souza': 'Dr Ana Souza',
  'kenji-mori': 'Dr Kenji Mori',
  'aoife-byrne': 'Aoife Byrne',
  'lukas-weber': 'Dr Lukas Weber',
  'zoe-nunez': 'Zoë Nuñez',
};

/** Names of the OAuth clients, as people know them. */
export const clientNames: Readonly<Record<string, string>> = {
  vitals: 'Vitals',
  'chart-review': 'Chart Review',
  'patient-portal': 'My Health',
  'population-health': 'Population Health',
};

/** A clinician with a patient open in the Vitals app, in today's encounter. */
export function vitalsFor(account: string, patient: string): SessionRequest {
  return {
    way: 'ehr-launch',
    label: `${names[account] ?? account} with Vitals`,
    account,
    client: 'vitals',
    scope: vitalsScope,
    patient,
    encounter: `enc-${patient}-today`,
  };
}

/** A clinician at the chart review workstation, which sees all patients. */
export function chartReview(
  account: string,
  scope = 'openid fhirUser user/*.cruds',
): SessionRequest {
  return {
    way: 'issued',
    label: `${names[account] ?? account} with Chart Review`,
    account,
    client: 'chart-review',
    scope,
  };
}

/** Zoë herself. */
export const portal: SessionRequest = {
  way: 'standalone',
  label: 'Zoë Nuñez with My Health',
  account: 'zoe-nunez',
  client: 'patient-portal',
  scope: 'openid fhirUser launch/patient patient/*.rs',
  patient: 'zoe',
};

/** The nightly report. */
export const backend: SessionRequest = {
  way: 'issued',
  label: 'Population Health',
  client: 'population-health',
  scope: 'system/*.rs',
};
