import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSearch } from '../../../audit/search/index.ts';
import type { SearchIssue, SearchQuery } from '../../../audit/search/index.ts';

function parsed(raw: string, bases: readonly string[] = []): SearchQuery {
  const result = parseSearch(raw, { bases });
  if (result.kind === 'refused') throw new Error(JSON.stringify(result.issues));
  return result.query;
}

function issues(raw: string): readonly SearchIssue[] {
  const result = parseSearch(raw);
  if (result.kind === 'ok') throw new Error('was accepted');
  return result.issues;
}

const clausesOf = (raw: string, bases?: readonly string[]): SearchQuery['clauses'] =>
  parsed(raw, bases).clauses;

describe('a search without parameters', () => {
  it('asks for the newest 50', () => {
    expect(parsed('')).toEqual({ clauses: [], within: undefined, count: 50, before: undefined });
  });
});

describe('patient', () => {
  it.each(['Patient/1', '1', 'Patient/1/_history/3'])('%s is the patient of that id', (value) => {
    expect(clausesOf(`patient=${value}`)).toEqual([
      { parameter: 'patient', anyOf: [{ value: 'Patient/1' }] },
    ]);
  });

  it('finds the absolute forms under our bases, and by them', () => {
    const bases = ['https://ehr/fhir', 'http://gateway/fhir'];
    const anyOf = ['Patient/1', 'https://ehr/fhir/Patient/1', 'http://gateway/fhir/Patient/1'].map(
      (value) => ({ value }),
    );
    for (const value of ['1', 'Patient/1', 'https://ehr/fhir/Patient/1']) {
      expect(clausesOf(`patient=${encodeURIComponent(value)}`, bases)).toEqual([
        { parameter: 'patient', anyOf },
      ]);
    }
  });

  it('takes the URL of another server as it is', () => {
    expect(clausesOf('patient=https://other/fhir/Patient/1', ['https://ehr/fhir'])).toEqual([
      { parameter: 'patient', anyOf: [{ value: 'https://other/fhir/Patient/1' }] },
    ]);
  });

  it('takes alternatives, and repetition as a further condition', () => {
    expect(clausesOf('patient=1,2&patient=3')).toEqual([
      { parameter: 'patient', anyOf: [{ value: 'Patient/1' }, { value: 'Patient/2' }] },
      { parameter: 'patient', anyOf: [{ value: 'Patient/3' }] },
    ]);
  });

  it.each([
    '',
    ',',
    '1,',
    'Practitioner/1',
    'Patient/',
    'a b',
    'https://ehr/fhir/Group/1',
    'x/y/z',
  ])('%j is bad', (value) => {
    expect(issues(`patient=${encodeURIComponent(value)}`)).toMatchObject([
      { kind: 'value-bad', parameter: 'patient' },
    ]);
  });
});

describe('agent', () => {
  it('takes every type that may take part, and an id of any of them', () => {
    expect(clausesOf('agent=Device/d')).toEqual([
      { parameter: 'agent', anyOf: [{ value: 'Device/d' }] },
    ]);
    const values = clausesOf('agent=7')[0]?.anyOf.map((term) => term.value);
    expect(values).toContain('Practitioner/7');
    expect(values).toContain('Patient/7');
    expect(values).toHaveLength(6);
  });

  it('refuses other types', () => {
    expect(issues('agent=Observation/1')).toHaveLength(1);
  });
});

describe('tokens', () => {
  it('take value, system|value and |value, with escapes', () => {
    expect(clausesOf('entity.identifier=abc,urn:x|abc,|abc,a\\,b\\|c\\\\')).toEqual([
      {
        parameter: 'entity.identifier',
        anyOf: [
          { value: 'abc' },
          { system: 'urn:x', value: 'abc' },
          { system: '', value: 'abc' },
          { value: 'a,b|c\\' },
        ],
      },
    ]);
  });

  it.each(['entity.identifier=urn:x|', 'entity.identifier=a|b|c', 'entity.identifier='])(
    '%s is bad',
    (raw) => {
      expect(issues(raw)).toMatchObject([{ kind: 'value-bad', parameter: 'entity.identifier' }]);
    },
  );

  it.each(['outcome=0,12', 'outcome=http://hl7.org/fhir/audit-event-outcome|8', 'action=R,E'])(
    '%s is accepted',
    (raw) => {
      expect(clausesOf(raw)).toHaveLength(1);
    },
  );

  it.each(['outcome=99', 'outcome=ok', 'action=r', 'action=R,X', 'action='])(
    '%s is a slip and is refused',
    (raw) => {
      expect(issues(raw)).toMatchObject([{ kind: 'value-bad' }]);
    },
  );
});

describe('date', () => {
  it('takes repetition as a further condition and commas as alternatives', () => {
    const march = { fromMs: Date.UTC(2026, 2, 1), toMs: Date.UTC(2026, 3, 1) - 1 };
    expect(parsed('date=ge2026-03&date=lt2026-04').within).toEqual([march]);
    expect(parsed('date=2026-03,2026-05').within).toHaveLength(2);
    expect(parsed('date=2026-03&date=2026-05').within).toEqual([]);
  });

  it('refuses a value when any of it is bad', () => {
    expect(issues('date=2026-03,soon')).toMatchObject([{ kind: 'value-bad', parameter: 'date' }]);
  });
});

describe('what steers the page', () => {
  it('takes _count up to its maximum', () => {
    expect(parsed('_count=7').count).toBe(7);
    expect(parsed('_count=1000').count).toBe(1000);
    expect(parsed('_count=1001').count).toBe(1000);
  });

  it.each(['_count=0', '_count=-1', '_count=1.5', '_count=', '_count=x', '_cursor=x', '_cursor=0'])(
    '%s is bad',
    (raw) => {
      expect(issues(raw)).toMatchObject([{ kind: 'value-bad' }]);
    },
  );

  it('takes each of them once', () => {
    expect(issues('_count=1&_count=2')).toMatchObject([{ kind: 'repeated', parameter: '_count' }]);
    expect(parsed('_cursor=12').before).toBe(12);
  });

  it.each(['json', 'application/json', 'application/fhir+json', 'application/fhir%2Bjson'])(
    '_format=%s changes nothing',
    (format) => {
      expect(parsed(`_format=${format}`)).toEqual(parsed(''));
    },
  );

  it('refuses another _format', () => {
    expect(issues('_format=xml')).toMatchObject([{ kind: 'value-bad', parameter: '_format' }]);
  });
});

describe('what is not supported', () => {
  it('is named, all of it at once', () => {
    expect(issues('site=x&patient:missing=true&patient.name=y&outcome=0&_sort=date')).toMatchObject(
      [
        { kind: 'parameter-unsupported', parameter: 'site' },
        { kind: 'modifier-unsupported', parameter: 'patient:missing' },
        { kind: 'parameter-unsupported', parameter: 'patient.name' },
        { kind: 'parameter-unsupported', parameter: '_sort' },
      ],
    );
  });

  it('is refused in numbers too', () => {
    expect(parseSearch('outcome=0&'.repeat(64)).kind).toBe('ok');
    expect(parseSearch('outcome=0&'.repeat(65)).kind).toBe('refused');
    const ids = (count: number): string => `_id=${Array.from({ length: count }, String).join(',')}`;
    expect(parseSearch(ids(256)).kind).toBe('ok');
    expect(parseSearch(ids(257)).kind).toBe('refused');
  });

  it('never makes the parser throw', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (raw) => {
        expect(['ok', 'refused']).toContain(parseSearch(raw).kind);
      }),
    );
  });
});
