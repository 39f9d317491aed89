/** The check after a run: a leg that did not record what it answered must not pass. */
import { describe, expect, it } from 'vitest';
import { BENCH_CASES } from '../../bench/bodies.ts';
import { answerCount } from '../../bench/comparison.ts';
import { judgeLedger } from '../../bench/ledger-check.ts';

const GOOD = { ok: true, records: 100, problems: [] };
const COUNTS = { answers: 100, recordsNeeded: 100, serveExitCode: 0 };

describe('the ledger check', () => {
  it('passes with a verified ledger and a record for every answer', () => {
    expect(judgeLedger(GOOD, COUNTS)).toMatchObject({ ok: true, problems: [] });
  });

  it('fails when one record is missing', () => {
    const check = judgeLedger({ ...GOOD, records: 99 }, COUNTS);
    expect(check.ok).toBe(false);
    expect(check.problems).toHaveLength(1);
  });

  it('fails when the ledger does not verify, with or without a stated problem', () => {
    expect(judgeLedger({ ...GOOD, ok: false }, COUNTS).ok).toBe(false);
    const problems = [{ code: 'LEAF_MISMATCH', message: 'leaf 7' }];
    expect(judgeLedger({ ...GOOD, ok: false, problems }, COUNTS).problems).toEqual([
      'LEAF_MISMATCH: leaf 7',
    ]);
  });

  it('fails when serve did not end well', () => {
    expect(judgeLedger(GOOD, { ...COUNTS, serveExitCode: 70 }).ok).toBe(false);
    expect(judgeLedger(GOOD, { ...COUNTS, serveExitCode: null }).ok).toBe(false);
  });
});

describe('the count of answers', () => {
  it('asks for as many records as the answers must have left, leg by leg', () => {
    const [single] = BENCH_CASES;
    const many = BENCH_CASES.find(({ eventsPerExchange }) => eventsPerExchange === 20) ?? single;
    const counted = answerCount();
    counted.add('chaperone', single, 3);
    counted.add('chaperone', many, 2);
    counted.add('direct', single, 1_000);
    expect(counted.of('chaperone')).toEqual({ answers: 5, recordsNeeded: 43 });
    expect(counted.of('http-proxy-middleware').answers).toBe(0);
  });
});
