/**
 * An authorization request that waits for a person: what it asks for, who is signed in, and which
 * patient it is about as far as that is settled.
 */
import type { Interaction } from 'oidc-provider';
import { ownPatient, type Account } from './accounts.ts';
import type { SampleClient } from './clients.ts';
import type { LaunchContext } from './launches.ts';
import { grantableScopes, needsPatient } from './scopes.ts';
import { encounterOf, type ServerState } from './state.ts';

/** See the top of this file. */
export interface PendingRequest {
  readonly client: SampleClient;
  readonly redirectUri: URL;
  readonly resource: string | undefined;
  /** What the EHR started the app for; undefined when the app was started on its own. */
  readonly launch: LaunchContext | undefined;
  /** Who is signed in. */
  readonly account: Account | undefined;
  readonly granted: readonly string[];
  readonly refused: readonly string[];
}

/** @returns Undefined when the client is not one of ours (it was checked before). */
export function pendingRequest(
  state: ServerState,
  interaction: Interaction,
): PendingRequest | undefined {
  const text = (name: string): string | undefined => {
    const value = interaction.params[name];
    return typeof value === 'string' ? value : undefined;
  };
  const client = state.clients.get(text('client_id') ?? '');
  const redirectUri = URL.parse(text('redirect_uri') ?? '');
  if (client === undefined || client.kind === 'resource-server' || redirectUri === null) {
    return undefined;
  }
  const launch = state.launches.contextOf(text('launch') ?? '');
  const account = state.accounts.get(interaction.session?.accountId ?? '');
  const scope = text('scope') ?? '';
  const granted = grantableScopes({
    scope,
    levels: client.levels,
    hasUser: true,
    launched: launch !== undefined,
    account,
  });
  const { resource } = interaction.params;
  return {
    client,
    redirectUri,
    resource: typeof resource === 'string' ? resource : undefined,
    launch,
    account,
    granted,
    refused: scope.split(' ').filter((asked) => asked !== '' && !granted.includes(asked)),
  };
}

/** The patient and encounter that the app will be told. */
export type PatientChoice =
  | { readonly kind: 'none' }
  | {
      readonly kind: 'chosen';
      readonly patient: string;
      readonly encounter: string | undefined;
    }
  /** A person has to choose. */
  | { readonly kind: 'open' };

/**
 * Settles the patient: from the EHR's launch, else the user (who may be a patient), else the choice.
 *
 * @param picked Logical id, untrusted; counts only when it is a patient that the picker shows.
 */
export function choosePatient(
  state: ServerState,
  request: PendingRequest,
  picked: string | undefined,
): PatientChoice {
  const { launch, account, granted } = request;
  if (launch?.patient !== undefined) {
    return { kind: 'chosen', patient: launch.patient, encounter: launch.encounter };
  }
  if (!needsPatient(granted)) return { kind: 'none' };
  const own = account === undefined ? undefined : ownPatient(account);
  const { autoSignIn } = state;
  const patient = own ?? autoSignIn?.patient ?? knownPatient(state, picked);
  if (patient === undefined) return { kind: 'open' };
  const encounter = autoSignIn?.encounter ?? encounterOf(state, patient);
  return {
    kind: 'chosen',
    patient,
    encounter: granted.includes('launch/encounter') ? encounter : undefined,
  };
}

function knownPatient(state: ServerState, picked: string | undefined): string | undefined {
  return state.patients.find(({ id }) => id === picked)?.id;
}
