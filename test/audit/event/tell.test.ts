/** The phrases of a sentence say what they stand for, and joined they are the sentence. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  describe as describeExchange,
  describeReview,
  sentence,
  tell,
  type Exchange,
} from '../../../audit/event/index.ts';
import { answered, request } from '../../support/exchanges.ts';
import { fixedContext } from '../../support/golden.ts';

const observation = { resourceType: 'Observation', id: '7', subject: { reference: 'Patient/1' } };

function told(exchange: Exchange): ReturnType<typeof tell> {
  const [event] = describeExchange(exchange, fixedContext());
  return tell(JSON.parse(event.body));
}

describe('the phrases of a read', () => {
  it('name the user, the app, the thing and the patient as the record has them', () => {
    const { phrases } = told(answered(request('GET', 'Observation/7'), observation));
    expect(phrases.filter(({ kind }) => kind !== 'words')).toEqual([
      {
        kind: 'user',
        text: 'Dr Ana Souza',
        named: {
          reference: 'Practitioner/12',
          identifier: { system: 'https://ehr.example.org/oauth', value: 'u-4711' },
        },
      },
      {
        kind: 'app',
        text: 'Vitals',
        named: { identifier: { system: 'https://ehr.example.org/oauth', value: 'Vitals' } },
      },
      { kind: 'thing', text: 'Observation/7', named: { reference: 'Observation/7' } },
      { kind: 'patient', text: 'Patient/1', named: { reference: 'Patient/1' } },
      { kind: 'outcome', text: 'allowed' },
    ]);
  });

  it('have the patient once when the patient was read', () => {
    const { phrases } = told(answered(request('GET', 'Patient/1'), undefined));
    const kinds = phrases.map(({ kind }) => kind);
    expect(kinds).not.toContain('thing');
    expect(kinds.filter((kind) => kind === 'patient')).toHaveLength(1);
  });

  it('come with the session and the request', () => {
    const exchange = answered(request('GET', 'Observation/7'), observation);
    expect(told(exchange)).toMatchObject({
      at: '2026-12-01T09:30:00.250Z',
      session: expect.stringMatching(/./) as string,
      requestId: exchange.requestId,
    });
  });
});

describe('the phrases of a review', () => {
  it('name the reader', () => {
    const when = new Date('2026-12-01T09:29:00Z');
    const event = describeReview(
      {
        requestId: 'r',
        kind: 'read',
        reader: { name: 'Ines Dias', role: 'auditor' },
        peer: { address: '192.0.2.9' },
        method: 'GET',
        target: '/fhir/AuditEvent/x',
        status: 200,
        receivedAt: when,
        endedAt: when,
      },
      fixedContext(),
    );
    expect(tell(JSON.parse(event.body)).phrases[0]).toEqual({
      kind: 'user',
      text: 'Ines Dias',
      named: { identifier: { value: 'Ines Dias' } },
    });
  });
});

describe('the phrases of anything', () => {
  it('are, joined, the sentence', () => {
    const value = fc.jsonValue();
    const event = fc.record({ recorded: value, subtype: value, agent: value, entity: value });
    fc.assert(
      fc.property(fc.oneof(value, event), (any) => {
        const { at, phrases } = tell(any);
        const joined = phrases.map(({ text }) => text).join('');
        expect(sentence(any)).toBe(at === '' ? joined : `${at} ${joined}`);
      }),
    );
  });
});
