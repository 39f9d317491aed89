/**
 * A whole search, understood: criteria, order, page size, what to include, how to sum up.
 *
 * Spec: FHIR R4 search, 3.1.1.5 "Modifying search results".
 */
import type { Filter, SearchRequest } from '@medplum/core';
import { isResourceType, searchParameter } from '../definitions.ts';
import { problem } from '../problem.ts';
import { parseCriterion, type Criterion } from './criterion.ts';
import { parseSort, type SortKey } from './sort.ts';

/** `_include=Observation:subject:Patient`, or `_revinclude`. */
export interface Include {
  readonly kind: 'include' | 'revinclude';
  readonly type: string;
  readonly code: string;
  readonly target: string | undefined;
  readonly iterate: boolean;
}

/** See the head of the file. */
export interface Query {
  readonly criteria: readonly Criterion[];
  readonly sort: readonly SortKey[];
  readonly count: number | undefined;
  readonly wantsTotal: boolean;
  readonly countOnly: boolean;
  readonly includes: readonly Include[];
  readonly elements: readonly string[] | undefined;
}

/** Name and value, in the order of the request, decoded. */
export type Pairs = readonly (readonly [string, string])[];

/** Parameters about the answer's form, and those of paging and of operations. */
const notSearching = new Set(['_format', '_pretty', '_', '_since', 'start', 'end', '_type']);

/** @throws OperationOutcomeError (400) for what is not understood. */
export function parseQuery(type: string, pairs: Pairs): Query {
  const asked = pairs.filter(([key, value]) => value !== '' && !notSearching.has(key));
  const last = (name: string): string | undefined => asked.findLast(([key]) => key === name)?.[1];
  const results = /^_(sort|count|total|summary|include|revinclude|elements)(:iterate|:recurse)?$/;
  const sort = last('_sort');
  return {
    criteria: asked
      .filter(([key]) => !results.test(key))
      .map(([key, value]) => parseCriterion(type, key, value)),
    sort: sort === undefined ? [] : parseSort(type, sort),
    count: countOf(last('_count')),
    wantsTotal: last('_total') === 'accurate',
    countOnly: last('_summary') === 'count' || last('_count') === '0',
    includes: asked.filter(([key]) => /^_(rev)?include/.test(key)).map(parseInclude),
    elements: last('_elements')?.split(','),
  };
}

function countOf(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (!/^\d{1,6}$/.test(value)) throw problem('bad-request', '_count is a number.');
  return Number(value);
}

function parseInclude([key, value]: readonly [string, string]): Include {
  const [type = '', code = '', target] = value.split(':');
  const param = isResourceType(type) ? searchParameter(type, code) : undefined;
  if (param?.type !== 'reference') {
    throw problem('bad-request', `Invalid ${key.split(':')[0] ?? key} parameter value.`);
  }
  const kind = key.startsWith('_rev') ? 'revinclude' : 'include';
  return { kind, type, code, target, iterate: key.includes(':') };
}

const ordered = new Set(['ne', 'gt', 'lt', 'ge', 'le', 'sa', 'eb', 'ap']);

/** What medplum's router has parsed (conditional requests), in our terms. */
export function queryOfRequest({ resourceType, filters = [] }: SearchRequest): Query {
  return parseQuery(resourceType, filters.map(pairOf));
}

function pairOf({ code, operator, value }: Filter): readonly [string, string] {
  if (operator === 'eq') return [code, value];
  return ordered.has(operator) ? [code, `${operator}${value}`] : [`${code}:${operator}`, value];
}
