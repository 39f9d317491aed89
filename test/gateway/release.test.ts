/** Releasing without a receipt does not compile: `npm run check types` is half of this test. */
import http from 'node:http';
import { describe, expect, it } from 'vitest';
import type { Receipts } from '../../audit/ledger/index.ts';
import { release, releasePreflight, type ReleasableAnswer } from '../../gateway/release.ts';

const response = new http.ServerResponse(new http.IncomingMessage(null as never));
const answer: ReleasableAnswer = { status: 200, statusText: 'OK', headers: [], body: undefined };

describe('an answer of the upstream', () => {
  it('cannot be released without receipts that the ledger made', () => {
    const withNone = (): void => {
      // @ts-expect-error no receipts
      release(response, answer, []);
    };
    const withForged = (): void => {
      // @ts-expect-error a forged receipt
      const forged: Receipts = [{ leafIndex: 1 }];
      release(response, answer, forged);
    };
    expect(withNone).toThrow('without a receipt');
    expect(response.headersSent).toBe(false);
    expect(withForged).toBeTypeOf('function');
  });

  it('is not what a preflight without a record gets', () => {
    const unrecorded = (): void => {
      releasePreflight(response, [], { kind: 'unrecordable' });
    };
    expect(unrecorded).toThrow('without a record');
  });
});
