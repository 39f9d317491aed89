/** Records that are not exchanges: addenda, counted refusals, accesses to the record. All valid. */
import { describe, expect, it } from 'vitest';
import {
  describeAddendum,
  describeRefusals,
  describeReview,
  guard,
  type Addendum,
  type DescribedEvent,
  type ReviewAccess,
} from '../../../audit/event/index.ts';
import { validateAuditEvent } from '../../support/balp/index.ts';
import { ana, detailsOf, type EventJson } from '../../support/exchanges.ts';
import { fixedContext } from '../../support/golden.ts';

function check(event: DescribedEvent): EventJson {
  const json = JSON.parse(event.body) as EventJson;
  expect(json.id).toBe(event.id);
  expect(guard(json)).toBeUndefined();
  expect(validateAuditEvent(json)).toEqual([]);
  expect(json.meta).toBeUndefined();
  return json;
}

function requestIdOf(event: EventJson): string | undefined {
  return event.entity.find((entity) => entity.type?.code === 'XrequestId')?.what?.identifier?.value;
}

describe('an addendum', () => {
  const about = { originals: ['01A', '01B'], requestId: 'request-1' };
  const addenda: readonly Addendum[] = [
    { kind: 'identity-resolved', identity: ana, ...about },
    { kind: 'identity-resolved', identity: { kind: 'anonymous' }, ...about },
    { kind: 'not-delivered', bytesReleased: 100, bytesTotal: 2000, ...about },
    { kind: 'not-delivered', ...about },
    { kind: 'recorded-late', ...about },
    { kind: 'client-gone', ...about },
  ];

  it.each(addenda)('$kind names its records and their exchange', (addendum) => {
    const event = check(describeAddendum(addendum, fixedContext()));
    expect(event.subtype).toMatchObject([{ code: addendum.kind }]);
    expect(detailsOf(event, 'original-record')).toEqual(['01A', '01B']);
    expect(detailsOf(event, 'original-request-id')).toEqual(['request-1']);
    expect(requestIdOf(event)).toBe('request-1');
  });

  it('says how much was released', () => {
    const event = check(
      describeAddendum(
        { kind: 'not-delivered', bytesReleased: 0, bytesTotal: 2000, ...about },
        fixedContext(),
      ),
    );
    expect(detailsOf(event, 'bytes-released')).toEqual(['0']);
    expect(detailsOf(event, 'bytes-total')).toEqual(['2000']);
  });

  it('names the one who asked, without an address', () => {
    const event = check(
      describeAddendum({ kind: 'identity-resolved', identity: ana, ...about }, fixedContext()),
    );
    expect(event.agent.map((agent) => agent.who?.display)).toEqual([
      'Vitals',
      'Dr Ana Souza',
      'Chaperone',
    ]);
    expect(event.agent[0]?.network).toBeUndefined();
    expect(detailsOf(event, 'identity-confidence')).toEqual(['verified-signature']);
  });
});

describe('counted refusals', () => {
  it('hold peer, reason, count, first and last', () => {
    const event = check(
      describeRefusals(
        {
          peer: { address: '2001:db8::1', forwardedChain: 'for=1.2.3.4' },
          reason: 'malformed-request',
          count: 4711,
          firstAt: new Date('2026-12-01T09:00:00Z'),
          lastAt: new Date('2026-12-01T09:01:00Z'),
        },
        fixedContext(),
      ),
    );
    expect(event.agent[0]?.network).toEqual({ address: '2001:db8::1', type: '2' });
    expect(detailsOf(event, 'refusal-reason')).toEqual(['malformed-request']);
    expect(detailsOf(event, 'refusals-count')).toEqual(['4711']);
    expect(detailsOf(event, 'refusals-first-at')).toEqual(['2026-12-01T09:00:00.000Z']);
    expect(detailsOf(event, 'refusals-last-at')).toEqual(['2026-12-01T09:01:00.000Z']);
    expect(event.outcome).toBe('8');
  });
});

describe('an access to the record', () => {
  const access: ReviewAccess = {
    requestId: 'request-9',
    kind: 'search',
    reader: { name: 'Ines Dias', role: 'auditor' },
    peer: { address: '192.0.2.9' },
    method: 'GET',
    target: '/fhir/AuditEvent?patient=Patient/1&access_token=CANARY',
    status: 200,
    results: 0,
    receivedAt: new Date('2026-12-01T09:00:00Z'),
    endedAt: new Date('2026-12-01T09:00:01Z'),
  };

  it('is an Audit Log Used event, a search with the subtype of ITI-81', () => {
    const event = check(describeReview(access, fixedContext()));
    expect(event.type.code).toBe('110101');
    expect(event.subtype.map((coding) => coding.code)).toEqual(['ITI-81', 'review-search']);
    expect(event.action).toBe('R');
    expect(event.agent[0]).toMatchObject({ name: 'Ines Dias', role: [{ text: 'auditor' }] });
    expect(detailsOf(event, 'review-results')).toEqual(['0']);
    expect(requestIdOf(event)).toBe('request-9');
  });

  it('holds what was asked, without credentials', () => {
    const event = check(describeReview(access, fixedContext()));
    const [target] = event.entity;
    const asked = Buffer.from(target?.query ?? '', 'base64').toString();
    expect(asked).toBe('GET /fhir/AuditEvent?patient=Patient/1&access_token=redacted');
    expect(JSON.stringify(event)).not.toContain('CANARY');
  });

  it.each([
    [200, '0'],
    [400, '8'],
    [401, '8'],
    [403, '8'],
    [404, '8'],
    [503, '12'],
  ])('status %i has outcome %s', (status, outcome) => {
    const refused = { ...access, kind: 'read', reader: undefined, status } as const;
    const event = check(describeReview(refused, fixedContext()));
    expect(event.outcome).toBe(outcome);
    expect(event.subtype.map((coding) => coding.code)).toEqual(['review-read']);
    expect(event.agent[0]?.who?.display).toBe('unidentified reader');
  });
});
