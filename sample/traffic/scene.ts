/** What a scene of the clinic day is given. */
import type { SessionRequest } from './cast.ts';
import type { Player, TrafficSession } from './player.ts';

/** The means of a scene. */
export interface Stage {
  readonly player: Player;
  /** A new sign-in: another token, another session. */
  readonly signIn: (request: SessionRequest) => Promise<TrafficSession>;
  /** A session whose token was good until a moment ago. */
  readonly expired: (request: SessionRequest) => Promise<TrafficSession>;
  /** An instant of the day of the clinic. @param clock `HH:MM`, UTC. */
  readonly at: (clock: string) => string;
}

/** One scene; scenes do not depend on one another. */
export interface Scene {
  /** A sentence without full stop, for progress. */
  readonly title: string;
  play(stage: Stage): Promise<void>;
}
