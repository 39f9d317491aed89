/**
 * What the parts of the authorization server know together: settings that never change, and the
 * launches and grants that come and go.
 */
import type { Account } from './accounts.ts';
import type { SampleClient } from './clients.ts';
import type { Launches } from './launches.ts';
import type { OwnJwts } from './own-jwt.ts';

/** A patient to choose from. */
export interface PickerPatient {
  /** Logical id. */
  readonly id: string;
  readonly name: string;
  /** `YYYY-MM-DD` */
  readonly birthDate: string;
  readonly mrn: string;
  /** Logical id of the encounter in progress. */
  readonly encounter?: string | undefined;
}

/** Who answers sign-in, picker and consent when nobody is there to do it. */
export interface AutoSignIn {
  readonly account: string;
  /** Logical id of the patient that is picked. */
  readonly patient?: string;
  /** Left out: the encounter in progress of the patient. */
  readonly encounter?: string;
}

/** What a grant stands for beyond its scopes; goes into every token of the grant. */
export interface GrantContext {
  readonly account: Account;
  readonly patient: string | undefined;
  readonly encounter: string | undefined;
  /** The sign-in session in which it was granted. Not the value of any cookie. */
  readonly sessionId: string;
  /** The EHR started the app, and so shows the patient's name itself. */
  readonly launched: boolean;
}

/** See the top of this file. */
export interface ServerState {
  /** URL of the authorization server, without trailing slash. */
  readonly issuer: string;
  /** FHIR base URL, without trailing slash: audience of every access token. */
  readonly fhirBaseUrl: string;
  /** Other URLs that apps may name as audience; the tokens' audience stays the FHIR base. */
  readonly audiences: readonly string[];
  readonly accounts: ReadonlyMap<string, Account>;
  readonly clients: ReadonlyMap<string, SampleClient>;
  readonly patients: readonly PickerPatient[];
  readonly accessTokens: 'jwt' | 'opaque';
  readonly accessTokenTtlSeconds: number;
  readonly autoSignIn: AutoSignIn | undefined;
  readonly clock: () => Date;
  readonly launches: Launches;
  readonly ownJwts: OwnJwts;
  /** By id of the grant. */
  readonly grants: Map<string, GrantContext>;
}

/** The encounter in progress of a patient; undefined when there is none. */
export function encounterOf(state: ServerState, patient: string | undefined): string | undefined {
  return state.patients.find(({ id }) => id === patient)?.encounter;
}
