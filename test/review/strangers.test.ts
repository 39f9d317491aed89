/** Those who are no readers cannot fill the ledger with their refusals, and are on record all the same. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { detailOf } from '../support/face-under-test.ts';
import { validateAuditEvent } from '../support/balp/index.ts';
import { accessesIn, startReviewFace, type ReviewFace } from '../support/review-face.ts';
import type { AuditEvent } from '@medplum/fhirtypes';

async function open(perMinute: number): Promise<ReviewFace> {
  const face = await startReviewFace(() => ({ strangersPerPeerPerMinute: perMinute }));
  onTestFinished(() => face.close());
  return face;
}

const countsIn = (face: ReviewFace): AuditEvent[] =>
  face
    .records()
    .map((text) => JSON.parse(text) as AuditEvent)
    .filter((event) => detailOf(event, 'record-kind') === 'refusals');

describe('requests without a credential, beyond the rate', () => {
  it('are answered as before, and counted', async () => {
    const face = await open(2);
    for (let i = 0; i < 5; i++) {
      const answer = await face.ask('get', '/fhir/AuditEvent', '');
      expect(answer.status).toBe(401);
    }
    expect(accessesIn(face)).toHaveLength(2);
    await face.flush();
    const counts = countsIn(face);
    expect(counts.map((event) => detailOf(event, 'refusal-reason'))).toEqual([
      'review-credential-missing',
    ]);
    expect(detailOf(counts[0], 'refusals-count')).toBe('3');
    expect(validateAuditEvent(counts[0])).toEqual([]);
  });

  it('are counted apart by reason, the CapabilityStatement too', async () => {
    const face = await open(0);
    await face.ask('get', '/fhir/AuditEvent', 'nobody');
    await face.ask('get', '/fhir/metadata', '');
    await face.flush();
    const reasons = countsIn(face).map((event) => [
      detailOf(event, 'refusal-reason'),
      event.outcome,
    ]);
    expect(reasons).toEqual([
      ['review-credential-unknown', '8'],
      ['review-answered', '0'],
    ]);
    await face.flush();
    expect(countsIn(face)).toHaveLength(2);
  });
});

describe('a reader', () => {
  it('is recorded one by one, whatever the rate', async () => {
    const face = await open(0);
    for (let i = 0; i < 3; i++)
      expect((await face.ask('get', '/fhir/AuditEvent')).status).toBe(200);
    expect((await face.ask('get', '/fhir/nowhere')).status).toBe(404);
    expect(accessesIn(face)).toHaveLength(4);
  });
});
