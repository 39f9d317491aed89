/** The mapping against its specification: every golden exchange, and what each event claims. */
import { describe, expect, it } from 'vitest';
import { balp, validateAuditEvent } from '../../support/balp/index.ts';
import { describeGolden, readGoldens } from '../../support/golden.ts';

const goldens = readGoldens();

function profilesOf(event: unknown): readonly string[] {
  return (event as { meta?: { profile?: readonly string[] } }).meta?.profile ?? [];
}

describe('golden exchanges', () => {
  it('are there', () => {
    expect(goldens.length).toBeGreaterThanOrEqual(50);
  });

  it.each(goldens)('$name is recorded as written', (golden) => {
    expect(describeGolden(golden)).toEqual(golden.expected);
  });

  it.each(goldens)('$name is specified by valid events', (golden) => {
    for (const event of golden.expected) expect(validateAuditEvent(event)).toEqual([]);
  });

  it('claim every REST profile between them', () => {
    const claimed = new Set(goldens.flatMap((golden) => golden.expected.flatMap(profilesOf)));
    // A delete of something without a patient and the like are claimed in describe.test.ts.
    for (const name of ['Create', 'Read', 'Update', 'Delete', 'Query']) {
      expect(claimed).toContain(balp(`Patient${name}`));
    }
    expect(claimed).toContain(balp('Read'));
    expect(claimed).toContain(balp('Query'));
  });

  it('already satisfy the token profiles where the token has an id', () => {
    const tokens = goldens.filter(
      ({ before }) => 'claims' in before.identity && before.identity.claims.tokenId !== undefined,
    );
    expect(tokens.length).toBeGreaterThan(30);
    for (const { expected } of tokens) {
      for (const event of expected) {
        const also = ['OAUTHaccessTokenUse.Minimal', 'OAUTHaccessTokenUse.Comprehensive'].map(balp);
        expect(validateAuditEvent(event, also)).toEqual([]);
      }
    }
  });
});
