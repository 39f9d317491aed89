/**
 * Which of the requested scopes can be granted, and what they mean in words. A scope that is badly
 * formed, or that the client is not registered for, is left out of the grant; that is no error, since
 * SMART lets a server grant less than was asked.
 *
 * Spec: SMART App Launch 2.2 "Scopes and Launch Context"; `.read`, `.write` and `.*` are version 1.
 */
import { ownPatient, type Account } from './accounts.ts';

/** On whose behalf the data is accessed. */
export type ScopeLevel = 'patient' | 'user' | 'system';

/** A scope that names FHIR data. */
export interface ClinicalScope {
  readonly level: ScopeLevel;
  /** A resource type or `*`. */
  readonly type: string;
  /** The letters of version 2, also for a scope written in version 1. */
  readonly letters: string;
  /** What follows `?`, as written; undefined when the scope is not narrowed. */
  readonly query: string | undefined;
}

/** Scopes that name no data, for a client that has users. */
export const userScopes = [
  'openid',
  'fhirUser',
  'profile',
  'launch',
  'launch/patient',
  'launch/encounter',
  'offline_access',
  'online_access',
] as const;

const grammar = /^(patient|user|system)\/(\*|[A-Z][A-Za-z]{1,63})\.([a-z]+|\*)(?:\?(.+))?$/;
const letters = /^c?r?u?d?s?$/;
const version1: Readonly<Record<string, string>> = { read: 'rs', write: 'cud', '*': 'cruds' };

/** @returns Undefined when it is no well-formed clinical scope. */
export function parseClinicalScope(text: string): ClinicalScope | undefined {
  const found = grammar.exec(text);
  if (found === null) return undefined;
  const [, level = '', type = '', access = '', query] = found;
  const read = version1[access] ?? access;
  return letters.test(read)
    ? { level: level as ScopeLevel, type, letters: read, query }
    : undefined;
}

/** What decides about a scope. */
export interface ScopeRequest {
  /** As requested, separated by spaces; may hold anything. */
  readonly scope: string;
  /** What the client is registered for. */
  readonly levels: readonly ScopeLevel[];
  /** The grant is for a user: not for a backend service. */
  readonly hasUser: boolean;
  /** The request came with a launch handle of the EHR. */
  readonly launched: boolean;
  /** The user, once known. A patient is never granted `user/` scopes. */
  readonly account: Account | undefined;
}

/** The scopes that can be granted, in the order asked for, each once. */
export function grantableScopes(request: ScopeRequest): readonly string[] {
  return [...new Set(request.scope.split(' '))].filter((scope) => isGrantable(scope, request));
}

function isGrantable(scope: string, request: ScopeRequest): boolean {
  if (userScopes.some((known) => known === scope)) {
    // Apps that can be started both ways ask for both; without a handle there is nothing to grant.
    return request.hasUser && (scope !== 'launch' || request.launched);
  }
  const clinical = parseClinicalScope(scope);
  if (clinical === undefined || !request.levels.includes(clinical.level)) return false;
  if ((clinical.level === 'system') === request.hasUser) return false;
  return clinical.level !== 'user' || request.account === undefined || !isPatient(request.account);
}

function isPatient(account: Account): boolean {
  return ownPatient(account) !== undefined;
}

/** Whether a patient has to be in context for these scopes. */
export function needsPatient(scopes: readonly string[]): boolean {
  return scopes.some(
    (scope) =>
      scope === 'launch/patient' || scope === 'launch/encounter' || scope.startsWith('patient/'),
  );
}

const words: Readonly<Record<string, string>> = {
  openid: 'know who you are',
  fhirUser: 'know your record as a user of the clinic',
  profile: 'know your name',
  launch: 'know what you are working on in the EHR',
  'launch/patient': 'know which patient you chose',
  'launch/encounter': 'know which encounter is open',
  offline_access: 'keep its access when you are not there',
  online_access: 'keep its access as long as you are signed in',
};

const verbs: readonly (readonly [string, string])[] = [
  ['c', 'create'],
  ['r', 'read'],
  ['u', 'change'],
  ['d', 'delete'],
  ['s', 'search'],
];

const whose: Readonly<Record<ScopeLevel, string>> = {
  patient: 'of the patient',
  user: 'that you can access',
  system: 'of all patients',
};

/** One granted scope in words that complete "The app will be able to …". */
export function describeScope(scope: string): string {
  const clinical = parseClinicalScope(scope);
  if (clinical === undefined) return words[scope] ?? scope;
  const can = verbs.filter(([letter]) => clinical.letters.includes(letter)).map(([, verb]) => verb);
  const last = can.at(-1) ?? '';
  const list = can.length > 1 ? `${can.slice(0, -1).join(', ')} and ${last}` : last;
  const what = clinical.type === '*' ? 'all data' : `${clinical.type} data`;
  const narrowed = clinical.query === undefined ? '' : `, only where ${clinical.query}`;
  return `${list} ${what} ${whose[clinical.level]}${narrowed}`;
}
