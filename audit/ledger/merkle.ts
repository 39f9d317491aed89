/**
 * The Merkle tree over the leaves, as a value: its size and its frontier. Pure; the only place in
 * Chaperone that knows how hashes are combined.
 *
 * Spec: RFC 6962 section 2.1. The frontier is the compact range of [0, size): the roots of the
 * perfect subtrees of the binary decomposition of `size`, the largest first.
 */
import { createHash } from 'node:crypto';

/** A tree that can grow: everything that is needed to add leaves and to name the root. */
export interface Tree {
  readonly size: number;
  /** As many 32-byte hashes as `size` has one bits, the largest subtree first. */
  readonly frontier: readonly Uint8Array[];
}

const hashBytes = 32;
const leafPrefix = Buffer.of(0);
const nodePrefix = Buffer.of(1);

/** The tree without leaves. */
export const emptyTree: Tree = { size: 0, frontier: [] };

/** RFC 6962 hash of one leaf: SHA-256(0x00 || leaf). */
export function hashLeaf(leaf: Uint8Array): Uint8Array {
  return createHash('sha256').update(leafPrefix).update(leaf).digest();
}

function hashNode(left: Uint8Array, right: Uint8Array): Uint8Array {
  return createHash('sha256').update(nodePrefix).update(left).update(right).digest();
}

/** The tree with one more leaf; `tree` itself does not change. */
export function addLeaf(tree: Tree, leafHash: Uint8Array): Tree {
  const frontier = tree.frontier.slice();
  let carry = leafHash;
  // Each trailing one bit of the size is a subtree as large as the carry: the two become one.
  for (let rest = tree.size; rest % 2 === 1; rest = (rest - 1) / 2) {
    const left = frontier.pop();
    if (left === undefined) throw new Error('the frontier does not fit the tree size');
    carry = hashNode(left, carry);
  }
  frontier.push(carry);
  return { size: tree.size + 1, frontier };
}

/** RFC 6962 root hash. That of the empty tree is SHA-256 of nothing. */
export function rootHash(tree: Tree): Uint8Array {
  const last = tree.frontier.at(-1);
  if (last === undefined) return createHash('sha256').digest();
  return tree.frontier.slice(0, -1).reduceRight((right, left) => hashNode(left, right), last);
}

/** The frontier as it is stored: its hashes one after the other. */
export function encodeFrontier(tree: Tree): Uint8Array {
  return Buffer.concat(tree.frontier);
}

/** A stored tree. Undefined when the number of hashes does not fit the size. */
export function decodeTree(size: number, frontier: Uint8Array): Tree | undefined {
  if (!Number.isSafeInteger(size) || size < 0) return undefined;
  if (frontier.length !== countOnes(size) * hashBytes) return undefined;
  const hashes: Uint8Array[] = [];
  for (let at = 0; at < frontier.length; at += hashBytes) {
    hashes.push(frontier.slice(at, at + hashBytes));
  }
  return { size, frontier: hashes };
}

/** True when both trees have the same leaves. */
export function sameTree(one: Tree, other: Tree): boolean {
  return (
    one.size === other.size && Buffer.compare(encodeFrontier(one), encodeFrontier(other)) === 0
  );
}

function countOnes(size: number): number {
  let ones = 0;
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) ones += rest % 2;
  return ones;
}
