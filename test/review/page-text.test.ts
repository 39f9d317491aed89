/** What the review page makes of searches, events and checks: its pure modules. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describe as describeExchange } from '../../audit/event/index.ts';
import { parseSearch } from '../../audit/search/index.ts';
import { answered, request } from '../support/exchanges.ts';
import { fixedContext } from '../support/golden.ts';
import { pageModule } from './page-module.ts';

interface Fields {
  readonly patient: string;
  readonly user: string;
  readonly session: string;
  readonly outcome: string;
  readonly from: string;
  readonly to: string;
  readonly extra: string;
}

const { conditionsOf, fieldsOf, searchFor, searchOf, withTotal } = await pageModule<{
  readonly searchOf: (fields: Fields) => string;
  readonly fieldsOf: (text: string) => Fields;
  readonly searchFor: (find: { parameter: string; value: string }) => string;
  readonly withTotal: (text: string) => string;
  readonly conditionsOf: (text: string) => readonly { text: string; without: string }[];
}>('search-text');
const { factsOf } = await pageModule<{
  readonly factsOf: (event: unknown) => readonly { term: string; text: string }[];
}>('event-facts');
const { checkWords } = await pageModule<{
  readonly checkWords: (result: object) => {
    tone: string;
    verdict: string;
    text: string;
    problems: readonly string[];
  };
}>('check-words');
const { foundText } = await pageModule<{ readonly foundText: (found: object) => string }>('words');
const { outcomeText } = await pageModule<{ readonly outcomeText: (text: string) => string }>('api');

const none: Fields = {
  patient: '',
  user: '',
  session: '',
  outcome: '',
  from: '',
  to: '',
  extra: '',
};

describe('the fields of the form', () => {
  it.each<[Partial<Fields>, string]>([
    [{}, ''],
    [{ patient: ' Patient/zoe ' }, 'patient=Patient/zoe'],
    [{ user: 'Practitioner/ana-souza' }, 'agent=Practitioner/ana-souza'],
    [
      { user: 'https://ehr.example/fhir/Practitioner/1' },
      'agent=https://ehr.example/fhir/Practitioner/1',
    ],
    [{ user: 'ana-souza' }, 'agent.identifier=ana-souza'],
    [{ user: 'https://ehr.example|u-1' }, 'agent.identifier=https://ehr.example%7Cu-1'],
    [{ session: 's-1', outcome: '4,8,12' }, 'session=s-1&outcome=4,8,12'],
    [
      { from: '2026-11-25T10:00', to: '2026-11-25T11:30' },
      'date=ge2026-11-25T10:00:00Z&date=le2026-11-25T11:30:59Z',
    ],
    [{ extra: '?action=D&_count=20' }, 'action=D&_count=20'],
  ])('%j become %s, and come back', (some, text) => {
    expect(searchOf({ ...none, ...some })).toBe(text);
    expect(searchOf(fieldsOf(text))).toBe(text);
  });

  it('hold any search that stands in the address, nothing lost', () => {
    const pair = fc.tuple(
      fc.constantFrom('patient', 'agent', 'agent.identifier', 'session', 'outcome', 'date', 'x'),
      fc.oneof(
        fc.constantFrom('ge2026-11-25T10:00:00Z', 'le2026', '8', 'Patient/1', 'a|b', 'a&b#c%'),
        fc.string({ minLength: 1 }).map((text) => text.trim() || 'x'),
      ),
    );
    const sorted = (text: string): string[] =>
      [...new URLSearchParams(text)].map((one) => JSON.stringify(one)).sort();
    fc.assert(
      fc.property(fc.array(pair, { maxLength: 6 }), (pairs) => {
        const text = new URLSearchParams(pairs).toString();
        expect(sorted(searchOf(fieldsOf(text)))).toEqual(sorted(text));
      }),
    );
  });

  it('ask for times in a form that the search takes', () => {
    const text = searchOf({ ...none, from: '2026-11-25T10:00', to: '2026-11-25T11:30' });
    expect(parseSearch(text).kind).toBe('ok');
  });
});

describe('a link', () => {
  it('asks for its value alone', () => {
    expect(searchFor({ parameter: 'patient', value: 'Patient/a\\,b&c' })).toBe(
      'patient=Patient/a%5C,b%26c',
    );
  });
});

describe('the conditions of a search', () => {
  it('are said for people, each with the search without it', () => {
    expect(conditionsOf('patient=Patient/zoe&outcome=8&date=ge2026-11-25T10:00:00Z')).toEqual([
      { text: 'Patient: Patient/zoe', without: 'outcome=8&date=ge2026-11-25T10:00:00Z' },
      { text: 'Outcome: refused', without: 'patient=Patient/zoe&date=ge2026-11-25T10:00:00Z' },
      { text: 'When: from 2026-11-25 10:00 UTC', without: 'patient=Patient/zoe&outcome=8' },
    ]);
  });
});

describe('the facts of an event', () => {
  it('answer who, with what, in which session, what, of whom, when, and why', () => {
    const body = { resourceType: 'Observation', id: '7', subject: { reference: 'Patient/1' } };
    const [event] = describeExchange(
      answered(request('GET', 'Observation/7'), body),
      fixedContext(),
    );
    const facts = new Map(factsOf(JSON.parse(event.body)).map(({ term, text }) => [term, text]));
    expect(Object.fromEntries(facts)).toMatchObject({
      Who: 'Dr Ana Souza',
      'Persistent identifier': 'Practitioner/12 – u-4711 at https://ehr.example.org/oauth',
      App: 'Vitals – Vitals at https://ehr.example.org/oauth',
      What: 'read',
      Resource: 'Observation/7',
      Patient: 'Patient/1',
      From: '192.0.2.7',
      Recorded: '2026-12-01 09:30:00 UTC (2026-12-01T09:30:00.250Z)',
      Outcome: 'Allowed – HTTP 200 OK',
      'Request as received': 'GET /fhir/Observation/7',
    });
    for (const term of ['Identity', 'Session', 'What makes the session', 'Request id']) {
      expect(facts.get(term)).toMatch(/./);
    }
  });

  it('are none that cannot be read, and no control characters', () => {
    expect(factsOf({ recorded: 'x\u202e\u0007' })).toContainEqual({
      term: 'Recorded',
      text: 'x\ufffd\ufffd UTC (x\ufffd\ufffd)',
    });
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), fc.jsonValue(), (agent, entity, other) => {
        for (const event of [other, { agent, entity, type: other, period: other }]) {
          expect(factsOf(event).map(({ text }) => text)).not.toContain('');
        }
      }),
    );
  });
});

describe('how many were found', () => {
  it.each([
    [{ shown: 0, total: 0, isMore: false }, 'No event matches this search.'],
    [{ shown: 0, total: undefined, isMore: false }, 'No event matches this search.'],
    [{ shown: 0, total: 7, isMore: false }, '7 events in all; none asked for.'],
    [{ shown: 1, total: 1, isMore: false }, '1 event, newest first. That is all.'],
    [{ shown: 50, total: 1234, isMore: true }, 'The newest 50 of 1,234 events.'],
    [{ shown: 50, total: undefined, isMore: true }, 'The newest 50 events; there are older ones.'],
    [{ shown: 50, total: 60, isMore: true, isOldestFirst: true }, 'The oldest 50 of 60 events.'],
  ])('%j is said', (found, text) => {
    expect(foundText({ isOldestFirst: false, ...found })).toBe(text);
  });

  it('is asked for, unless the search says otherwise', () => {
    expect(withTotal('')).toBe('_total=accurate');
    expect(withTotal('patient=x')).toBe('patient=x&_total=accurate');
    expect(withTotal('patient=x&_total=none')).toBe('patient=x&_total=none');
  });
});

describe('what a check found', () => {
  const numbers = { records: 1204, treeSize: 1260, rootHash: 'R=', openIntents: 0 };
  const span = { startedAt: '2026-12-01T09:30:00Z', endedAt: '2026-12-01T09:30:02Z' };

  it('is said with numbers when all is well', () => {
    const result = {
      kind: 'checked',
      ...span,
      ok: true,
      ...numbers,
      problemCount: 0,
      problems: [],
    };
    expect(checkWords(result)).toEqual({
      tone: 'well',
      verdict: 'All well',
      text: '1,204 records rehashed, tree size 1,260, root hash R=, on 2026-12-01 09:30:02 UTC.',
      problems: [],
    });
  });

  it('names what is wrong', () => {
    const problems = [{ code: 'body-changed', leafIndex: 3, message: 'not what was committed' }];
    const result = { kind: 'checked', ...span, ok: false, ...numbers, problemCount: 7, problems };
    expect(checkWords(result)).toMatchObject({
      tone: 'bad',
      verdict: 'Something is wrong: 7 problems',
      problems: [
        'body-changed at leaf 3: not what was committed',
        '… and 6 more; chaperone verify lists all',
      ],
    });
  });

  it('is not called well when the check did not end', () => {
    expect(checkWords({ kind: 'failed', ...span })).toMatchObject({
      tone: 'bad',
      verdict: 'Not checked',
    });
  });
});

describe('a refusal', () => {
  it('is said in the sentences of its OperationOutcome', () => {
    const outcome = { issue: [{ diagnostics: 'One.' }, { diagnostics: 'Two.' }, { code: 'x' }] };
    expect(outcomeText(JSON.stringify(outcome))).toBe('One. Two.');
    expect(outcomeText('<html>')).toBe('The review service could not answer.');
    expect(outcomeText('null')).toBe('The review service could not answer.');
  });
});
