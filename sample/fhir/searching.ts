/** The searches: of a type, by GET and POST, in a patient's compartment; their pages. */
import type { Bundle, Resource } from '@medplum/fhirtypes';
import { numberOf, parameter, urlWith, type Asking } from './asking.ts';
import { isOfPatient } from './compartment.ts';
import { isResourceType } from './definitions.ts';
import { problem } from './problem.ts';
import { find } from './search/find.ts';
import { parseQuery, type Pairs } from './search/query.ts';

/** `GET [type]?…` and `POST [type]/_search`. */
export function searchType(asking: Asking, type: string, pairs: Pairs): Bundle {
  return search(asking, type, type, pairs);
}

/** `GET Patient/[id]/[type]`, and `*` for all types. */
export function searchCompartment(
  asking: Asking,
  patient: string,
  type: string,
  pairs: Pairs,
): Bundle {
  const path = `Patient/${patient}/${type}`;
  const isWithin = (resource: Resource): boolean =>
    isOfPatient(resource, patient, asking.view.around);
  if (type !== '*') {
    if (!isResourceType(type)) throw problem('not-found', `Unknown resource type '${type}'.`);
    return search(asking, type, path, pairs, isWithin);
  }
  const matches = asking.view
    .visibleTypes()
    .filter((each) => each !== 'Patient')
    .flatMap((each) => [...asking.view.around.all(each)])
    .filter(isWithin)
    .map((resource) => [resource.resourceType, resource.id ?? ''] as const);
  return asking.pages.open(
    { matches, includes: [], elements: undefined, wantsTotal: false },
    pageRequest(asking, path, pairs),
  );
}

function search(
  asking: Asking,
  type: string,
  path: string,
  pairs: Pairs,
  isWithin?: (resource: Resource) => boolean,
): Bundle {
  const query = parseQuery(type, pairs);
  const found = find(asking.view, type, query, isWithin);
  const request = pageRequest(asking, path, pairs);
  if (query.countOnly) return counted(found.length, request.selfUrl, asking.clock());
  return asking.pages.open(
    {
      matches: found.map(({ id }) => [type, id]),
      includes: query.includes,
      elements: query.elements,
      wantsTotal: query.wantsTotal,
    },
    request,
  );
}

function pageRequest(
  asking: Asking,
  path: string,
  pairs: Pairs,
): Parameters<Asking['pages']['open']>[1] {
  return {
    view: asking.view,
    now: asking.clock(),
    selfUrl: urlWith(asking.baseUrl, path, pairs),
    count: numberOf(parameter(pairs, '_count')),
  };
}

function counted(total: number, url: string, now: Date): Bundle {
  return {
    resourceType: 'Bundle',
    meta: { lastUpdated: now.toISOString() },
    type: 'searchset',
    total,
    link: [{ relation: 'self', url }],
  };
}

/** `GET BASE?_getpages=…`. */
export function followPage(asking: Asking, pairs: Pairs): Bundle {
  const handle = parameter(pairs, '_getpages');
  if (handle === undefined) {
    throw problem('bad-request', 'This is the base URL of a FHIR server: name a resource type.');
  }
  const offset = numberOf(parameter(pairs, '_getpagesoffset')) ?? 0;
  return asking.pages.follow(handle, offset, pageRequest(asking, '', pairs));
}
