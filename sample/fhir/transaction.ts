/**
 * Batches and transactions: medplum's processor, with what it lacks on the way in (conditional
 * references) and on the way out (status lines, versions in locations, ETags).
 *
 * Spec: https://hl7.org/fhir/R4/http.html#transaction
 */
import { STATUS_CODES } from 'node:http';
import {
  processBatch,
  type FhirRepository,
  type FhirRequest,
  type FhirRouter,
} from '@medplum/fhir-router';
import type { Bundle, BundleEntry, Resource } from '@medplum/fhirtypes';
import type { Asking } from './asking.ts';
import { isResourceType } from './definitions.ts';
import { problem } from './problem.ts';
import { mapReferences } from './references.ts';
import { find } from './search/find.ts';
import { relative } from './search/match.ts';
import { parseQuery } from './search/query.ts';

/** @throws OperationOutcomeError when the bundle is none, or for a transaction that fails whole. */
export async function processBundle(
  asking: Asking,
  request: FhirRequest,
  repository: FhirRepository,
  router: FhirRouter,
): Promise<Bundle> {
  const bundle = request.body as Resource;
  if (bundle.resourceType !== 'Bundle') throw problem('bad-request', 'The body is no Bundle.');
  const entries = (bundle.entry ?? []).map((entry) => prepared(asking, entry));
  if (bundle.type === 'transaction' && entries.some((entry) => entry.request === undefined)) {
    throw problem('bad-request', 'An entry of the transaction has no request.');
  }
  const requested = entries.map((entry) => entry.request);
  const answer =
    entries.length === 0 && (bundle.type === 'batch' || bundle.type === 'transaction')
      ? { resourceType: 'Bundle' as const, type: `${bundle.type}-response` as const, entry: [] }
      : await processBatch(
          { ...request, config: { transactions: true } },
          repository,
          router,
          structuredClone({ ...bundle, entry: entries }),
        );
  const withResources = /return=representation/.test(String(request.headers?.['prefer'] ?? ''));
  return {
    ...answer,
    link: [{ relation: 'self', url: asking.baseUrl }],
    entry: (answer.entry ?? []).map((entry, n) => completed(entry, requested[n], withResources)),
  };
}

function prepared(asking: Asking, entry: BundleEntry): BundleEntry {
  const { request, resource } = entry;
  return {
    ...entry,
    ...(resource === undefined
      ? {}
      : { resource: mapReferences(resource, (one) => resolved(asking, one)) }),
    ...(request === undefined
      ? {}
      : { request: { ...request, url: relative(request.url, asking.baseUrl) } }),
  };
}

/** `Patient?identifier=…` stands for the one resource that it finds. */
function resolved({ view }: Asking, reference: string): string {
  const [, type = '', query = ''] = /^([A-Z][A-Za-z]+)\?(.+)$/.exec(reference) ?? [];
  if (!isResourceType(type)) return reference;
  const found = find(view, type, parseQuery(type, [...new URLSearchParams(query)]));
  const [first] = found;
  if (first === undefined) {
    throw problem('not-found', `A conditional reference to ${type} finds nothing.`);
  }
  if (found.length > 1) {
    throw problem('multiple-matches', `A conditional reference to ${type} finds several.`);
  }
  return `${type}/${first.id}`;
}

function completed(
  { response, resource }: BundleEntry,
  request: BundleEntry['request'],
  withResources: boolean,
): BundleEntry {
  const status = response?.status ?? '500';
  const line = `${status} ${STATUS_CODES[status] ?? ''}`;
  const isRead = request?.method === 'GET' || request?.method === 'HEAD';
  if (!status.startsWith('2')) {
    const outcome = response?.outcome;
    return { response: { status: line, ...(outcome === undefined ? {} : { outcome }) } };
  }
  const { versionId, lastUpdated } = resource?.meta ?? {};
  const etag = versionId === undefined ? undefined : `W/"${versionId}"`;
  if (isRead && etag !== undefined && request.ifNoneMatch === etag) {
    return { response: { status: '304 Not Modified', etag } };
  }
  return {
    ...(resource !== undefined && (isRead || withResources || versionId === undefined)
      ? { resource }
      : {}),
    response: {
      status: line,
      ...(isRead || resource === undefined ? {} : located(resource, versionId)),
      ...(etag === undefined ? {} : { etag }),
      ...(etag === undefined || lastUpdated === undefined ? {} : { lastModified: lastUpdated }),
    },
  };
}

function located(resource: Resource, versionId: string | undefined): { location?: string } {
  const name = `${resource.resourceType}/${resource.id ?? ''}`;
  return versionId === undefined ? {} : { location: `${name}/_history/${versionId}` };
}
