/**
 * The form of a scenario of the behaviour suite.
 */
import type { Client } from './client.ts';

/** One thing that a FHIR client relies on. */
export interface Behaviour {
  /** A sentence; unique in the suite. */
  readonly name: string;
  readonly run: (client: Client) => Promise<void>;
  /** Why HAPI does not do it. The run against HAPI asserts that it still does not. */
  readonly hapiLacks?: string;
}

/** Makes a scenario. */
export function behaviour(
  name: string,
  run: (client: Client) => Promise<void>,
  hapiLacks?: string,
): Behaviour {
  return hapiLacks === undefined ? { name, run } : { name, run, hapiLacks };
}
