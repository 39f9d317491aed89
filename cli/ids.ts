/**
 * New ids for records and requests: ULIDs that rise within a millisecond. Random bytes are drawn in
 * bulk, since `ulid` by itself asks the system sixteen times for each id.
 *
 * Spec: https://github.com/ulid/spec
 */
import { randomFillSync } from 'node:crypto';
import { monotonicFactory } from 'ulid';

const poolBytes = 4096;

/** Makes a source of ULIDs; to be shared by the whole process. */
export function createIds(): () => string {
  const pool = new Uint8Array(poolBytes);
  let used = poolBytes;
  const next = monotonicFactory(() => {
    if (used === poolBytes) {
      randomFillSync(pool);
      used = 0;
    }
    // A byte is enough: each draw chooses one of 32 characters.
    const byte = pool[used] ?? 0;
    used += 1;
    return byte / 256;
  });
  return () => next();
}
