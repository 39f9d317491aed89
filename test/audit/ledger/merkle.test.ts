import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addLeaf,
  decodeTree,
  emptyTree,
  encodeFrontier,
  hashLeaf,
  rootHash,
  sameTree,
} from '../../../audit/ledger/merkle.ts';
import type { Tree } from '../../../audit/ledger/merkle.ts';
import { naiveFrontier, naiveRoot } from '../../support/expect-ledger.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const grow = (tree: Tree, leaves: readonly Uint8Array[]): Tree =>
  leaves.reduce((grown, leaf) => addLeaf(grown, hashLeaf(leaf)), tree);

describe('the Merkle tree', () => {
  // Inputs and roots of the reference tests of Certificate Transparency, sizes 1 to 8.
  const inputs = [
    '',
    '00',
    '10',
    '2021',
    '3031',
    '40414243',
    '5051525354555657',
    '606162636465666768696a6b6c6d6e6f',
  ].map((text) => Buffer.from(text, 'hex'));
  const roots = [
    '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
    'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
    'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
    'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
    '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
    'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
    '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
  ];

  it('has the published roots', () => {
    expect(roots.map((_, i) => hex(rootHash(grow(emptyTree, inputs.slice(0, i + 1)))))).toEqual(
      roots,
    );
  });

  it('is SHA-256 of nothing when it has no leaf', () => {
    expect(hex(rootHash(emptyTree))).toBe(createHash('sha256').digest('hex'));
  });

  it('has the root and frontier of the naive definition at every size up to 300', () => {
    const leaves: Buffer[] = [];
    let tree = emptyTree;
    for (let size = 1; size <= 300; size++) {
      const leaf = Buffer.from(`leaf ${String(size)}`);
      leaves.push(leaf);
      tree = addLeaf(tree, hashLeaf(leaf));
      expect(hex(rootHash(tree))).toBe(hex(naiveRoot(leaves)));
      expect(hex(encodeFrontier(tree))).toBe(hex(naiveFrontier(leaves)));
    }
  });

  it('goes on from a stored frontier as if it had never stopped', () => {
    fc.assert(
      fc.property(fc.nat(200), fc.nat(200), (before, after) => {
        const leaves = Array.from({ length: before + after }, (_, i) => Buffer.of(i % 256));
        const first = grow(emptyTree, leaves.slice(0, before));
        const stored = decodeTree(first.size, encodeFrontier(first));
        if (stored === undefined) throw new Error('the stored tree was refused');
        const whole = grow(emptyTree, leaves);
        expect(sameTree(grow(stored, leaves.slice(before)), whole)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it('does not change the tree that it grows from', () => {
    const three = grow(emptyTree, inputs.slice(0, 3));
    const before = hex(rootHash(three));
    grow(three, inputs);
    expect(hex(rootHash(three))).toBe(before);
  });

  it.each([
    [1, 0],
    [3, 32],
    [4, 64],
    [2, 31],
    [-1, 0],
    [1.5, 32],
  ])('refuses a stored tree of size %d with %d bytes of frontier', (size, bytes) => {
    expect(decodeTree(size, Buffer.alloc(bytes))).toBeUndefined();
  });

  it('takes a stored tree whose frontier fits', () => {
    expect(decodeTree(3, Buffer.alloc(64))?.frontier).toHaveLength(2);
  });
});
