/** The resources of the sample upstream, in memory, with their versions. */
import type { Resource } from '@medplum/fhirtypes';

/** A resource of any type, as stored: with id and meta. */
export type Stored = Resource & { readonly id: string };

/** See `createStore`. */
export interface SampleStore {
  /** The current version; `deleted` when it was deleted; undefined when there never was one. */
  read(type: string, id: string): Stored | 'deleted' | undefined;
  readVersion(type: string, id: string, version: string): Stored | undefined;
  /** Newest version of all that are not deleted, in the order of their creation. */
  list(type: string): readonly Stored[];
  /** Writes a new version; the first one when there is none. */
  write(resource: Resource, id: string): { readonly stored: Stored; readonly created: boolean };
  remove(type: string, id: string): boolean;
  newId(): string;
}

/** Makes a store that holds `initial`. */
export function createStore(initial: readonly Resource[], clock: () => Date): SampleStore {
  const versions = new Map<string, (Stored | 'deleted')[]>();
  let lastId = 0;
  const key = (type: string, id: string): string => `${type}/${id}`;
  const store: SampleStore = {
    read: (type, id) => versions.get(key(type, id))?.at(-1),
    readVersion(type, id, version) {
      const found = versions.get(key(type, id))?.[Number(version) - 1];
      return found === 'deleted' ? undefined : found;
    },
    list(type) {
      const found: Stored[] = [];
      for (const all of versions.values()) {
        const newest = all.at(-1);
        if (newest !== undefined && newest !== 'deleted' && newest.resourceType === type) {
          found.push(newest);
        }
      }
      return found;
    },
    write(resource, id) {
      const all = versions.get(key(resource.resourceType, id)) ?? [];
      const created = all.at(-1) === undefined || all.at(-1) === 'deleted';
      const meta = { versionId: String(all.length + 1), lastUpdated: clock().toISOString() };
      const stored: Stored = { ...resource, id, meta: { ...resource.meta, ...meta } };
      versions.set(key(resource.resourceType, id), [...all, stored]);
      return { stored, created };
    },
    remove(type, id) {
      const all = versions.get(key(type, id));
      if (all === undefined || all.at(-1) === 'deleted') return false;
      all.push('deleted');
      return true;
    },
    newId() {
      lastId += 1;
      return `new-${String(lastId)}`;
    },
  };
  for (const resource of initial) store.write(resource, resource.id ?? store.newId());
  return store;
}
