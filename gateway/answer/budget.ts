/** The bytes of answers that are held at this moment, over all exchanges, against one limit. */

/** A share of the budget, taken bit by bit and given back at once. */
export interface Hold {
  /** Takes more bytes. False, with nothing taken, when the budget does not allow it. */
  readonly take: (bytes: number) => boolean;
  /** Gives everything back. May be called more than once. */
  readonly release: () => void;
}

/** One budget for a gateway. */
export interface HeldBytes {
  readonly held: number;
  /** True when a new exchange may start. */
  admits(): boolean;
  open(): Hold;
}

/** @param limit Bytes that may be held in all. */
export function createHeldBytes(limit: number): HeldBytes {
  let held = 0;
  return {
    get held() {
      return held;
    },
    admits: () => held < limit,
    open() {
      let mine = 0;
      return {
        take(bytes) {
          if (held + bytes > limit) return false;
          held += bytes;
          mine += bytes;
          return true;
        },
        release() {
          held -= mine;
          mine = 0;
        },
      };
    },
  };
}
