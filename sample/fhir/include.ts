/**
 * `_include` and `_revinclude`: the resources that go with the matches of one page.
 *
 * Spec: FHIR R4 search, 3.1.1.5.4 "Including other resources in result".
 */
import { searchParameter, valuesOf } from './definitions.ts';
import { parseLocal } from './references.ts';
import { relative } from './search/match.ts';
import type { Include } from './search/query.ts';
import { referenceOf } from './search/values.ts';
import type { Stored } from './store.ts';
import type { View } from './view.ts';

/** Rounds of `:iterate`; more than any chain of our data has, and an end for a circle. */
const maxRounds = 5;

/** What is to be added to the matches, each resource once, none of the matches. */
export function included(
  view: View,
  matches: readonly Stored[],
  includes: readonly Include[],
): readonly Stored[] {
  const seen = new Set(matches.map(keyOf));
  const added: Stored[] = [];
  let round: readonly Stored[] = matches;
  for (let n = 0; n < maxRounds && round.length > 0; n++) {
    const active = n === 0 ? includes : includes.filter(({ iterate }) => iterate);
    const next: Stored[] = [];
    for (const include of active) {
      for (const resource of follow(view, round, include)) {
        if (seen.has(keyOf(resource))) continue;
        seen.add(keyOf(resource));
        next.push(resource);
      }
    }
    added.push(...next);
    round = next;
  }
  return added;
}

const keyOf = ({ resourceType, id }: Stored): string => `${resourceType}/${id}`;

function follow(view: View, from: readonly Stored[], include: Include): readonly Stored[] {
  return include.kind === 'include'
    ? from.flatMap((resource) => targetsOf(view, resource, include))
    : sourcesOf(view, from, include);
}

function targetsOf(view: View, resource: Stored, include: Include): readonly Stored[] {
  if (resource.resourceType !== include.type) return [];
  return references(view, resource, include).flatMap((reference) => {
    const target = parseLocal(reference);
    if (target === undefined || (include.target ?? target[0]) !== target[0]) return [];
    return view.visible(...target) ?? [];
  });
}

function sourcesOf(view: View, to: readonly Stored[], include: Include): readonly Stored[] {
  const wanted = new Set(
    to.filter(({ resourceType }) => (include.target ?? resourceType) === resourceType).map(keyOf),
  );
  const found: Stored[] = [];
  for (const resource of view.around.all(include.type)) {
    const stored = resource as Stored;
    if (references(view, stored, include).some((one) => wanted.has(one))) found.push(stored);
  }
  return found;
}

function references(view: View, resource: Stored, { code }: Include): readonly string[] {
  const param = searchParameter(resource.resourceType, code);
  if (param === undefined) return [];
  return valuesOf(resource, param).flatMap((value) => {
    const reference = referenceOf(value);
    return reference === undefined ? [] : relative(reference, view.around.baseUrl);
  });
}
