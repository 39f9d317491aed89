/**
 * Verification of one leaf and its body: bytes, commitment, order, time, and what it does to the
 * set of open intents.
 */
import { createHash } from 'node:crypto';
import { commitTo, decodeLeaf } from './leaf.ts';
import type { Leaf } from './leaf.ts';
import { addLeaf, hashLeaf, rootHash } from './merkle.ts';
import type { Walk } from './verify-epoch.ts';

/** A leaf and its body as they are stored. */
export interface StoredRow {
  readonly leafIndex: number;
  readonly leaf: Uint8Array;
  readonly salt: Uint8Array | null;
  readonly encoding: number | null;
  readonly body: Uint8Array | null;
}

/** Fingerprint by which the bodies of an intent and of what carries it on are compared. */
export function bodyDigest(body: Uint8Array): string {
  return createHash('sha256').update(body).digest('base64');
}

/** Checks the next leaf and moves `walk` on by it. */
export function verifyLeaf(walk: Walk, row: StoredRow, firstLeafOfFile: number): void {
  const { problems, tree } = walk;
  if (row.leafIndex !== tree.size && walk.intact) {
    const text = `leaf ${String(tree.size)} is missing before leaf ${String(row.leafIndex)}`;
    problems.add('leaf-missing', text, tree.size);
    walk.intact = false;
  }
  const leaf = decodeLeaf(row.leaf);
  if (leaf === undefined) problems.add('leaf-damaged', 'the leaf is no leaf', row.leafIndex);
  else {
    verifyBody(walk, row, leaf);
    verifyStart(walk, row, leaf);
    if (leaf.committedMs < walk.committedMs) {
      problems.add('time-backwards', 'the leaf is older than the one before it', row.leafIndex);
    }
    walk.committedMs = leaf.committedMs;
    if (leaf.kind === 'record') walk.records += 1;
    followIntents(walk, row, leaf, firstLeafOfFile);
  }
  walk.tree = addLeaf(tree, hashLeaf(row.leaf));
  compareHead(walk);
}

function verifyBody(walk: Walk, row: StoredRow, leaf: Leaf): void {
  const { problems } = walk;
  if (row.body === null || row.salt === null) {
    problems.add('body-missing', 'the leaf has no body', row.leafIndex);
  } else if (row.encoding !== 0) {
    problems.add('encoding-unknown', 'the body has an unknown encoding', row.leafIndex);
  } else if (Buffer.compare(commitTo(row.salt, row.body), leaf.commitment) !== 0) {
    const text = 'the body is not the one that the leaf commits to';
    problems.add('body-changed', text, row.leafIndex);
  }
}

/** Leaf 0 binds the tree to the origin; no other leaf may claim to. */
function verifyStart(walk: Walk, row: StoredRow, leaf: Leaf): void {
  const isFirst = row.leafIndex === 0;
  const isStart = leaf.kind === 'epoch-start';
  if (!isFirst && !isStart) return;
  const named = Buffer.from(row.body ?? []).toString();
  if (isFirst && isStart && named === JSON.stringify({ origin: walk.origin })) return;
  const text = 'leaf 0, and it alone, must begin the epoch of this origin';
  walk.problems.add('file-mismatch', text, row.leafIndex);
}

function followIntents(walk: Walk, row: StoredRow, leaf: Leaf, firstLeafOfFile: number): void {
  const { openIntents, problems } = walk;
  const body = row.body === null ? '' : bodyDigest(row.body);
  const { refersTo } = leaf;
  if (leaf.kind === 'intent') {
    walk.latestIntents.add(row.leafIndex);
    openIntents.set(row.leafIndex, body);
  } else if (leaf.kind === 'carried-intent') {
    if (walk.intact && (refersTo === undefined || openIntents.get(refersTo) !== body)) {
      const text = 'the leaf carries on an intent that was not open or was another';
      problems.add('reference-wrong', text, row.leafIndex);
    }
    if (refersTo !== undefined) openIntents.set(refersTo, body);
  } else if (refersTo !== undefined && !openIntents.delete(refersTo)) {
    // Settled before: legal. Whether it was an intent at all is known for those of this file.
    const known = refersTo < firstLeafOfFile || walk.latestIntents.has(refersTo);
    if (!known || refersTo >= row.leafIndex) {
      const text = 'the leaf refers to what is not an intent';
      problems.add('reference-wrong', text, row.leafIndex);
    }
  }
}

function compareHead(walk: Walk): void {
  const { head, tree, intact } = walk;
  if (head?.size !== tree.size || !intact) return;
  if (head.root === Buffer.from(rootHash(tree)).toString('base64')) return;
  walk.problems.add('head-mismatch', 'the head file has another root hash than the leaves');
}
