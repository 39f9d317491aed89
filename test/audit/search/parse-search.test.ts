import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSearch, searchParameters } from '../../../audit/search/index.ts';
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

const conditionsOf = (raw: string, bases?: readonly string[]): SearchQuery['conditions'] =>
  parsed(raw, bases).conditions;

describe('a search without parameters', () => {
  it('asks for the newest 50, without a total', () => {
    expect(parsed('')).toEqual({
      conditions: [],
      within: undefined,
      order: 'newest-first',
      count: 50,
      total: false,
      after: undefined,
    });
  });
});

describe('a reference', () => {
  const one = { bases: [''], type: 'Patient', id: '1' };

  it.each(['Patient/1', 'Patient/1/_history/3'])('%s is the patient of that id', (value) => {
    expect(conditionsOf(`patient=${value}`)).toEqual([
      { kind: 'references', parameter: 'patient', anyOf: [one] },
    ]);
  });

  it('may be an id alone, of any type or of that of the modifier', () => {
    expect(conditionsOf('agent=7&agent:Device=7')).toMatchObject([
      { anyOf: [{ bases: [''], type: undefined, id: '7' }] },
      { anyOf: [{ bases: [''], type: 'Device', id: '7' }] },
    ]);
  });

  it('is looked for under our bases when it is relative or under one of them', () => {
    const bases = ['https://ehr/fhir', 'http://gateway/fhir'];
    for (const value of [
      'Patient/1',
      'https://ehr/fhir/Patient/1',
      'http://gateway/fhir/Patient/1',
    ]) {
      expect(conditionsOf(`patient=${encodeURIComponent(value)}`, bases)).toMatchObject([
        { anyOf: [{ ...one, bases: ['', ...bases] }] },
      ]);
    }
    expect(conditionsOf('patient=https://other/fhir/Patient/1', bases)).toMatchObject([
      { anyOf: [{ ...one, bases: ['https://other/fhir'] }] },
    ]);
  });

  it('may be a URN', () => {
    const [condition] = conditionsOf('entity=urn:uuid:1', ['https://ehr']);
    expect(condition).toMatchObject({ anyOf: [{ bases: [''], type: '', id: 'urn:uuid:1' }] });
  });

  it.each([
    'patient=',
    'patient=,',
    'patient=1,',
    'patient=Practitioner/1',
    'patient=Patient/',
    'patient=a b',
    'patient=https://ehr/fhir/Group/1',
    'patient=x/y/z',
    'patient=Patient/1?x',
    'agent=Observation/1',
    'agent:Device=Practitioner/1',
    'agent:Device=urn:uuid:1',
  ])('%s is bad', (raw) => {
    expect(issues(raw)).toMatchObject([{ kind: 'value-bad', parameter: raw.split('=')[0] }]);
    expect(parseSearch(raw.replace(/=.*/u, '=1')).kind).toBe('ok');
  });
});

describe('repetition', () => {
  it('is a further condition; commas are alternatives', () => {
    expect(conditionsOf('patient=1,2&patient=3')).toMatchObject([
      { anyOf: [{ id: '1' }, { id: '2' }] },
      { anyOf: [{ id: '3' }] },
    ]);
  });
});

describe('tokens', () => {
  it('take value, system|value, |value and system|, with escapes', () => {
    expect(conditionsOf('entity.identifier=abc,urn:x|abc,|abc,urn:x|,a\\,b\\|c\\\\')).toEqual([
      {
        kind: 'terms',
        parameter: 'entity.identifier',
        negated: false,
        anyOf: [
          { system: undefined, value: 'abc' },
          { system: 'urn:x', value: 'abc' },
          { system: '', value: 'abc' },
          { system: 'urn:x', value: undefined },
          { system: undefined, value: 'a,b|c\\' },
        ],
      },
    ]);
  });

  it('are the same with :identifier as with .identifier', () => {
    expect(conditionsOf('patient:identifier=urn:x|1')).toEqual(
      conditionsOf('patient.identifier=urn:x|1'),
    );
  });

  it.each(['entity.identifier=|', 'entity.identifier=a|b|c', 'entity.identifier='])(
    '%s is bad',
    (raw) => {
      expect(issues(raw)).toMatchObject([{ kind: 'value-bad', parameter: 'entity.identifier' }]);
    },
  );

  it.each(['outcome=0,12', 'outcome=http://hl7.org/fhir/audit-event-outcome|8', 'action=R,E'])(
    '%s is accepted',
    (raw) => {
      expect(conditionsOf(raw)).toHaveLength(1);
    },
  );

  it.each(['outcome=99', 'outcome=ok', 'action=r', 'action=R,X', 'action=', 'outcome=urn:x|8'])(
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
    expect(parsed('date=ge2026-03&_lastUpdated=lt2026-04').within).toEqual([march]);
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

  it.each(['_count=0', '_summary=count', '_summary=count&_count=9', '_count=0&_total=none'])(
    '%s asks for the total alone',
    (raw) => {
      expect(parsed(raw)).toMatchObject({ count: 0, total: true });
    },
  );

  it.each([
    ['_total=accurate', { total: true, count: 50 }],
    ['_total=estimate', { total: true, count: 50 }],
    ['_total=none', { total: false }],
    ['_summary=false', { total: false, count: 50 }],
    ['_sort=date', { order: 'oldest-first' }],
    ['_sort=-date', { order: 'newest-first' }],
    ['_cursor=17.12.99', { after: { recordedMs: 17, leafIndex: 12, size: 99 } }],
    ['_cursor=-17.12.99', { after: { recordedMs: -17, leafIndex: 12, size: 99 } }],
  ])('%s is accepted', (raw, wanted) => {
    expect(parsed(raw)).toMatchObject(wanted);
  });

  it.each([
    '_count=-1',
    '_count=1.5',
    '_count=',
    '_count=x',
    '_cursor=x',
    '_cursor=12',
    '_sort=_id',
    '_sort=date,-date',
    '_summary=true',
    '_summary=text',
    '_summary=data',
    '_total=maybe',
  ])('%s is bad', (raw) => {
    expect(issues(raw)).toMatchObject([{ kind: 'value-bad' }]);
  });

  it.each(['_count=1&_count=2', '_sort=date&_sort=date', '_total=none&_total=none'])(
    '%s is refused: once is enough',
    (raw) => {
      expect(issues(raw)).toMatchObject([{ kind: 'repeated' }]);
    },
  );

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

const unsupported =
  'sites=x&patient:above=1&patient.name=y&outcome=0&_elements=id&policy:below=urn:x&date:missing=true&_sort:x=date&agent:Observation=1&agent:not=1';

describe('what is not supported', () => {
  const found = [
    { kind: 'parameter-unsupported', parameter: 'sites' },
    { kind: 'modifier-unsupported', parameter: 'patient:above' },
    { kind: 'parameter-unsupported', parameter: 'patient.name' },
    { kind: 'parameter-unsupported', parameter: '_elements' },
    { kind: 'modifier-unsupported', parameter: 'policy:below' },
    { kind: 'modifier-unsupported', parameter: 'date:missing' },
    { kind: 'modifier-unsupported', parameter: '_sort:x' },
    { kind: 'modifier-unsupported', parameter: 'agent:Observation' },
    { kind: 'modifier-unsupported', parameter: 'agent:not' },
  ];

  it('is named, all of it at once', () => {
    expect(issues(unsupported)).toMatchObject(found);
  });

  it('is ignored under lenient handling, and named', () => {
    const result = parseSearch(unsupported, { isLenient: true });
    expect(result).toMatchObject({ kind: 'ok', ignored: found });
    expect(result.kind === 'ok' && result.query).toEqual(parsed('outcome=0'));
  });

  it('is not the same as a bad value, which lenient handling refuses too', () => {
    const result = parseSearch('sites=x&outcome=99', { isLenient: true });
    expect(result).toMatchObject({ kind: 'refused', issues: [{ parameter: 'outcome' }] });
  });

  it('is every modifier that a parameter does not have', () => {
    const values: Readonly<Record<string, string>> = { date: '2026', string: 'x', token: '0' };
    for (const { name, type, codes, modifiers } of searchParameters) {
      const plain = codes?.[0] ?? values[type] ?? 'x';
      for (const modifier of ['', 'exact', 'contains', 'not', 'missing', 'text', 'in', 'below']) {
        const isKnown = modifier === '' || modifiers.includes(modifier);
        const value = modifier === 'missing' ? 'true' : plain;
        const parameter = modifier === '' ? name : `${name}:${modifier}`;
        const raw = `${parameter}=${value}`;
        expect(parseSearch(raw).kind, raw).toBe(isKnown ? 'ok' : 'refused');
      }
    }
  });

  it('is refused in numbers too', () => {
    expect(parseSearch('outcome=0&'.repeat(64)).kind).toBe('ok');
    expect(parseSearch('outcome=0&'.repeat(65)).kind).toBe('refused');
    const ids = (count: number): string => `_id=${Array.from({ length: count }, String).join(',')}`;
    expect(parseSearch(ids(256)).kind).toBe('ok');
    expect(parseSearch(ids(257)).kind).toBe('refused');
  });

  it('never makes the parser throw', () => {
    const names = searchParameters.flatMap(({ name, modifiers }) => [
      name,
      ...modifiers.map((modifier) => `${name}:${modifier}`),
    ]);
    fc.assert(
      fc.property(fc.constantFrom('', ...names), fc.string({ unit: 'binary' }), (name, value) => {
        const raw = name === '' ? value : new URLSearchParams([[name, value]]);
        expect(['ok', 'refused']).toContain(parseSearch(raw).kind);
      }),
    );
  });
});
