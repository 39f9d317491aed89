/** The bodies of the benchmark are what the cases say they are. */
import { describe, expect, it } from 'vitest';
import { BENCH_CASES, caseBody } from '../../bench/bodies.ts';

const BASE = 'http://127.0.0.1:12345/fhir';

describe.each(BENCH_CASES)('the body of $name', (benchCase) => {
  const body = caseBody(benchCase, BASE);

  it('has its size within half a percent', () => {
    expect(Math.abs(body.length - benchCase.bodyBytes) / benchCase.bodyBytes).toBeLessThan(0.005);
  });

  it('is JSON with characters outside ASCII', () => {
    expect(JSON.parse(body.toString('utf8'))).toHaveProperty('resourceType');
    expect(body.length).toBeGreaterThan(body.toString('utf8').length);
  });
});

describe('the searchset of one patient', () => {
  const benchCase = BENCH_CASES.find(({ name }) => name === 'searchset-65k') ?? BENCH_CASES[0];
  const bundle = JSON.parse(caseBody(benchCase, BASE).toString('utf8')) as {
    readonly link: readonly { readonly url: string }[];
    readonly entry: readonly {
      readonly fullUrl: string;
      readonly resource: { readonly subject: { readonly reference: string } };
    }[];
  };

  it('has 20 entries with absolute addresses that a gateway has to change', () => {
    expect(bundle.entry).toHaveLength(20);
    for (const { fullUrl } of bundle.entry) expect(fullUrl.startsWith(`${BASE}/`)).toBe(true);
    for (const { url } of bundle.link) expect(url.startsWith(`${BASE}/`)).toBe(true);
  });

  it('is about one patient', () => {
    const patients = bundle.entry.map(({ resource }) => resource.subject.reference);
    expect(new Set(patients)).toEqual(new Set([`${BASE}/Patient/bench-0`]));
  });
});
