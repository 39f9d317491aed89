/** Search: parameters, modifiers, chains, order, and what is refused. */
import { describe, expect, it } from 'vitest';
import { idsOf, startTestServer } from './server.ts';

describe('a search', () => {
  it.each<readonly [string, readonly string[]]>([
    ['Patient?name=nun', ['zoe']],
    ['Patient?name=NUÑ', ['zoe']],
    ['Patient?name=ez', []],
    ['Patient?name:contains=ez', ['zoe']],
    ['Patient?family:exact=Nuñez', ['zoe']],
    ['Patient?family:exact=nuñez', []],
    ['Patient?name=nov,lind', ['tomas', 'mei']],
    ['Patient?name=nov&name=tom', ['tomas']],
    ['Patient?_id=zoe,mei,nobody', ['zoe', 'mei']],
    ['Patient?identifier=mrn-mei', ['mei']],
    ['Patient?identifier=https://sample-ehr.example.org/mrn|mrn-mei', ['mei']],
    ['Patient?identifier=urn:other|mrn-mei', []],
    ['Patient?identifier=https://sample-ehr.example.org/mrn|', ['zoe', 'tomas', 'mei']],
    ['Patient?birthdate=1984', ['zoe']],
    ['Patient?birthdate=1984-03', ['zoe']],
    ['Patient?birthdate=ge1984-03-09', ['zoe', 'mei']],
    ['Patient?birthdate=gt1984-03-09', ['mei']],
    ['Patient?birthdate=lt1984', ['tomas']],
    ['Patient?birthdate=ne1984', ['tomas', 'mei']],
    ['Patient?birthdate=sa1961&birthdate=eb2012', ['zoe']],
    ['Patient?gender:missing=true', ['zoe', 'tomas', 'mei']],
    ['Patient?gender:missing=false', []],
    ['Patient?general-practitioner=ana-souza&name=zo', ['zoe']],
    ['Patient?_has:Observation:patient:code=2345-7', ['zoe']],
    ['Observation?patient=tomas', ['hr-4']],
    ['Observation?subject=Patient/tomas', ['hr-4']],
    ['Observation?subject:Patient=tomas', ['hr-4']],
    ['Observation?subject:Group=tomas', []],
    ['Observation?subject.name=tom', ['hr-4']],
    ['Observation?subject:Patient.name=tom', ['hr-4']],
    ['Observation?performer:Practitioner.name=sou&patient=tomas', ['hr-4']],
    ['Observation?code=http://loinc.org|2345-7', ['glucose']],
    ['Observation?code:not=8867-4', ['glucose']],
    ['Observation?code:text=heart&patient=tomas', ['hr-4']],
    ['Observation?category=laboratory', ['glucose']],
    ['Observation?status=final&status=amended', []],
    ['Observation?value-quantity=71', ['hr-2']],
    ['Observation?value-quantity=gt70', ['hr-2', 'hr-4']],
    ['Observation?value-quantity=le66&code=8867-4', ['hr-3']],
    ['Observation?value-quantity=5.4||mmol/L', ['glucose']],
    ['Observation?value-quantity=5', ['glucose']],
    ['Observation?value-quantity=5.40', ['glucose']],
    ['Observation?value-quantity=5.45', []],
    ['Observation?date=2026-10-01', ['hr-1']],
    ['Observation?date=2026-10-08T08:05', ['hr-2']],
    ['Observation?date=ge2026-10-08&patient=zoe', ['hr-2', 'hr-3']],
    ['Observation?date=ap2026-09-15', ['glucose']],
    ['Observation?date=lt2026-10', ['glucose']],
    ['Observation?_lastUpdated=gt2030-01-01', []],
    ['Observation?patient=zoe&_sort=value-quantity', ['glucose', 'hr-3', 'hr-1', 'hr-2']],
    ['Observation?code=8867-4&_sort=-date', ['hr-3', 'hr-2', 'hr-4', 'hr-1']],
    ['Observation?code=8867-4&_sort=patient,-date', ['hr-4', 'hr-3', 'hr-2', 'hr-1']],
    ['Patient/zoe/Observation', ['hr-1', 'hr-2', 'hr-3', 'glucose']],
    ['Patient/zoe/Observation?code=2345-7', ['glucose']],
    ['Patient/nobody/Observation', []],
    ['Patient?name=', ['zoe', 'tomas', 'mei']],
  ])('%s finds what it should', async (query, ids) => {
    const { call } = await startTestServer();
    const reply = await call(`/${query}`);
    expect(reply.status, reply.text).toBe(200);
    const isSorted = query.includes('_sort');
    expect(isSorted ? idsOf(reply) : [...idsOf(reply)].sort()).toEqual(
      isSorted ? ids : [...ids].sort(),
    );
    expect(reply.json.total).toBe(ids.length);
  });

  it.each([
    'Patient?foo=bar',
    'Patient?name:above=x',
    'Patient?birthdate=yesterday',
    'Patient?gender:missing=maybe',
    'Patient?_sort=foo',
    'Patient?_count=x',
    'Patient?_include=Patient:name',
    'Patient?_include=nonsense',
    'Patient?_filter=x',
    'Patient?name.family=x',
    'Observation?value-quantity=much',
    'Observation?code-value-quantity=8867-4$gt70',
    'Observation?subject.nothing=x',
    'Patient?_has:Nothing:patient:code=1',
    '?_type=Patient',
  ])('%s is refused, never answered with too much or nothing', async (query) => {
    const { call } = await startTestServer();
    const reply = await call(query.startsWith('?') ? query : `/${query}`);
    expect([reply.status, reply.json.resourceType]).toEqual([400, 'OperationOutcome']);
  });

  it('by POST takes form and URL together', async () => {
    const { call } = await startTestServer();
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const body = 'code=8867-4&patient=zoe';
    const reply = await call('/Observation/_search?date=2026-10-01', {
      method: 'POST',
      body,
      headers,
    });
    expect(idsOf(reply)).toEqual(['hr-1']);
  });

  it('tells the elements that are asked for, and says that they are not all', async () => {
    const { call } = await startTestServer();
    const reply = await call('/Patient?_id=zoe&_elements=birthDate');
    const [found] = reply.json.entry ?? [];
    expect(Object.keys(found?.resource ?? {}).sort()).toEqual(
      ['birthDate', 'id', 'meta', 'resourceType'].sort(),
    );
    expect(found?.resource?.meta?.tag?.[0]?.code).toBe('SUBSETTED');
  });

  it('by _summary=count gives the number alone', async () => {
    const { call } = await startTestServer();
    const reply = await call('/Observation?_summary=count&patient=zoe');
    expect(reply.json).toMatchObject({ total: 4 });
    expect(reply.json.entry).toBeUndefined();
  });
});

describe('what goes with the matches', () => {
  it('_include, _revinclude and :iterate follow references once each', async () => {
    const { base, call } = await startTestServer();
    const include = await call('/Observation?patient=zoe&_include=Observation:subject');
    expect(idsOf(include, 'include')).toEqual(['zoe']);
    expect(include.json.total).toBe(4);
    const targeted = await call('/Observation?patient=zoe&_include=Observation:subject:Group');
    expect(idsOf(targeted, 'include')).toEqual([]);
    const iterated = await call(
      '/Observation?patient=zoe&code=2345-7&_include=Observation:subject&_include:iterate=Patient:general-practitioner',
    );
    expect(idsOf(iterated, 'include')).toEqual(['zoe', 'ana-souza']);
    const reverse = await call('/Patient?_id=tomas&_revinclude=Observation:patient');
    expect(idsOf(reverse, 'include')).toEqual(['hr-4']);
    expect(reverse.json.entry?.map(({ fullUrl }) => fullUrl)).toEqual([
      `${base}/Patient/tomas`,
      `${base}/Observation/hr-4`,
    ]);
  });
});

describe('pages', () => {
  it('are opaque handles on the base itself, and lead forth and back', async () => {
    const { base, call } = await startTestServer();
    const linkOf = (reply: Awaited<ReturnType<typeof call>>, relation: string): string =>
      reply.json.link?.find((link) => link.relation === relation)?.url ?? '';
    const first = await call('/Observation?_sort=_id&_count=2');
    expect(linkOf(first, 'self')).toBe(`${base}/Observation?_sort=_id&_count=2`);
    expect(first.json.total).toBeUndefined();
    const next = linkOf(first, 'next');
    expect(next.startsWith(`${base}?_getpages=`)).toBe(true);
    expect(next).not.toMatch(/Observation/);
    const second = await call(next);
    const third = await call(linkOf(second, 'next'));
    expect([first, second, third].flatMap((page) => idsOf(page))).toEqual([
      'glucose',
      'hr-1',
      'hr-2',
      'hr-3',
      'hr-4',
    ]);
    expect(linkOf(third, 'next')).toBe('');
    expect(idsOf(await call(linkOf(third, 'previous')))).toEqual(['hr-2', 'hr-3']);
  });

  it('of a handle that is not known are gone', async () => {
    const { call } = await startTestServer();
    expect((await call('?_getpages=nothing&_getpagesoffset=2&_count=2')).status).toBe(410);
  });
});

describe('everything of a patient', () => {
  it('has the chart, the documents and who is referred to, and nobody else', async () => {
    const { call } = await startTestServer();
    const reply = await call('/Patient/zoe/$everything');
    expect([...idsOf(reply)].sort()).toEqual(
      ['zoe', 'hr-1', 'hr-2', 'hr-3', 'glucose', 'letter', 'letter-text', 'ana-souza'].sort(),
    );
  });

  it('can be cut down by type, care date and change', async () => {
    const { call } = await startTestServer();
    const of = async (query: string): Promise<readonly (string | undefined)[]> =>
      idsOf(await call(`/Patient/zoe/$everything?${query}`));
    expect(await of('_type=Patient')).toEqual(['zoe', 'ana-souza']);
    expect(await of('_type=Observation&start=2026-10-02&end=2026-10-09')).toEqual([
      'hr-2',
      'ana-souza',
    ]);
    expect(await of('_since=2030-01-01')).toEqual([]);
    expect((await call('/Patient/nobody/$everything')).status).toBe(404);
    expect((await call('/Patient/zoe/$everything', { method: 'POST' })).status).toBe(200);
    expect((await call('/Patient/zoe/$everything?start=soon')).status).toBe(400);
  });

  it('is also a compartment search of all types, without what is referred to', async () => {
    const { call } = await startTestServer();
    const reply = await call('/Patient/zoe/*');
    expect([...idsOf(reply)].sort()).toEqual(
      ['hr-1', 'hr-2', 'hr-3', 'glucose', 'letter', 'letter-text'].sort(),
    );
  });
});
