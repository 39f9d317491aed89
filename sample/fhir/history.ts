/**
 * History of a resource, of a type, of all: newest first, deletions included, paged by `_offset` as
 * HAPI pages histories.
 *
 * Spec: https://hl7.org/fhir/R4/http.html#history
 */
import type { Bundle, BundleEntry } from '@medplum/fhirtypes';
import { numberOf, parameter, urlWith, type Asking } from './asking.ts';
import { problem } from './problem.ts';
import { mayTouchType } from './scopes.ts';
import { dateRange } from './search/range.ts';
import type { Pairs } from './search/query.ts';
import type { Version } from './store.ts';

/** @param type Undefined: of the whole server. @param id Undefined: of all of the type. */
export async function history(
  asking: Asking,
  type: string | undefined,
  id: string | undefined,
  pairs: Pairs,
): Promise<Bundle> {
  // Tells unknown (404) and forbidden (403) from a history.
  if (type !== undefined && id !== undefined) await asking.view.readVersion(type, id, '1');
  else if (type !== undefined && !mayTouchType(asking.view.access, 'r', type)) {
    throw problem('forbidden', `The granted scopes do not allow this for ${type}.`);
  }
  const since = dateRange(parameter(pairs, '_since') ?? '')?.from ?? -Infinity;
  const versions = asking.view
    .changes(type, id)
    .filter(({ at }) => at.getTime() >= since)
    .toReversed();
  const count = Math.min(numberOf(parameter(pairs, '_count')) ?? 20, 200);
  const offset = numberOf(parameter(pairs, '_offset')) ?? 0;
  const path = [type, id, '_history'].filter((part) => part !== undefined).join('/');
  const at = (from: number): string =>
    urlWith(asking.baseUrl, path, [
      ...pairs.filter(([name]) => name !== '_offset' && name !== '_count'),
      ['_count', String(count)],
      ['_offset', String(from)],
    ]);
  const link = [{ relation: 'self', url: urlWith(asking.baseUrl, path, pairs) }];
  if (offset + count < versions.length) link.push({ relation: 'next', url: at(offset + count) });
  if (offset > 0) link.push({ relation: 'previous', url: at(Math.max(0, offset - count)) });
  return {
    resourceType: 'Bundle',
    meta: { lastUpdated: asking.clock().toISOString() },
    type: 'history',
    total: versions.length,
    link,
    entry: versions.slice(offset, offset + count).map((one) => entryOf(one, asking.baseUrl)),
  };
}

function entryOf(version: Version, baseUrl: string): BundleEntry {
  const name = `${version.type}/${version.id}`;
  return {
    fullUrl: `${baseUrl}/${name}`,
    ...(version.resource === undefined ? {} : { resource: version.resource }),
    request: {
      method: version.method,
      url: version.method === 'DELETE' ? name : `${name}/_history/${version.versionId}`,
    },
    response: {
      status: version.versionId === '1' ? '201 Created' : '200 OK',
      etag: `W/"${version.versionId}"`,
      lastModified: version.at.toISOString(),
    },
  };
}
