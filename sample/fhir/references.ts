/**
 * References inside resources: made relative where they point to this server, and looked after, as
 * HAPI does by default: nothing may refer to what is not there, nothing referred to is deleted.
 */
import type { Resource } from '@medplum/fhirtypes';
import { isResourceType } from './definitions.ts';
import { problem } from './problem.ts';
import { relative } from './search/match.ts';
import type { Store } from './store.ts';

/** A copy in which references below `baseUrl` are relative. */
export function withRelativeReferences<T>(value: T, baseUrl: string): T {
  return mapReferences(value, (reference) => relative(reference, baseUrl));
}

/** A copy with each `reference` of a Reference replaced. */
export function mapReferences<T>(value: T, map: (reference: string) => string): T {
  if (Array.isArray(value)) {
    return value.map((item: unknown) => mapReferences(item, map)) as T;
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]: [string, unknown]) => [
      key,
      key === 'reference' && typeof item === 'string' ? map(item) : mapReferences(item, map),
    ]),
  ) as T;
}

/** All references of a resource, as written. */
export function referencesOf(value: unknown): readonly string[] {
  const found: string[] = [];
  collect(value, found);
  return found;
}

function collect(value: unknown, found: string[]): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, item] of Object.entries(value)) {
    if (key === 'reference' && typeof item === 'string') found.push(item);
    else collect(item, found);
  }
}

const local = /^([A-Z][A-Za-z]+)\/([A-Za-z0-9.-]{1,64})(?:\/_history\/.*)?$/;

/** Type and id of a reference to a resource of this server. */
export function parseLocal(reference: string): readonly [string, string] | undefined {
  const [, type = '', id = ''] = local.exec(reference) ?? [];
  return isResourceType(type) ? [type, id] : undefined;
}

/** @throws OperationOutcomeError (400) when a resource refers to something that is not there. */
export function checkReferences(resource: Resource, store: Store): void {
  for (const reference of referencesOf(resource)) {
    const target = parseLocal(reference);
    if (target === undefined || store.current(...target) !== undefined) continue;
    throw problem('bad-request', `Resource ${target.join('/')} not found, it is referred to.`);
  }
}

/** @throws OperationOutcomeError (409) when another resource still refers to this one. */
export function checkNotReferred(type: string, id: string, store: Store): void {
  const wanted = `${type}/${id}`;
  for (const other of store.types().flatMap((each) => [...store.all(each)])) {
    if (other.resourceType === type && other.id === id) continue;
    const refers = referencesOf(other).some(
      (reference) => reference === wanted || reference.startsWith(`${wanted}/_history/`),
    );
    if (!refers) continue;
    const text = `Unable to delete ${wanted}: ${other.resourceType}/${other.id} refers to it.`;
    throw problem('conflict', text);
  }
}
