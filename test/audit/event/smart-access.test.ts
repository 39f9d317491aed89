/** The records of authorization requests and launches: valid, telling, and without a secret. */
import type { AuditEvent } from '@medplum/fhirtypes';
import { describe, expect, it } from 'vitest';
import {
  describeSmart,
  sentence,
  type AuthorizationSeen,
  type LaunchSeen,
  type SmartAccess,
} from '../../../audit/event/index.ts';
import { validateAuditEvent } from '../../support/balp/index.ts';
import { detailOf, detailsOf } from '../../support/face-under-test.ts';
import { request } from '../../support/exchanges.ts';
import { fixedContext } from '../../support/golden.ts';

const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';

const asked: AuthorizationSeen = {
  kind: 'authorization-request',
  clientId: 'vitals',
  scopes: 'launch/patient patient/*.rs openid',
  audiences: [
    'https://chaperone.example.org/fhir',
    'not a URL',
    'https://u:SECRET@b.example/x?SECRET',
  ],
  swapped: 1,
  redirectUri: 'https://app.example/cb?SECRET=1#SECRET',
  launchDigest: 'urn:launch',
  stateDigest: 'urn:state',
  codeChallenge: challenge,
  codeChallengeMethod: 'S256',
  warnings: ['request-uri'],
  endpoint: 'https://auth.example.org/SECRET/authorize?SECRET',
};

const launched: LaunchSeen = {
  kind: 'launch-relayed',
  app: 'vitals',
  launchUrl: 'https://app.example/launch?SECRET',
  issuer: 'https://ehr.example.org/fhir',
  launchDigest: 'urn:launch',
};

function recordOf(seen: SmartAccess['seen'], more: Partial<SmartAccess> = {}): AuditEvent {
  const { body } = describeSmart(
    {
      requestId: 'r1',
      receivedAt: new Date('2026-12-01T09:30:00.100Z'),
      endedAt: new Date('2026-12-01T09:30:00.200Z'),
      peer: { address: '192.0.2.7' },
      identity: { kind: 'anonymous' },
      request: request('GET', 'auth/authorize?client_id=vitals&state=SECRET'),
      seen,
      status: 302,
      ...more,
    },
    fixedContext(),
  );
  return JSON.parse(body) as AuditEvent;
}

describe('an authorization request', () => {
  const event = recordOf(asked);

  it('is a valid AuditEvent that claims no profile', () => {
    expect(validateAuditEvent(event)).toEqual([]);
    expect(event.meta).toBeUndefined();
    expect(event.type.code).toBe('110114');
    expect(event.subtype?.map((it) => it.code)).toEqual(['authorization-request']);
    expect(event.outcome).toBe('0');
  });

  it('names the client, unverified, and the authorization server', () => {
    expect(event.agent.map((agent) => [agent.who?.identifier?.value, agent.who?.display])).toEqual([
      ['vitals', 'vitals (unverified)'],
      ['https://auth.example.org', undefined],
      ['chaperone.example.org/a/1', 'Chaperone'],
    ]);
  });

  it('says what was asked for', () => {
    expect(detailOf(event, 'requested-scopes')).toBe('launch/patient patient/*.rs openid');
    expect(detailsOf(event, 'audience')).toEqual([
      'https://chaperone.example.org/fhir',
      'https://redacted@b.example/x',
    ]);
    expect(detailOf(event, 'audience-swapped')).toBe('1');
    expect(detailOf(event, 'redirect-uri')).toBe('https://app.example/cb');
    expect(detailOf(event, 'launch-digest')).toBe('urn:launch');
    expect(detailOf(event, 'state-digest')).toBe('urn:state');
    expect(detailOf(event, 'code-challenge')).toBe(challenge);
    expect(detailOf(event, 'code-challenge-method')).toBe('S256');
    expect(detailOf(event, 'authorization-server')).toBe('https://auth.example.org');
    expect(detailOf(event, 'authorization-warning')).toBe('request-uri');
  });

  it('has no secret, wherever one stood', () => {
    expect(JSON.stringify(event)).not.toContain('SECRET');
    expect(detailOf(event, 'request-line')).toBe(
      'GET /fhir/auth/authorize?client_id=vitals&state=redacted',
    );
  });

  it.each([
    ['plain', 'the-verifier-itself-SECRET-0123456789abcdefgh'],
    [undefined, 'the-verifier-itself-SECRET-0123456789abcdefgh'],
    ['plain', challenge],
    ['S256', 'SECRET'],
  ])('with the method %s keeps no challenge that is the verifier', (method, value) => {
    const record = recordOf({ ...asked, codeChallengeMethod: method, codeChallenge: value });
    expect(detailOf(record, 'code-challenge')).toBeUndefined();
    expect(detailOf(record, 'code-challenge-method')).toBe(method ?? 'plain');
  });

  it('of nobody, for nothing, is valid too', () => {
    const record = recordOf(
      {
        ...asked,
        clientId: ' ',
        scopes: undefined,
        audiences: [],
        redirectUri: undefined,
        launchDigest: undefined,
        stateDigest: undefined,
        codeChallenge: undefined,
        codeChallengeMethod: undefined,
        endpoint: undefined,
      },
      { status: 502, refused: 'authorization-endpoint-unknown' },
    );
    expect(validateAuditEvent(record)).toEqual([]);
    expect(record.outcome).toBe('12');
    expect(detailOf(record, 'refusal-reason')).toBe('authorization-endpoint-unknown');
    expect(record.agent[0]?.who?.display).toBe('unidentified client');
  });

  it('with hostile text is valid too, and one line', () => {
    const hostile = `\u0000\u202e"\n${'x'.repeat(100_000)}`;
    const record = recordOf({
      ...asked,
      clientId: hostile,
      scopes: hostile,
      audiences: [hostile, `https://${hostile}`],
      redirectUri: `https://${hostile}`,
      codeChallengeMethod: hostile,
    });
    expect(validateAuditEvent(record)).toEqual([]);
    expect(sentence(record)).not.toMatch(/[\u0000-\u001f\u202e]/);
  });

  it('is one sentence', () => {
    expect(sentence(event)).toBe(
      '2026-12-01T09:30:00.250Z vitals (unverified) asked for authorization for launch/patient patient/*.rs openid at https://auth.example.org: passed on',
    );
  });
});

describe('a launch', () => {
  const event = recordOf(launched, {
    request: request('GET', 'launch/vitals?iss=https://ehr.example.org/fhir&launch=SECRET'),
  });

  it('is a valid AuditEvent that names app, EHR and browser', () => {
    expect(validateAuditEvent(event)).toEqual([]);
    expect(event.subtype?.map((it) => it.code)).toEqual(['launch-relayed']);
    expect(event.agent.map((agent) => agent.who?.identifier?.value ?? agent.who?.display)).toEqual([
      'vitals',
      'https://ehr.example.org/fhir',
      'unidentified user',
      'chaperone.example.org/a/1',
    ]);
    expect(event.agent[2]?.network?.address).toBe('192.0.2.7');
  });

  it('holds the handle as a digest only', () => {
    expect(detailOf(event, 'launch-digest')).toBe('urn:launch');
    expect(detailOf(event, 'launch-issuer')).toBe('https://ehr.example.org/fhir');
    expect(detailOf(event, 'launch-target')).toBe('https://app.example/launch');
    expect(detailOf(event, 'request-line')).toBe(
      'GET /fhir/launch/vitals?iss=https://ehr.example.org/fhir&launch=redacted',
    );
    expect(JSON.stringify(event)).not.toContain('SECRET');
  });

  it('is one sentence', () => {
    expect(sentence(event)).toBe('2026-12-01T09:30:00.250Z the EHR launched vitals: passed on');
    const names = (text: string): string | undefined => (text === 'vitals' ? 'Vitals' : undefined);
    expect(sentence(event, names)).toContain('the EHR launched Vitals: passed on');
  });
});

describe('what cannot be described', () => {
  it('is recorded as a minimal event', () => {
    const record = recordOf(asked, { endedAt: new Date(NaN) });
    expect(detailOf(record, 'record-kind')).toBe('minimal');
    expect(validateAuditEvent(record)).toEqual([]);
    expect(JSON.stringify(record)).not.toContain('SECRET');
  });
});
