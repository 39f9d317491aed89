/** The exchanges under way: counted for admission, waited for at the end. */
import type { ServerResponse } from 'node:http';

/** See `createInFlight`. */
export interface InFlight {
  readonly count: number;
  /** Runs an exchange and counts it, from its start until it is done and its response closed. */
  track(response: ServerResponse, run: () => Promise<void>): Promise<void>;
  /** Resolves when nothing is under way any more, or after `timeoutMs`. */
  ended(timeoutMs: number): Promise<void>;
}

/** Makes the counter. */
export function createInFlight(): InFlight {
  let count = 0;
  let waiting: (() => void)[] = [];
  const leave = (): void => {
    count -= 1;
    if (count > 0) return;
    for (const wake of waiting) wake();
    waiting = [];
  };
  return {
    get count() {
      return count;
    },
    track(response, run) {
      count += 1;
      const exchange = run();
      const end = (): void => {
        if (response.closed || response.destroyed) leave();
        else response.once('close', leave);
      };
      void exchange.then(end, end);
      return exchange;
    },
    async ended(timeoutMs) {
      if (count === 0) return;
      let timer: NodeJS.Timeout | undefined;
      const timeout = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, timeoutMs);
      });
      const end = new Promise<void>((resolve) => waiting.push(resolve));
      await Promise.race([end, timeout]);
      clearTimeout(timer);
    },
  };
}
