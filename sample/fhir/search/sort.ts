/** `_sort`: an order that stays the same for the same resources. */
import { folded } from '../../folded.ts';
import type { Resource, SearchParameter } from '@medplum/fhirtypes';
import { searchParameter, valuesOf } from '../definitions.ts';
import { problem } from '../problem.ts';
import { amountsOf, datesOf, referenceOf, stringsOf, tokensOf } from './values.ts';

/** One key of a sort. */
export interface SortKey {
  readonly param: SearchParameter;
  readonly descending: boolean;
}

/** `-date,code`. @throws OperationOutcomeError (400) for a parameter that the type does not have. */
export function parseSort(type: string, value: string): readonly SortKey[] {
  return value.split(',').map((part) => {
    const descending = part.startsWith('-');
    const code = descending ? part.slice(1) : part;
    const param = searchParameter(type, code);
    if (param !== undefined) return { param, descending };
    throw problem('bad-request', `Unknown _sort parameter value "${code}" for "${type}".`);
  });
}

/** A sorted copy; resources without the value come last. */
export function sorted<T extends Resource>(
  resources: readonly T[],
  keys: readonly SortKey[],
): readonly T[] {
  return resources.toSorted((a, b) => {
    for (const { param, descending } of keys) {
      const order = compareKeys(keyOf(a, param), keyOf(b, param), descending);
      if (order !== 0) return order;
    }
    return 0;
  });
}

type Key = string | number | undefined;

function keyOf(resource: Resource, param: SearchParameter): Key {
  const [value] = valuesOf(resource, param);
  switch (param.type) {
    case 'date':
      return datesOf(value)[0]?.from;
    case 'number':
    case 'quantity':
      return amountsOf(value)[0]?.value;
    case 'reference':
      return referenceOf(value);
    case 'token':
      return tokensOf(value)[0]?.value;
    case 'string':
    case 'uri': {
      const text = stringsOf(value)[0];
      return text === undefined ? undefined : folded(text);
    }
    case 'composite':
    case 'special':
      return undefined;
  }
}

function compareKeys(a: Key, b: Key, descending: boolean): number {
  if (a === b) return 0;
  if (a === undefined) return 1;
  if (b === undefined) return -1;
  return (a < b ? -1 : 1) * (descending ? -1 : 1);
}
