/**
 * Results that are longer than a page. As with HAPI, the next page is an opaque handle on the base
 * itself, `BASE?_getpages=…&_getpagesoffset=…&_count=…`: no path and no type to be seen in it.
 * What a result holds is fixed when it is made; who follows the link sees what that client may see.
 */
import type { Bundle, BundleEntry } from '@medplum/fhirtypes';
import { included } from './include.ts';
import { problem } from './problem.ts';
import type { Include } from './search/query.ts';
import type { Stored } from './store.ts';
import type { View } from './view.ts';

/** A page when the client does not say: as HAPI. */
const defaultCount = 20;
/** More is cut down to this: as HAPI. */
const maxCount = 200;
/** Older results are forgotten, and their pages gone (410). */
const maxResults = 1000;

/** A result to be paged through. */
export interface Result {
  readonly matches: readonly (readonly [type: string, id: string])[];
  readonly includes: readonly Include[];
  readonly elements: readonly string[] | undefined;
  readonly wantsTotal: boolean;
}

/** Which part of a result, for whom. */
export interface PageRequest {
  readonly view: View;
  readonly now: Date;
  /** `link[self]` of the first page; pages have one of their own. */
  readonly selfUrl: string;
  readonly count: number | undefined;
}

/** Owner of the results that can still be paged through. */
export class Pages {
  readonly #results = new Map<string, Result>();
  readonly #newHandle: () => string;

  constructor(newHandle: () => string) {
    this.#newHandle = newHandle;
  }

  /** The first page of a new result. */
  open(result: Result, request: PageRequest): Bundle {
    const handle = this.#newHandle();
    const size = sizeOf(request.count);
    if (result.matches.length > size) {
      this.#results.set(handle, result);
      const [oldest] = this.#results.keys();
      if (this.#results.size > maxResults && oldest !== undefined) this.#results.delete(oldest);
    }
    return page(handle, result, request, 0, size);
  }

  /** @throws OperationOutcomeError (410) when the handle is unknown or forgotten. */
  follow(handle: string, offset: number, request: PageRequest): Bundle {
    const result = this.#results.get(handle);
    if (result === undefined) {
      throw problem('gone', 'Search ID does not exist and may have expired.');
    }
    return page(handle, result, request, offset, sizeOf(request.count));
  }
}

const sizeOf = (count: number | undefined): number =>
  Math.max(1, Math.min(count ?? defaultCount, maxCount));

function page(
  handle: string,
  result: Result,
  { view, now, selfUrl }: PageRequest,
  offset: number,
  size: number,
): Bundle {
  const { baseUrl } = view.around;
  const slice = result.matches.slice(offset, offset + size);
  const matches = slice.flatMap(([type, id]) => view.visible(type, id) ?? []);
  const isWhole = result.matches.length <= size;
  const at = (from: number): string =>
    `${baseUrl}?_getpages=${handle}&_getpagesoffset=${String(from)}&_count=${String(size)}&_bundletype=searchset`;
  const link = [{ relation: 'self', url: offset === 0 ? selfUrl : at(offset) }];
  if (offset + size < result.matches.length)
    link.push({ relation: 'next', url: at(offset + size) });
  if (offset > 0) link.push({ relation: 'previous', url: at(Math.max(0, offset - size)) });
  const entry = (resource: Stored, mode: 'match' | 'include'): BundleEntry => ({
    fullUrl: `${baseUrl}/${resource.resourceType}/${resource.id}`,
    resource: mode === 'match' ? onlyElements(resource, result.elements) : resource,
    search: { mode },
  });
  const entries = [
    ...matches.map((resource) => entry(resource, 'match')),
    ...included(view, matches, result.includes).map((resource) => entry(resource, 'include')),
  ];
  return {
    resourceType: 'Bundle',
    id: handle,
    meta: { lastUpdated: now.toISOString() },
    type: 'searchset',
    // Like HAPI: a result that goes on has its total counted only when asked.
    ...(isWhole || result.wantsTotal ? { total: result.matches.length } : {}),
    link,
    ...(entries.length === 0 ? {} : { entry: entries }),
  };
}

const alwaysKept = ['resourceType', 'id', 'meta'];

function onlyElements(resource: Stored, elements: readonly string[] | undefined): Stored {
  if (elements === undefined) return resource;
  const kept = new Set([...alwaysKept, ...elements]);
  const part = Object.fromEntries(Object.entries(resource).filter(([key]) => kept.has(key)));
  const subsetted = {
    system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationValue',
    code: 'SUBSETTED',
  };
  const meta = { ...resource.meta, tag: [...(resource.meta?.tag ?? []), subsetted] };
  return { ...part, meta } as Stored;
}
