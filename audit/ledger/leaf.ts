/**
 * The 50 bytes of a leaf: what the tree is built over. Free of PHI, since it holds only a salted
 * commitment to the body. Pure. Layout: docs/ledger-format.md, "Leaf".
 */
import { createHash } from 'node:crypto';
import type { LeafKind } from './ledger.ts';

/** A leaf as a value. */
export interface Leaf {
  readonly kind: LeafKind;
  /** Milliseconds since 1970 at which its transaction was written. */
  readonly committedMs: number;
  /** Leaf index of the intent that this leaf settles or carries on. */
  readonly refersTo: number | undefined;
  /** SHA-256(salt || body), 32 bytes. */
  readonly commitment: Uint8Array;
}

/** Length of an encoded leaf. */
export const leafBytes = 50;
/** Length of a salt. */
export const saltBytes = 32;

const leafVersion = 1;
const word = 0x1_0000_0000;

/** In the order of their byte values, from 1. Only ever extended at the end. */
const kinds: readonly LeafKind[] = [
  'record',
  'intent',
  'carried-intent',
  'purge',
  'hold',
  'hold-release',
  'key-rotation',
  'epoch-start',
  'clock-step',
  'configuration-change',
  'heartbeat',
  'recovery',
];

/** The commitment to a body: SHA-256(salt || plain bytes). */
export function commitTo(salt: Uint8Array, body: Uint8Array): Uint8Array {
  return createHash('sha256').update(salt).update(body).digest();
}

/** The bytes of a leaf. */
export function encodeLeaf(leaf: Leaf): Buffer {
  const bytes = Buffer.allocUnsafe(leafBytes);
  bytes[0] = leafVersion;
  bytes[1] = kinds.indexOf(leaf.kind) + 1;
  writeUInt64(bytes, 2, leaf.committedMs);
  if (leaf.refersTo === undefined) bytes.fill(0xff, 10, 18);
  else writeUInt64(bytes, 10, leaf.refersTo);
  bytes.set(leaf.commitment, 18);
  return bytes;
}

/** The value of an encoded leaf. Undefined when these bytes are no leaf of this format. */
export function decodeLeaf(stored: Uint8Array): Leaf | undefined {
  if (stored.length !== leafBytes || stored[0] !== leafVersion) return undefined;
  const bytes = Buffer.from(stored.buffer, stored.byteOffset, stored.length);
  const kind = kinds[bytes.readUInt8(1) - 1];
  const committedMs = readUInt64(bytes, 2);
  const refersTo = bytes.subarray(10, 18).every((byte) => byte === 0xff)
    ? undefined
    : readUInt64(bytes, 10);
  if (kind === undefined || !Number.isSafeInteger(committedMs)) return undefined;
  if (refersTo !== undefined && !Number.isSafeInteger(refersTo)) return undefined;
  return { kind, committedMs, refersTo, commitment: bytes.subarray(18) };
}

// Two 32-bit halves: a safe integer has 53 bits, and BigInt would cost more than the hash.
function writeUInt64(bytes: Buffer, at: number, value: number): void {
  bytes.writeUInt32BE(Math.floor(value / word), at);
  bytes.writeUInt32BE(value % word, at + 4);
}

function readUInt64(bytes: Buffer, at: number): number {
  return bytes.readUInt32BE(at) * word + bytes.readUInt32BE(at + 4);
}
