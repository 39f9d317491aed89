import { describe, expect, it } from 'vitest';
import { createRefusals } from '../../../audit/event/refusal-rate.ts';

const peer = { address: '192.0.2.1' };
const other = { address: '192.0.2.2' };

function atSecond(second: number): Date {
  return new Date(Date.UTC(2026, 10, 25, 12, 0, second));
}

describe('refusals of one peer', () => {
  it('are admitted one by one up to the rate, and counted beyond it', () => {
    const refusals = createRefusals(3, () => atSecond(0));
    const admitted = Array.from({ length: 5 }, () => refusals.admits(peer, 'not-found'));
    expect(admitted).toEqual([true, true, true, false, false]);
    expect(refusals.drain()).toEqual([
      { peer, reason: 'not-found', count: 2, firstAt: atSecond(0), lastAt: atSecond(0) },
    ]);
  });

  it('do not use up the rate of another peer', () => {
    const refusals = createRefusals(1, () => atSecond(0));
    refusals.admits(peer, 'not-found');
    expect(refusals.admits(peer, 'not-found')).toBe(false);
    expect(refusals.admits(other, 'not-found')).toBe(true);
  });

  it('are admitted again in the next minute', () => {
    let now = atSecond(0);
    const refusals = createRefusals(1, () => now);
    refusals.admits(peer, 'not-found');
    now = atSecond(59);
    expect(refusals.admits(peer, 'not-found')).toBe(false);
    now = atSecond(60);
    expect(refusals.admits(peer, 'not-found')).toBe(true);
  });

  it('are admitted when the clock was set back', () => {
    let now = atSecond(3000);
    const refusals = createRefusals(1, () => now);
    refusals.admits(peer, 'not-found');
    now = atSecond(0);
    expect(refusals.admits(peer, 'not-found')).toBe(true);
  });
});

describe('counts', () => {
  it('keep the first and the last instant, by peer and reason', () => {
    let now = atSecond(1);
    const refusals = createRefusals(0, () => now);
    refusals.admits(peer, 'not-found');
    now = atSecond(9);
    refusals.admits(peer, 'not-found');
    refusals.admits(peer, 'host-unknown');
    expect(refusals.drain()).toEqual([
      { peer, reason: 'not-found', count: 2, firstAt: atSecond(1), lastAt: atSecond(9) },
      { peer, reason: 'host-unknown', count: 1, firstAt: atSecond(9), lastAt: atSecond(9) },
    ]);
    expect(refusals.drain()).toEqual([]);
  });

  it('are added to what came meanwhile when they are given back', () => {
    let now = atSecond(1);
    const refusals = createRefusals(0, () => now);
    refusals.admits(peer, 'not-found');
    const drained = refusals.drain();
    now = atSecond(2);
    refusals.admits(peer, 'not-found');
    refusals.restore(drained);
    expect(refusals.drain()).toEqual([
      { peer, reason: 'not-found', count: 2, firstAt: atSecond(1), lastAt: atSecond(2) },
    ]);
  });

  it('stay bounded when every refusal comes from another peer, and lose none', () => {
    const refusals = createRefusals(0, () => atSecond(0));
    for (let i = 0; i < 25_000; i++) {
      refusals.admits({ address: `2001:db8::${i.toString(16)}` }, 'not-found');
    }
    const drained = refusals.drain();
    expect(drained.length).toBeLessThanOrEqual(10_001);
    expect(drained.reduce((sum, one) => sum + one.count, 0)).toBe(25_000);
  });
});
