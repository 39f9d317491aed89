import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { commitTo, decodeLeaf, encodeLeaf } from '../../../audit/ledger/leaf.ts';
import type { Leaf } from '../../../audit/ledger/leaf.ts';
import type { LeafKind } from '../../../audit/ledger/index.ts';

const commitment = Buffer.alloc(32, 0xab);
const golden = Buffer.from(
  '01' + '02' + '0000019b76da1400' + '0000000000000007' + 'ab'.repeat(32),
  'hex',
);

describe('a leaf', () => {
  it('has the fifty bytes of the format', () => {
    const leaf: Leaf = { kind: 'intent', committedMs: 0x19b76da1400, refersTo: 7, commitment };
    expect(encodeLeaf(leaf).toString('hex')).toBe(golden.toString('hex'));
  });

  it('has all ones where it refers to nothing', () => {
    const leaf: Leaf = { kind: 'record', committedMs: 1, refersTo: undefined, commitment };
    expect(encodeLeaf(leaf).subarray(10, 18).toString('hex')).toBe('ff'.repeat(8));
  });

  it('is read back as it was written', () => {
    const kinds: LeafKind[] = ['record', 'intent', 'carried-intent', 'clock-step', 'recovery'];
    fc.assert(
      fc.property(
        fc.constantFrom(...kinds),
        fc.maxSafeNat(),
        fc.option(fc.maxSafeNat(), { nil: undefined }),
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        (kind, committedMs, refersTo, bytes) => {
          const read = decodeLeaf(encodeLeaf({ kind, committedMs, refersTo, commitment: bytes }));
          expect(read).toMatchObject({ kind, committedMs, refersTo });
          expect(Buffer.compare(read?.commitment ?? new Uint8Array(), bytes)).toBe(0);
        },
      ),
    );
  });

  it.each([
    ['too short', golden.subarray(0, 49)],
    ['too long', Buffer.concat([golden, Buffer.of(0)])],
    ['of another version', Buffer.concat([Buffer.of(2), golden.subarray(1)])],
    ['of kind 0', Buffer.concat([Buffer.of(1, 0), golden.subarray(2)])],
    ['of kind 13', Buffer.concat([Buffer.of(1, 13), golden.subarray(2)])],
    [
      'with an index beyond safe integers',
      Buffer.concat([golden.subarray(0, 10), Buffer.alloc(8, 0x7f), golden.subarray(18)]),
    ],
  ])('is refused when it is %s', (_, bytes) => {
    expect(decodeLeaf(golden)).toBeDefined();
    expect(decodeLeaf(bytes)).toBeUndefined();
  });

  it('commits to the salt before the body', () => {
    const ownDigest = createHash('sha256').update('salt-then-body').digest('hex');
    const commitment = commitTo(Buffer.from('salt-'), Buffer.from('then-body'));
    expect(Buffer.from(commitment).toString('hex')).toBe(ownDigest);
  });
});
