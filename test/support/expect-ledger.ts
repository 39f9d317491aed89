/**
 * A second verifier of the ledger, written from docs/ledger-format.md and sharing no code with
 * `audit/ledger`: naive RFC 6962 by its recursive definition, its own SQL, its own leaf decoder. A
 * bug that both verifiers had would have to be made twice.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';

/** One leaf as this verifier reads it. */
export interface SeenLeaf {
  readonly index: number;
  /** The kind byte: 1 record, 2 intent, 3 carried intent, 8 epoch start, 9 clock step, 12 recovery. */
  readonly kind: number;
  readonly committedMs: number;
  readonly refersTo: number | undefined;
  readonly text: string;
  /** Number of the file that holds it. */
  readonly file: number;
}

/** All that was read. */
export interface SeenLedger {
  readonly size: number;
  readonly root: string;
  readonly leaves: readonly SeenLeaf[];
  /** Bodies of the records, in order. */
  readonly records: readonly string[];
  /** Indexes of the open intents, ascending. */
  readonly openIntents: readonly number[];
  readonly files: number;
}

/** What a test knows of the ledger. */
export interface Expected {
  readonly size?: number;
  readonly records?: number;
  readonly openIntents?: readonly number[];
}

const sha256 = (...parts: Uint8Array[]): Buffer =>
  createHash('sha256').update(Buffer.concat(parts)).digest();

/** RFC 6962 section 2.1, MTH(D[n]), as it is written there. Of leaves, not of their hashes. */
export function naiveRoot(leaves: readonly Uint8Array[]): Buffer {
  const [first] = leaves;
  if (first === undefined) return sha256();
  if (leaves.length === 1) return sha256(Buffer.of(0), first);
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return sha256(Buffer.of(1), naiveRoot(leaves.slice(0, split)), naiveRoot(leaves.slice(split)));
}

/** The frontier of n leaves: the roots of its perfect subtrees, the largest first. */
export function naiveFrontier(leaves: readonly Uint8Array[]): Buffer {
  if (leaves.length === 0) return Buffer.alloc(0);
  let perfect = 1;
  while (perfect * 2 <= leaves.length) perfect *= 2;
  return Buffer.concat([naiveRoot(leaves.slice(0, perfect)), naiveFrontier(leaves.slice(perfect))]);
}

/**
 * Checks every stored byte of the epoch in `directory` (`Ledger.directory`).
 *
 * @throws Error that says what is wrong first.
 */
export function expectLedger(directory: string, expected: Expected = {}): SeenLedger {
  const head = readFileSync(join(directory, 'head'), 'utf8').split('\n');
  must(head.length === 5, 'the head has four lines');
  const [origin = '', headSize = '', headRoot = '', sum = ''] = head;
  must(
    sum === sha256(Buffer.from(`${origin}\n${headSize}\n${headRoot}\n`)).toString('base64'),
    'the checksum of the head fits',
  );
  const names = readdirSync(directory)
    .filter((name) => /^leaves-\d+\.db$/.test(name))
    .sort();
  must(names.length > 0, 'there is a file');
  const encoded: Uint8Array[] = [];
  const leaves: SeenLeaf[] = [];
  const open = new Map<number, string>();
  names.forEach((name, i) => {
    must(name === `leaves-${String(i + 1).padStart(6, '0')}.db`, `${name} is in the run`);
    const db = new Database(join(directory, name), { readonly: true, fileMustExist: true });
    try {
      readFile(db, { origin, number: i + 1 }, encoded, leaves, open);
    } finally {
      db.close();
    }
  });
  must(encoded.length >= Number(headSize), 'there is as much as the head says');
  must(
    naiveRoot(encoded.slice(0, Number(headSize))).toString('base64') === headRoot,
    'the root in the head is that of the leaves',
  );
  const records = leaves.filter((leaf) => leaf.kind === 1).map((leaf) => leaf.text);
  const openIntents = [...open.keys()].sort((a, b) => a - b);
  if (expected.size !== undefined) mustEqual(encoded.length, expected.size, 'size');
  if (expected.records !== undefined) mustEqual(records.length, expected.records, 'records');
  if (expected.openIntents !== undefined) {
    mustEqual(openIntents.join(), expected.openIntents.join(), 'open intents');
  }
  const root = naiveRoot(encoded).toString('base64');
  return { size: encoded.length, root, leaves, records, openIntents, files: names.length };
}

function readFile(
  db: Database.Database,
  place: { readonly origin: string; readonly number: number },
  encoded: Uint8Array[],
  leaves: SeenLeaf[],
  open: Map<number, string>,
): void {
  const file = db.prepare('SELECT * FROM file').get() as {
    origin: string;
    file_number: number;
    first_leaf: number;
    base_frontier: Buffer;
  };
  mustEqual(file.origin, place.origin, 'origin');
  mustEqual(file.file_number, place.number, 'file number');
  mustEqual(file.first_leaf, encoded.length, 'first leaf');
  must(file.base_frontier.equals(naiveFrontier(encoded)), 'the base frontier fits');
  const bodies = new Map(
    (
      db.prepare('SELECT * FROM body').all() as {
        leaf_index: number;
        salt: Buffer;
        encoding: number;
        body: Buffer;
      }[]
    ).map((row) => [row.leaf_index, row]),
  );
  const rows = db.prepare('SELECT * FROM leaf ORDER BY leaf_index').all() as {
    leaf_index: number;
    leaf: Buffer;
  }[];
  for (const { leaf_index: index, leaf } of rows) {
    mustEqual(index, encoded.length, 'leaf index');
    mustEqual(leaf.length, 50, 'length of a leaf');
    mustEqual(leaf[0], 1, 'version of a leaf');
    const kind = leaf.readUInt8(1);
    const committedMs = Number(leaf.readBigUInt64BE(2));
    must(committedMs >= (leaves.at(-1)?.committedMs ?? 0), 'time does not go back');
    const refers = leaf.readBigUInt64BE(10);
    const refersTo = refers === 0xffff_ffff_ffff_ffffn ? undefined : Number(refers);
    const body = bodies.get(index);
    if (body === undefined) throw new Error(`expectLedger: leaf ${String(index)} has no body`);
    bodies.delete(index);
    mustEqual(body.encoding, 0, 'encoding');
    must(sha256(body.salt, body.body).equals(leaf.subarray(18)), `body ${String(index)} fits`);
    const text = body.body.toString();
    mustEqual(kind === 8, index === 0, 'that the epoch starts at leaf 0');
    if (index === 0) mustEqual(text, `{"origin":"${place.origin}"}`, 'body of leaf 0');
    encoded.push(leaf);
    leaves.push({ index, kind, committedMs, refersTo, text, file: place.number });
    if (kind === 2) open.set(index, text);
    if (kind === 3) mustEqual(open.get(refersTo ?? -1), text, `carried intent ${String(index)}`);
    if (kind === 1 && refersTo !== undefined) {
      mustEqual(leaves[refersTo]?.kind, 2, 'kind of what a record settles');
      open.delete(refersTo);
    }
  }
  mustEqual(bodies.size, 0, 'bodies without a leaf');
  const tree = db.prepare('SELECT size, frontier FROM tree').get() as {
    size: number;
    frontier: Buffer;
  };
  mustEqual(tree.size, encoded.length, 'size of the tree');
  must(tree.frontier.equals(naiveFrontier(encoded)), 'the frontier fits');
  const stored = db.prepare('SELECT * FROM open_intent ORDER BY leaf_index').all() as {
    leaf_index: number;
    body_leaf: number;
  }[];
  mustEqual(
    stored.map((row) => row.leaf_index).join(),
    [...open.keys()].sort((a, b) => a - b).join(),
    'stored open intents',
  );
  for (const row of stored) {
    const holder = leaves[row.body_leaf];
    mustEqual(holder?.file, place.number, 'file of the body of an open intent');
    mustEqual(holder?.text, open.get(row.leaf_index), 'body of an open intent');
  }
}

function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(`expectLedger: it does not hold that ${what}`);
}

function mustEqual(actual: unknown, expected: unknown, what: string): void {
  if (actual !== expected) {
    throw new Error(`expectLedger: ${what} is ${String(actual)}, not ${String(expected)}`);
  }
}
