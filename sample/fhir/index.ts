/** The FHIR R4 server of the sample EHR. */
import { randomUUID } from 'node:crypto';
import type express from 'express';
import type { Resource } from '@medplum/fhirtypes';
import type { AccessLogEntry, CheckToken } from '../access.ts';
import { loadDefinitions } from './definitions.ts';
import { createFace } from './handler.ts';
import { Pages } from './pages.ts';
import { Store } from './store.ts';

/** See `createFhirHandler`. */
export interface FhirServerOptions {
  /** Absolute, without trailing slash; goes into all absolute URLs. */
  readonly baseUrl: string;
  /** `host`: absolute URLs follow the `Host` header, as HAPI's do. Default: `configured`. */
  readonly baseFrom?: 'configured' | 'host';
  /** What it starts with; taken as it is, unchecked. */
  readonly resources: Iterable<Resource>;
  readonly access:
    | { readonly kind: 'open' }
    | {
        readonly kind: 'smart';
        readonly check: CheckToken;
        readonly smartConfiguration: Readonly<Record<string, unknown>>;
      };
  readonly clock: () => Date;
  /** Logical ids of created resources; must be unique. */
  readonly newId: () => string;
  /** Told of every request once it is answered. */
  readonly onAccess: (entry: AccessLogEntry) => void;
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
