/** Which scopes are granted, and how a person reads them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sampleAccounts } from '../../../sample/authorization/accounts.ts';
import {
  describeScope,
  grantableScopes,
  needsPatient,
  parseClinicalScope,
  type ScopeRequest,
} from '../../../sample/authorization/scopes.ts';

const app: ScopeRequest = {
  scope: '',
  levels: ['patient', 'user'],
  hasUser: true,
  launched: false,
  account: undefined,
};
const granted = (scope: string, more: Partial<ScopeRequest> = {}): readonly string[] =>
  grantableScopes({ ...app, scope, ...more });

describe('a clinical scope', () => {
  it.each([
    ['patient/*.rs', 'rs'],
    ['user/Observation.cruds', 'cruds'],
    ['system/Group.d', 'd'],
    ['patient/Patient.read', 'rs'],
    ['patient/Patient.write', 'cud'],
    ['user/*.*', 'cruds'],
  ])('%s is well formed', (scope, letters) => {
    expect(parseClinicalScope(scope)?.letters).toBe(letters);
  });

  it('may be narrowed by a search', () => {
    const scope = 'patient/Observation.rs?category=http://loinc.org|8480-6&status=final';
    expect(parseClinicalScope(scope)).toStrictEqual({
      level: 'patient',
      type: 'Observation',
      letters: 'rs',
      query: 'category=http://loinc.org|8480-6&status=final',
    });
  });

  it.each([
    'patient/Patient.sr',
    'patient/Patient.',
    'patient/Patient',
    'patient/patient.rs',
    'practitioner/Patient.rs',
    'patient/Patient.reader',
    'patient/Patient.rs?',
    'xpatient/Patient.rs',
    'patient/**.rs',
    'Patient/*.rs',
  ])('%s is badly formed', (scope) => {
    expect(parseClinicalScope(scope)).toBeUndefined();
  });

  it('is any of the letters in their order, and nothing else', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('c', 'r', 'u', 'd', 's', 'x'), { maxLength: 6 }),
        (list) => {
          const inOrder = list.every((letter, index) => {
            const before = index === 0 ? -1 : 'cruds'.indexOf(list[index - 1] ?? '');
            return 'cruds'.indexOf(letter) > before;
          });
          const letters = list.join('');
          const parsed = parseClinicalScope(`patient/Patient.${letters}`);
          expect(parsed !== undefined).toBe(letters !== '' && inOrder);
        },
      ),
    );
  });
});

describe('what is granted', () => {
  it('is what the client is registered for, once, in the order of the request', () => {
    const scope = 'user/*.rs openid patient/*.rs openid system/*.rs made/up';
    expect(granted(scope)).toStrictEqual(['user/*.rs', 'openid', 'patient/*.rs']);
    expect(granted(scope, { levels: ['patient'] })).toStrictEqual(['openid', 'patient/*.rs']);
  });

  it('never gives system scopes to an app with users, nor others to a service without', () => {
    const levels = ['patient', 'user', 'system'] as const;
    const scope = 'openid launch offline_access patient/*.rs user/*.rs system/*.rs';
    expect(granted(scope, { levels })).not.toContain('system/*.rs');
    expect(granted(scope, { levels, hasUser: false })).toStrictEqual(['system/*.rs']);
  });

  it('holds launch only after a launch', () => {
    expect(granted('launch launch/patient')).toStrictEqual(['launch/patient']);
    expect(granted('launch', { launched: true })).toStrictEqual(['launch']);
  });

  it('gives patients no user scopes', () => {
    const [clinician, patient] = ['ana-souza', 'zoe-nunez'].map((id) =>
      sampleAccounts.find((account) => account.id === id),
    );
    expect(granted('user/*.rs patient/*.rs', { account: clinician })).toHaveLength(2);
    expect(granted('user/*.rs patient/*.rs', { account: patient })).toStrictEqual(['patient/*.rs']);
  });

  it('needs a patient for patient scopes and patient contexts only', () => {
    for (const scope of ['launch/patient', 'launch/encounter', 'patient/Patient.r']) {
      expect(needsPatient([scope])).toBe(true);
    }
    expect(needsPatient(['openid', 'launch', 'user/*.rs', 'offline_access'])).toBe(false);
  });
});

describe('a scope in words', () => {
  it.each([
    ['patient/*.cruds', 'create, read, change, delete and search all data of the patient'],
    ['patient/Observation.read', 'read and search Observation data of the patient'],
    ['user/Patient.r', 'read Patient data that you can access'],
    [
      'patient/Observation.rs?category=x',
      'read and search Observation data of the patient, only where category=x',
    ],
    ['offline_access', 'keep its access when you are not there'],
  ])('%s: %s', (scope, words) => {
    expect(describeScope(scope)).toBe(words);
  });
});
