/** Records as plain sentences, also when what they hold is hostile. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  describe as describeExchange,
  describeAddendum,
  describeIntent,
  describeRefusals,
  describeReview,
  sentence,
  type Exchange,
} from '../../../audit/event/index.ts';
import { ana, answered, request } from '../../support/exchanges.ts';
import { fixedContext } from '../../support/golden.ts';

const at = '2026-12-01T09:30:00.250Z';

function said(exchange: Exchange): readonly string[] {
  return describeExchange(exchange, fixedContext()).map((event) =>
    sentence(JSON.parse(event.body)),
  );
}

const observation = { resourceType: 'Observation', id: '7', subject: { reference: 'Patient/1' } };
const anonymous = { identity: { kind: 'anonymous' } } as const;

describe('the sentence of an exchange', () => {
  it.each<[string, Exchange, string]>([
    [
      'a read',
      answered(request('GET', 'Observation/7'), observation),
      'Dr Ana Souza, using Vitals, read Observation/7 of Patient/1: allowed',
    ],
    [
      'a read of the patient',
      answered(request('GET', 'Patient/1'), undefined),
      'Dr Ana Souza, using Vitals, read Patient/1: allowed',
    ],
    [
      'a search',
      answered(request('GET', 'Observation?patient=1'), undefined),
      'Dr Ana Souza, using Vitals, searched /fhir/Observation?patient=1 of Patient/1: allowed',
    ],
    [
      'a create',
      answered(request('POST', 'Observation', observation), undefined, { status: 201 }),
      'Dr Ana Souza, using Vitals, created new Observation of Patient/1: allowed',
    ],
    [
      'a failed delete',
      answered(request('DELETE', 'Condition/1'), undefined, { status: 403 }),
      'Dr Ana Souza, using Vitals, tried to delete Condition/1: refused (HTTP 403 Forbidden)',
    ],
    [
      'a backend service',
      answered(request('GET', 'Patient/1'), undefined, {
        identity: {
          ...ana,
          claims: {
            subject: 'export',
            clientId: 'export',
            isClientOnly: true,
            scopes: ['system/*.rs'],
            purposeOfUse: [],
          },
        },
      }),
      'export read Patient/1: allowed',
    ],
    [
      'nobody',
      answered(request('GET', 'Patient/1'), undefined, anonymous),
      'somebody without a token read Patient/1: allowed',
    ],
    [
      'capabilities',
      answered(request('GET', 'metadata'), undefined, anonymous),
      'somebody without a token asked what the server can do: allowed',
    ],
    [
      'a backend service',
      answered(request('GET', 'Patient/1'), undefined, {
        identity: {
          ...ana,
          claims: {
            clientId: 'reports',
            subject: 'reports',
            isClientOnly: true,
            scopes: [],
            purposeOfUse: [],
          },
        },
      }),
      'reports read Patient/1: allowed',
    ],
    [
      'a preflight',
      answered(request('OPTIONS', 'Patient/1'), undefined, {
        ...anonymous,
        answer: { kind: 'refused', reason: 'preflight-answered', status: 204 },
      }),
      'a browser asked whether a page may use /fhir/Patient/1: allowed',
    ],
    [
      'something else',
      answered(request('GET', 'Patient/1/$everything'), undefined),
      'Dr Ana Souza, using Vitals, sent GET /fhir/Patient/1/$everything (not understood) of Patient/1: allowed',
    ],
    [
      'an invalid token',
      answered(request('GET', 'Condition/1'), undefined, {
        status: 401,
        identity: { kind: 'invalid', reason: 'expired', claims: ana.claims },
      }),
      'Dr Ana Souza (unverified), using Vitals, tried to read Condition/1: refused (HTTP 401 Unauthorized)',
    ],
    [
      'an opaque token',
      answered(request('GET', 'Condition/1'), undefined, {
        identity: { kind: 'opaque-unidentified', scheme: 'Bearer', tokenDigest: 'urn:x:y' },
      }),
      'unidentified user (unverified), using unidentified client, read Condition/1: allowed',
    ],
    [
      'a timeout',
      answered(request('GET', 'Condition/1'), undefined, {
        answer: { kind: 'timed-out', status: 504 },
      }),
      'Dr Ana Souza, using Vitals, tried to read Condition/1: failed (HTTP 504 Gateway Timeout; upstream timed out)',
    ],
  ])('%s', (_, exchange, expected) => {
    expect(said(exchange)).toEqual([`${at} ${expected}`]);
  });
});

describe('with names from elsewhere', () => {
  const names = (shown: string): string | undefined =>
    ({ 'Patient/1': 'Zoë Nuñez', Vitals: 'The Vitals\u0007 App' })[shown];

  it('a sentence says them, made fit for a terminal', () => {
    const [event] = describeExchange(
      answered(request('GET', 'Observation/7'), observation),
      fixedContext(),
    );
    expect(sentence(JSON.parse(event.body), names)).toMatch(
      /Dr Ana Souza, using The Vitals.? App, read Observation\/7 of Zoë Nuñez: allowed$/,
    );
  });

  it('a patient who was read is named beside the reference', () => {
    const [event] = describeExchange(
      answered(request('GET', 'Patient/1'), undefined),
      fixedContext(),
    );
    expect(sentence(JSON.parse(event.body), names)).toContain(
      'read Patient/1 (Zoë Nuñez): allowed',
    );
  });
});

describe('the sentence of', () => {
  it('an intent', () => {
    const [event] = describeIntent(answered(request('PUT', 'Condition/1'), {}), fixedContext());
    expect(sentence(JSON.parse(event.body))).toBe(
      `${at} Dr Ana Souza, using Vitals, tried to update Condition/1 (before it was forwarded): failed (effect unknown)`,
    );
  });

  it('an addendum', () => {
    const event = describeAddendum(
      { kind: 'identity-resolved', identity: ana, originals: ['01A'], requestId: 'r' },
      fixedContext(),
    );
    expect(sentence(JSON.parse(event.body))).toBe(
      `${at} addendum to 01A: identity resolved later: Dr Ana Souza, using Vitals`,
    );
  });

  it('counted refusals', () => {
    const when = new Date('2026-12-01T09:29:00Z');
    const event = describeRefusals(
      {
        peer: { address: '192.0.2.9' },
        reason: 'host-unknown',
        count: 7,
        firstAt: when,
        lastAt: when,
      },
      fixedContext(),
    );
    expect(sentence(JSON.parse(event.body))).toBe(
      `${at} 192.0.2.9: 7 requests refused by the gateway: host-unknown`,
    );
  });

  it('a review', () => {
    const when = new Date('2026-12-01T09:29:00Z');
    const access = {
      requestId: 'r',
      kind: 'search',
      reader: { name: 'Ines Dias', role: 'auditor' },
      peer: { address: '192.0.2.9' },
      method: 'GET',
      target: '/fhir/AuditEvent?patient=Patient/1',
      status: 200,
      results: 12,
      receivedAt: when,
      endedAt: when,
    } as const;
    const say = (more: object): string =>
      sentence(JSON.parse(describeReview({ ...access, ...more }, fixedContext()).body));
    expect(say({})).toBe(
      `${at} Ines Dias reviewed the record with GET /fhir/AuditEvent?patient=Patient/1: allowed, 12 events`,
    );
    expect(say({ reader: undefined, status: 401, results: undefined })).toBe(
      `${at} unidentified reader reviewed the record with GET /fhir/AuditEvent?patient=Patient/1: refused (HTTP 401 Unauthorized)`,
    );
  });
});

describe('hostile content', () => {
  const unprintable = /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/;

  it('never reaches a terminal as control characters', () => {
    const escape = '\u001b[2J\u202e\r\nowned\u0007';
    const event = {
      resourceType: 'AuditEvent',
      recorded: escape,
      outcome: '8',
      outcomeDesc: escape,
      subtype: [{ code: 'read' }],
      agent: [
        { requestor: true, name: escape },
        { type: { coding: [{ code: '110150' }] }, who: { display: escape } },
      ],
      entity: [
        { type: { code: '2' }, what: { reference: escape } },
        { type: { code: '1' }, role: { code: '1' }, what: { reference: escape } },
      ],
    };
    expect(sentence(event)).not.toMatch(unprintable);
    expect(sentence(event)).toContain('owned');
  });

  it('makes no sentence fail', () => {
    const value = fc.jsonValue();
    fc.assert(
      fc.property(
        fc.oneof(
          value,
          fc.record({
            recorded: value,
            subtype: value,
            agent: value,
            entity: value,
            outcome: value,
          }),
        ),
        (event) => {
          expect(sentence(event)).not.toMatch(unprintable);
        },
      ),
    );
  });

  it('is told apart when it is no AuditEvent at all', () => {
    expect(sentence(undefined)).toBe('not an AuditEvent');
  });
});
