/**
 * The resources of the sample EHR, in memory. Medplum's MemoryRepository holds what is current;
 * around it stands what it lacks: numbered versions, a history that outlives a delete, `410` for
 * what was deleted, a clock and ids that are passed in, and transactions that roll back.
 */
import type { WithId } from '@medplum/core';
import {
  MemoryRepository,
  type CreateResourceOptions,
  type DeleteResourceOptions,
  type UpdateResourceOptions,
} from '@medplum/fhir-router';
import type { Bundle, Resource } from '@medplum/fhirtypes';
import { problem } from './problem.ts';

/** A resource as stored: never changed, a new version is a new object. */
export type Stored = WithId<Resource>;

/** One entry of a history. */
export interface Version {
  readonly type: string;
  readonly id: string;
  readonly versionId: string;
  readonly at: Date;
  readonly method: 'POST' | 'PUT' | 'DELETE';
  /** Undefined where it was deleted. */
  readonly resource: Stored | undefined;
}

/** What the store takes from outside. */
export interface StoreOptions {
  readonly clock: () => Date;
  /** Logical ids of created resources. */
  readonly newId: () => string;
}

/** Owner of the resources. Not safe against interleaving: the server does one request at a time. */
export class Store extends MemoryRepository {
  readonly #options: StoreOptions;
  readonly #versions = new Map<string, Map<string, Version[]>>();
  /** All versions in the order in which they came to be; also what a rollback takes back. */
  readonly #journal: Version[] = [];

  constructor(options: StoreOptions) {
    super();
    this.#options = options;
  }

  override generateId(): string {
    return this.#options.newId();
  }

  /** All current resources of a type, oldest first. They are not copies: do not change them. */
  *all(type: string): Iterable<Stored> {
    for (const versions of this.#versions.get(type)?.values() ?? []) {
      const resource = versions.at(-1)?.resource;
      if (resource !== undefined) yield resource;
    }
  }

  /** The types of which something is or was stored. */
  types(): readonly string[] {
    return [...this.#versions.keys()];
  }

  /** The current version, not a copy; undefined when there is none or it was deleted. */
  current(type: string, id: string): Stored | undefined {
    return this.versionsOf(type, id).at(-1)?.resource;
  }

  /** All versions of a resource, oldest first. */
  versionsOf(type: string, id: string): readonly Version[] {
    return this.#versions.get(type)?.get(id) ?? [];
  }

  /** All versions of all resources of a type (undefined: of all types), oldest first. */
  changes(type: string | undefined): readonly Version[] {
    return type === undefined
      ? this.#journal
      : this.#journal.filter((version) => version.type === type);
  }

  /** Takes a resource as it is, with its id and, where it has one, its `meta.lastUpdated`. */
  async load(resource: Resource): Promise<void> {
    const id = resource.id ?? this.generateId();
    const at = resource.meta?.lastUpdated;
    await this.#put(resource, id, at === undefined ? this.#options.clock() : new Date(at), 'PUT');
  }

  override async createResource<T extends Resource>(
    resource: T,
    options?: CreateResourceOptions,
  ): Promise<WithId<T>> {
    // A server ignores the id in the body of a create: FHIR R4, 3.1.0.8.
    const assigned = options?.assignedId === true ? resource.id : undefined;
    return this.#put(resource, assigned ?? this.generateId(), this.#options.clock(), 'POST');
  }

  override async updateResource<T extends Resource>(
    resource: T,
    options?: UpdateResourceOptions,
  ): Promise<WithId<T>> {
    const id = resource.id ?? '';
    this.#expect(resource.resourceType, id, options?.ifMatch);
    return this.#put(resource, id, this.#options.clock(), 'PUT');
  }

  override async deleteResource(
    type: string,
    id: string,
    options?: DeleteResourceOptions,
  ): Promise<void> {
    this.#expect(type, id, options?.ifMatch);
    // Deleting what is not there is no error: the state that was asked for holds already.
    if (this.current(type, id) === undefined) return;
    await super.deleteResource(type, id);
    this.#record(type, id, this.#options.clock(), 'DELETE', undefined);
  }

  override async readResource<T extends Resource>(type: string, id: string): Promise<WithId<T>> {
    const last = this.versionsOf(type, id).at(-1);
    if (last === undefined) throw problem('not-found', `Resource ${type}/${id} is not known.`);
    if (last.resource === undefined) {
      throw problem('gone', `Resource was deleted at ${last.at.toISOString()}.`);
    }
    return super.readResource<WithId<T>>(type, id);
  }

  override async readVersion<T extends Resource>(
    type: string,
    id: string,
    versionId: string,
  ): Promise<T> {
    const found = this.versionsOf(type, id).find((version) => version.versionId === versionId);
    await Promise.resolve();
    if (found === undefined) {
      throw problem('not-found', `Version ${versionId} of ${type}/${id} is not known.`);
    }
    if (found.resource === undefined) throw problem('gone', 'This version is a deletion.');
    return structuredClone(found.resource) as Resource as T;
  }

  override async readHistory<T extends Resource>(type: string, id: string): Promise<Bundle<T>> {
    const versions = this.versionsOf(type, id);
    await Promise.resolve();
    if (versions.length === 0) throw problem('not-found', `Resource ${type}/${id} is not known.`);
    const entry = versions
      .toReversed()
      .map(({ resource }) => ({ resource: resource as Resource as T }));
    return { resourceType: 'Bundle', type: 'history', entry };
  }

  /** All or nothing; a transaction inside a transaction is part of it. */
  override async withTransaction<R>(callback: (repository: this) => Promise<R>): Promise<R> {
    const before = this.#journal.length;
    try {
      return await callback(this);
    } catch (error) {
      for (const version of this.#journal.splice(before).reverse()) await this.#takeBack(version);
      throw error;
    }
  }

  #expect(type: string, id: string, ifMatch: string | undefined): void {
    if (ifMatch === undefined) return;
    const current = this.current(type, id)?.meta?.versionId;
    if (current !== ifMatch) {
      const found = current === undefined ? 'there is none' : `the current version is ${current}`;
      throw problem('precondition-failed', `If-Match asks for version ${ifMatch}, ${found}.`);
    }
  }

  async #put<T extends Resource>(
    resource: T,
    id: string,
    at: Date,
    method: 'POST' | 'PUT',
  ): Promise<WithId<T>> {
    const versionId = String(this.versionsOf(resource.resourceType, id).length + 1);
    const meta = { ...resource.meta, versionId, lastUpdated: at.toISOString() };
    const { resourceType, ...rest } = resource;
    const whole = { resourceType, ...rest, id, meta } as unknown as T;
    // While it is "seeding" the MemoryRepository keeps the meta that it is given.
    const stored = await this.withSeeding(() => super.createResource(whole, undefined, true));
    this.#record(resourceType, id, at, method, stored);
    return structuredClone(stored);
  }

  #record(
    type: string,
    id: string,
    at: Date,
    method: Version['method'],
    resource: Stored | undefined,
  ): void {
    const ofType = this.#versions.get(type) ?? new Map<string, Version[]>();
    this.#versions.set(type, ofType);
    const versions = ofType.get(id) ?? [];
    ofType.set(id, versions);
    const version = { type, id, versionId: String(versions.length + 1), at, method, resource };
    versions.push(version);
    this.#journal.push(version);
  }

  async #takeBack({ type, id }: Version): Promise<void> {
    const versions = this.#versions.get(type)?.get(id);
    versions?.pop();
    if (versions?.length === 0) this.#versions.get(type)?.delete(id);
    const previous = versions?.at(-1)?.resource;
    await (previous === undefined
      ? this.expungeResource(type, id)
      : this.withSeeding(() => super.createResource(previous, undefined, true)));
  }
}
