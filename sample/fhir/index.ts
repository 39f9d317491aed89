/** The FHIR R4 server of the sample EHR. */
import { randomUUID } from 'node:crypto';
import type express from 'express';
import type { Resource } from '@medplum/fhirtypes';
import { loadDefinitions } from './definitions.ts';
import { createFace, type HandlerOptions } from './handler.ts';
import { Pages } from './pages.ts';
import { Store } from './store.ts';

/** See `createFhirHandler`. */
export interface FhirServerOptions extends Pick<
  HandlerOptions,
  'baseUrl' | 'access' | 'clock' | 'onAccess'
> {
  /** Default: `configured`. */
  readonly baseFrom?: HandlerOptions['baseFrom'];
  /** What it starts with; taken as it is, unchecked. */
  readonly resources: Iterable<Resource>;
  /** Logical ids of created resources; must be unique. */
  readonly newId: () => string;
}

/** Makes the server, to be mounted at the path of `baseUrl`. */
export async function createFhirHandler(options: FhirServerOptions): Promise<express.Express> {
  loadDefinitions();
  const store = new Store(options);
  for (const resource of options.resources) await store.load(resource);
  return createFace({
    ...options,
    store,
    pages: new Pages(randomUUID),
    baseFrom: options.baseFrom ?? 'configured',
  });
}
