/**
 * The SMART app library `fhirclient`, unchanged, outside of a browser: its client with what it asks of
 * its surroundings.
 */
import { createRequire } from 'node:module';
import type { Resource } from '@medplum/fhirtypes';

/** The part of the library's `Client` that is used here: it has no types for this way in. */
export interface AppClient {
  request(url: string, options?: object): Promise<unknown>;
  create(resource: object): Promise<Resource>;
  readonly patient: { read(): Promise<Resource> };
}

const require = createRequire(import.meta.url);
const { default: Client } = require('fhirclient/lib/Client.js') as {
  default: new (environment: object, state: object) => AppClient;
};

const environment = {
  options: {},
  btoa,
  atob,
  getAbortController: () => AbortController,
  getStorage: () => ({ get: () => undefined, set: () => undefined, unset: () => undefined }),
};

/** A client in a state, as it is after a sign-in: `serverUrl`, `tokenResponse`. */
export function createAppClient(state: object): AppClient {
  return new Client(environment, state);
}
