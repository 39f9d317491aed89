/**
 * The people who can sign in to the sample EHR. Nobody here exists. Each password is the name of the
 * account, and the sign-in page says so: this is a sample, not an identity provider.
 */

/** Someone who can sign in. */
export interface Account {
  /** Sign-in name, and `sub` of the tokens. */
  readonly id: string;
  /** As people know them. */
  readonly name: string;
  /** What they do, in words for the sign-in page. */
  readonly role: string;
  /** `Practitioner/<id>` or `Patient/<id>`, below the FHIR base. */
  readonly fhirUser: string;
  readonly password: string;
}

const account = (id: string, name: string, role: string, fhirUser: string): Account => ({
  id,
  name,
  role,
  fhirUser,
  password: id,
});

/** The cast of the sample EHR. */
export const sampleAccounts: readonly Account[] = [
  account('ana-souza', 'Dr Ana Souza', 'internal medicine', 'Practitioner/ana-souza'),
  account('kenji-mori', 'Dr Kenji Mori', 'cardiology', 'Practitioner/kenji-mori'),
  account('aoife-byrne', 'Aoife Byrne', 'registered nurse', 'Practitioner/aoife-byrne'),
  account('lukas-weber', 'Dr Lukas Weber', 'behavioural health', 'Practitioner/lukas-weber'),
  account('zoe-nunez', 'Zoë Nuñez', 'patient', 'Patient/zoe'),
];

/** Logical id of the patient that the account itself is; undefined for staff. */
export function ownPatient(account: Account): string | undefined {
  const [type, id] = account.fhirUser.split('/');
  return type === 'Patient' ? id : undefined;
}
