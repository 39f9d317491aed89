/**
 * Where `oidc-provider` keeps sessions, grants, codes and tokens: in memory, one store for each
 * authorization server, gone with the process.
 */
import type { Adapter, AdapterFactory, AdapterPayload } from 'oidc-provider';

interface Entry {
  readonly payload: AdapterPayload;
  /** Milliseconds since 1970; undefined: kept. */
  readonly expiresAtMs: number | undefined;
}

/** How many writes between two sweeps for what has expired. */
const sweepEvery = 500;

/** A store and the factory that `oidc-provider` asks for one adapter a model. */
export interface MemoryStore {
  readonly adapter: AdapterFactory;
  clear(): void;
}

/** An empty store. */
export function createMemoryStore(): MemoryStore {
  const entries = new Map<string, Entry>();
  let writes = 0;
  const alive = (key: string): AdapterPayload | undefined => {
    const entry = entries.get(key);
    if (entry === undefined) return undefined;
    if (!isExpired(entry)) return entry.payload;
    entries.delete(key);
    return undefined;
  };
  const sweep = (): void => {
    writes += 1;
    if (writes % sweepEvery !== 0) return;
    for (const [key, entry] of entries) if (isExpired(entry)) entries.delete(key);
  };
  const findBy = (
    model: string,
    fits: (payload: AdapterPayload) => boolean,
  ): AdapterPayload | undefined => {
    for (const key of entries.keys()) {
      if (!key.startsWith(`${model}:`)) continue;
      const payload = alive(key);
      if (payload !== undefined && fits(payload)) return payload;
    }
    return undefined;
  };
  const adapterOf = (model: string): Adapter => ({
    upsert(id, payload, expiresIn) {
      sweep();
      const expiresAtMs = expiresIn === undefined ? undefined : Date.now() + expiresIn * 1000;
      entries.set(`${model}:${id}`, { payload, expiresAtMs });
      return Promise.resolve();
    },
    find: (id) => Promise.resolve(alive(`${model}:${id}`)),
    findByUid: (uid) => Promise.resolve(findBy(model, (payload) => payload.uid === uid)),
    findByUserCode: () => Promise.resolve(undefined),
    consume(id) {
      const payload = alive(`${model}:${id}`);
      if (payload !== undefined) payload.consumed = Math.floor(Date.now() / 1000);
      return Promise.resolve();
    },
    destroy(id) {
      entries.delete(`${model}:${id}`);
      return Promise.resolve();
    },
    revokeByGrantId(grantId) {
      for (const [key, { payload }] of entries) {
        if (key.startsWith(`${model}:`) && payload.grantId === grantId) entries.delete(key);
      }
      return Promise.resolve();
    },
  });
  return {
    adapter: adapterOf,
    clear: () => {
      entries.clear();
    },
  };
}

function isExpired(entry: Entry): boolean {
  return entry.expiresAtMs !== undefined && entry.expiresAtMs <= Date.now();
}
