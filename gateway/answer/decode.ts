/**
 * Takes off the content coding of an answer, strictly: exactly one gzip member and not a byte
 * behind it. Decoders differ on what follows a member, and a client that reads on would see what
 * was never inspected.
 *
 * Spec: RFC 1952 (gzip), RFC 9110 section 8.4.
 */
import { crc32, inflateRaw, inflateRawSync, type InputType } from 'node:zlib';

/** The plain bytes, or why there are none. */
export type Decoded =
  | { readonly kind: 'decoded'; readonly bytes: Uint8Array; readonly wasCoded: boolean }
  | { readonly kind: 'refused'; readonly reason: 'answer-encoding' | 'too-costly' };

const refused: Decoded = { kind: 'refused', reason: 'answer-encoding' };

/** Above this many coded bytes the work goes to another thread. */
const asynchronousFrom = 64 * 1024;

/**
 * @param contentEncoding Value of the header; undefined when absent.
 * @param maxBytes Most bytes that the result may have (`too-costly` beyond).
 */
export async function decodeBody(
  bytes: Uint8Array,
  contentEncoding: string | undefined,
  maxBytes: number,
): Promise<Decoded> {
  const coding = contentEncoding?.trim().toLowerCase() ?? '';
  if (coding === '' || coding === 'identity' || bytes.length === 0) {
    return { kind: 'decoded', bytes, wasCoded: false };
  }
  if (coding !== 'gzip' && coding !== 'x-gzip') return refused;
  const start = headerLength(bytes);
  if (start === undefined) return refused;
  try {
    const { buffer, consumed } = await inflate(bytes.subarray(start), maxBytes);
    return isWhole(bytes, start + consumed, buffer)
      ? { kind: 'decoded', bytes: buffer, wasCoded: true }
      : refused;
  } catch (error) {
    const tooLarge = error instanceof RangeError || codeOf(error) === 'ERR_BUFFER_TOO_LARGE';
    return tooLarge ? { kind: 'refused', reason: 'too-costly' } : refused;
  }
}

/** Length of the member's header; undefined when it is not one. */
function headerLength(bytes: Uint8Array): number | undefined {
  if (bytes.length < 18 || bytes[0] !== 0x1f || bytes[1] !== 0x8b || bytes[2] !== 8)
    return undefined;
  const flags = bytes[3] ?? 0;
  if (flags >= 0x20) return undefined;
  const has = (value: number): boolean => Math.floor(flags / value) % 2 === 1;
  let at = 10;
  if (has(4)) at += 2 + (bytes[at] ?? 0) + 256 * (bytes[at + 1] ?? 0);
  for (const present of [has(8), has(16)]) {
    if (!present) continue;
    const end = bytes.indexOf(0, at);
    if (end < 0) return undefined;
    at = end + 1;
  }
  if (has(2)) at += 2;
  return at < bytes.length ? at : undefined;
}

interface Inflated {
  readonly buffer: Uint8Array;
  /** Bytes of the input that the deflate stream took. */
  readonly consumed: number;
}

/** What zlib gives with `info: true` (the type definitions leave it out). */
interface InfoResult {
  readonly buffer: Buffer;
  readonly engine: { readonly bytesWritten: number };
}

function inflate(input: InputType & Uint8Array, maxOutputLength: number): Promise<Inflated> {
  const options = { info: true, maxOutputLength };
  if (input.length < asynchronousFrom) {
    return Promise.resolve(inflated(inflateRawSync(input, options) as unknown as InfoResult));
  }
  return new Promise((resolve, reject) => {
    inflateRaw(input, options, (error, result) => {
      if (error === null) resolve(inflated(result as unknown as InfoResult));
      else reject(error);
    });
  });
}

function inflated(result: InfoResult): Inflated {
  return { buffer: result.buffer, consumed: result.engine.bytesWritten };
}

function isWhole(member: Uint8Array, trailerAt: number, plain: Uint8Array): boolean {
  if (trailerAt + 8 !== member.length) return false;
  const trailer = new DataView(member.buffer, member.byteOffset + trailerAt, 8);
  return (
    trailer.getUint32(0, true) === crc32(plain) &&
    trailer.getUint32(4, true) === plain.length % 2 ** 32
  );
}

function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null ? Reflect.get(error, 'code') : undefined;
}
