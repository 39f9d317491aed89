/**
 * The store as one client may see and change it. Medplum's router works on this; so a check made
 * here holds for every way to a resource: read, search, include, history, batch, transaction.
 */
import type { Operation, SearchRequest, WithId } from '@medplum/core';
import {
  FhirRepository,
  type CreateResourceOptions,
  type DeleteResourceOptions,
  type UpdateResourceOptions,
} from '@medplum/fhir-router';
import type { Bundle, Parameters, Reference, Resource } from '@medplum/fhirtypes';
import { problem } from './problem.ts';
import { checkNotReferred, checkReferences, withRelativeReferences } from './references.ts';
import { mayTouch, mayTouchType, type Access, type Permission } from './scopes.ts';
import { find } from './search/find.ts';
import type { Surroundings } from './search/match.ts';
import { queryOfRequest } from './search/query.ts';
import { checkShape } from './shape.ts';
import type { Store, Stored, Version } from './store.ts';

/** Owner of what has to be checked when the transaction ends; lives as long as one request. */
export class View extends FhirRepository {
  readonly access: Access;
  readonly around: Surroundings;
  readonly #store: Store;
  #depth = 0;
  #changes: (() => void)[] = [];

  constructor(store: Store, access: Access, baseUrl: string) {
    super();
    this.#store = store;
    this.access = access;
    // Only what may be read can be found out about through a chain.
    const everything: Surroundings = {
      baseUrl,
      current: (type, id) => store.current(type, id),
      all: (type) => store.all(type),
    };
    const isVisible = (resource: Resource): boolean =>
      mayTouch(access, 'r', resource, everything) || mayTouch(access, 's', resource, everything);
    this.around = {
      baseUrl,
      current(type, id) {
        const found = store.current(type, id);
        return found !== undefined && isVisible(found) ? found : undefined;
      },
      *all(type) {
        for (const resource of store.all(type)) if (isVisible(resource)) yield resource;
      },
    };
  }

  /** The current version if the client may see it; not a copy. */
  visible(type: string, id: string): Stored | undefined {
    return this.around.current(type, id) as Stored | undefined;
  }

  /** Whether it exists, deleted or not; tells clients nothing by itself. */
  exists(type: string, id: string): boolean {
    return this.#store.current(type, id) !== undefined;
  }

  /** Types of which the client may see some resource. */
  visibleTypes(): readonly string[] {
    return this.#store.types().filter((type) => mayTouchType(this.access, 'r', type));
  }

  /** Versions that the client may see, oldest first; a deletion is seen by who saw what it deleted. */
  changes(type: string | undefined, id?: string): readonly Version[] {
    const all =
      type !== undefined && id !== undefined
        ? this.#store.versionsOf(type, id)
        : this.#store.changes(type);
    return all.filter((version) => {
      const seen = version.resource ?? this.#lastContent(version.type, version.id);
      return seen !== undefined && this.#may('r', seen);
    });
  }

  setMode(): void {
    // There is one copy of the data: reading and writing are the same.
  }

  generateId(): string {
    return this.#store.generateId();
  }

  async createResource<T extends Resource>(
    resource: T,
    options?: CreateResourceOptions,
  ): Promise<WithId<T>> {
    checkShape(resource);
    const whole = withRelativeReferences(resource, this.around.baseUrl);
    this.#demand('c', whole);
    return this.withTransaction(async () => {
      this.#later(() => {
        checkReferences(whole, this.#store);
      });
      return this.#store.createResource(whole, options);
    });
  }

  async updateResource<T extends Resource>(
    resource: T,
    options?: UpdateResourceOptions,
  ): Promise<WithId<T>> {
    checkShape(resource);
    const whole = withRelativeReferences(resource, this.around.baseUrl);
    const current = this.#store.current(resource.resourceType, resource.id ?? '');
    if (current !== undefined) this.#demand('u', current);
    this.#demand('u', whole);
    return this.withTransaction(async () => {
      this.#later(() => {
        checkReferences(whole, this.#store);
      });
      return this.#store.updateResource(whole, options);
    });
  }

  async patchResource<T extends Resource>(
    type: T['resourceType'],
    id: string,
    patch: Operation[] | Parameters,
    options?: UpdateResourceOptions,
  ): Promise<WithId<T>> {
    this.#demand('u', await this.#store.readResource(type, id));
    return this.withTransaction(async () => {
      const patched = await this.#store.patchResource<T>(type, id, patch, options);
      if (patched.id !== id || patched.resourceType !== type) {
        throw problem('bad-request', 'A patch must not change the type or the id.');
      }
      checkShape(patched);
      this.#demand('u', patched);
      this.#later(() => {
        checkReferences(patched, this.#store);
      });
      return patched;
    });
  }

  async deleteResource(type: string, id: string, options?: DeleteResourceOptions): Promise<void> {
    const current = this.#store.current(type, id);
    if (current === undefined) this.#demandType('d', type);
    else this.#demand('d', current);
    await this.withTransaction(async () => {
      await this.#store.deleteResource(type, id, options);
      this.#later(() => {
        if (current !== undefined) checkNotReferred(type, id, this.#store);
      });
    });
  }

  async readResource<T extends Resource>(type: string, id: string): Promise<WithId<T>> {
    this.#demandType('r', type);
    const last = this.#lastContent(type, id);
    // Whether somebody else's resource was deleted is nobody's business either.
    if (last !== undefined) this.#demand('r', last);
    return this.#store.readResource<T>(type, id);
  }

  async readVersion<T extends Resource>(type: string, id: string, version: string): Promise<T> {
    this.#demandType('r', type);
    const last = this.#lastContent(type, id);
    if (last !== undefined) this.#demand('r', last);
    const found = await this.#store.readVersion<T>(type, id, version);
    this.#demand('r', found);
    return found;
  }

  async readHistory<T extends Resource>(type: string, id: string): Promise<Bundle<WithId<T>>> {
    await this.readVersion(type, id, '1');
    return this.#store.readHistory<WithId<T>>(type, id);
  }

  async readReference<T extends Resource>({ reference = '' }: Reference<T>): Promise<WithId<T>> {
    const [type = '', id = ''] = reference.split('/');
    return this.readResource<T>(type, id);
  }

  readReferences<T extends Resource>(references: readonly Reference<T>[]): Promise<(T | Error)[]> {
    return Promise.all(
      references.map((reference) =>
        this.readReference(reference).catch((error: unknown) => error as Error),
      ),
    );
  }

  /** For conditional requests: the client finds with them only what it may search for. */
  async search<T extends Resource>(request: SearchRequest<T>): Promise<Bundle<WithId<T>>> {
    const found = find(this, request.resourceType, queryOfRequest(request));
    await Promise.resolve();
    const entry = found.slice(0, request.count).map((resource) => ({
      resource: structuredClone(resource) as Resource as WithId<T>,
    }));
    return { resourceType: 'Bundle', type: 'searchset', entry, total: found.length };
  }

  searchByReference(): Promise<never> {
    return Promise.reject(problem('bad-request', 'This is not supported.'));
  }

  async withTransaction<R>(callback: (repository: this) => Promise<R>): Promise<R> {
    this.#depth += 1;
    try {
      return await this.#store.withTransaction(async () => {
        const result = await callback(this);
        // References may point forward inside a transaction: they are looked at in the end.
        if (this.#depth === 1) for (const check of this.#changes.splice(0)) check();
        return result;
      });
    } finally {
      this.#depth -= 1;
      if (this.#depth === 0) this.#changes = [];
    }
  }

  #later(check: () => void): void {
    this.#changes.push(check);
  }

  #lastContent(type: string, id: string): Stored | undefined {
    return this.#store.versionsOf(type, id).findLast(({ resource }) => resource !== undefined)
      ?.resource;
  }

  #may(permission: Permission, resource: Resource): boolean {
    return mayTouch(this.access, permission, resource, this.around);
  }

  #demandType(permission: Permission, type: string): void {
    if (!mayTouchType(this.access, permission, type)) throw denied(type);
  }

  #demand(permission: Permission, resource: Resource): void {
    if (!this.#may(permission, resource)) throw denied(resource.resourceType);
  }
}

function denied(type: string): Error {
  return problem('forbidden', `The granted scopes do not allow this for ${type}.`);
}
