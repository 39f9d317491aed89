/**
 * What the EHR hands to an app that it starts: an opaque handle that stands for a user, a patient
 * and an encounter. A handle works once and only for a few minutes, and signs its user in: in this
 * sample the EHR's launcher has no sign-in of its own.
 *
 * Spec: SMART App Launch 2.2 "Launch App: EHR Launch".
 */
import { randomBytes } from 'node:crypto';

/** What an app is started for. */
export interface LaunchContext {
  /** Account of the user. */
  readonly account: string;
  /** Logical id. */
  readonly patient?: string | undefined;
  /** Logical id. */
  readonly encounter?: string | undefined;
}

/** See `createLaunches`. */
export interface Launches {
  /** @returns The handle: 256 random bits. */
  register(context: LaunchContext): string;
  /** Uses a handle up. @returns False when it is unknown, too old, or was used. */
  use(handle: string): boolean;
  /** What a used handle stands for, while its authorization goes on. */
  contextOf(handle: string): LaunchContext | undefined;
  clear(): void;
}

const openForMs = 5 * 60_000;
const keptForMs = 60 * 60_000;

interface Launch {
  readonly context: LaunchContext;
  readonly registeredAtMs: number;
  readonly used: boolean;
}

/** @param clock Decides when a handle is too old. */
export function createLaunches(clock: () => Date): Launches {
  const launches = new Map<string, Launch>();
  const ageOf = (launch: Launch): number => clock().getTime() - launch.registeredAtMs;
  return {
    register(context) {
      for (const [handle, launch] of launches) {
        if (ageOf(launch) > keptForMs) launches.delete(handle);
      }
      const handle = randomBytes(32).toString('base64url');
      launches.set(handle, { context, registeredAtMs: clock().getTime(), used: false });
      return handle;
    },
    use(handle) {
      const launch = launches.get(handle);
      if (launch === undefined || launch.used || ageOf(launch) > openForMs) return false;
      launches.set(handle, { ...launch, used: true });
      return true;
    },
    contextOf(handle) {
      const launch = launches.get(handle);
      return launch?.used === true ? launch.context : undefined;
    },
    clear() {
      launches.clear();
    },
  };
}
