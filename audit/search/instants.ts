/**
 * The instants of one block of leaves as bytes: distances from the earliest, in four bytes each;
 * in eight when the block spans more than some weeks. Pure.
 */

/** One number for each leaf, milliseconds since 1970; NaN where there is no event. */
export type Instants = Float64Array;

const none = 0xffffffff;

/** A block without events. */
export function noInstants(length: number): Instants {
  return new Float64Array(length).fill(NaN);
}

/** Bytes for the file. */
export function encodeInstants(instants: Instants): Uint8Array {
  let low = Infinity;
  let high = -Infinity;
  for (const ms of instants) {
    if (ms < low) low = ms;
    if (ms > high) high = ms;
  }
  if (high - low >= none) return new Uint8Array(Float64Array.from(instants).buffer);
  const distances = Uint32Array.from(instants, (ms) => (Number.isNaN(ms) ? none : ms - low));
  return new Uint8Array(distances.buffer);
}

/** @param low The earliest instant of the block. */
export function decodeInstants(bytes: Uint8Array, low: number, length = 1024): Instants {
  // Copied, so that the view is aligned.
  const { buffer } = Uint8Array.from(bytes);
  if (bytes.length === length * Float64Array.BYTES_PER_ELEMENT) return new Float64Array(buffer);
  return Float64Array.from(new Uint32Array(buffer), (distance) =>
    distance === none ? NaN : low + distance,
  );
}
