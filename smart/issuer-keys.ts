/**
 * The public keys of one configured issuer, fetched when first needed and kept. Where they come
 * from is decided by the configuration alone; nothing in a token can cause a fetch elsewhere.
 *
 * Spec: RFC 7517; OpenID Connect Discovery 1.0 section 4; RFC 9111 for `max-age`, within bounds.
 */
import type { FetchedJson } from './fetch-json.ts';
import { fetchJson, isLoopbackUrl } from './fetch-json.ts';
import { readIssuerKey } from './jws-algorithms.ts';
import type { IssuerKey } from './jws-algorithms.ts';
import { isJsonObject, member } from './untrusted-json.ts';

const minuteMs = 60_000;
const minFreshMs = 5 * minuteMs;
const maxFreshMs = 24 * 60 * minuteMs;
const maxStaleMs = 24 * 60 * minuteMs;
const refetchCooldownMs = 30_000;
const failureCooldownMs = 10_000;
const fetchTimeoutMs = 5_000;
const maxKeys = 100;
const maxCandidates = 16;

/** What the keys of an issuer say to the `alg` and `kid` of a token. */
export type KeyLookup =
  /** Keys to try in this order; at most 16, at least one. */
  | { readonly kind: 'found'; readonly keys: readonly IssuerKey[] }
  /** There is a key of that id, but of a type that the algorithm is not for. */
  | { readonly kind: 'unfit' }
  | { readonly kind: 'key-unknown' }
  | { readonly kind: 'keys-unavailable' };

/** Keys of one issuer. No method rejects. */
export interface IssuerKeys {
  /** Finds the keys to try; an unknown `kid` causes one refetch, at most every 30 seconds. */
  lookup(algorithm: string, keyId: string | undefined): Promise<KeyLookup>;
  /** Fetches again unless that was done within 30 seconds. True when there are newer keys now. */
  refetch(): Promise<boolean>;
}

/** Where the keys of an issuer are, and whom to tell that they could not be had. */
export interface IssuerKeysOptions {
  readonly issuer: string;
  /** Left out: taken from the issuer's discovery document. */
  readonly jwksUri?: string | undefined;
  readonly clock: () => Date;
  readonly onWarning: (text: string) => void;
}

interface KeySet {
  readonly keys: readonly IssuerKey[];
  readonly freshUntilMs: number;
}

/** Makes the key cache of one issuer. Fetches nothing yet. */
export function createIssuerKeys(options: IssuerKeysOptions): IssuerKeys {
  const nowMs = () => options.clock().getTime();
  let current: KeySet | undefined;
  let nextRefetchAtMs = -Infinity;
  let nextAttemptAtMs = -Infinity;
  let inFlight: Promise<boolean> | undefined;

  const load = async (): Promise<boolean> => {
    const loaded = await loadKeySet(options);
    if (typeof loaded === 'string') {
      nextAttemptAtMs = nowMs() + failureCooldownMs;
      options.onWarning(`The keys of issuer ${options.issuer} could not be fetched: ${loaded}.`);
      return false;
    }
    current = { keys: loaded.keys, freshUntilMs: nowMs() + loaded.freshMs };
    return true;
  };
  // Whoever comes while a fetch is under way waits for that one.
  const loadOnce = (): Promise<boolean> =>
    (inFlight ??= load().finally(() => {
      inFlight = undefined;
    }));

  const refetch = async (): Promise<boolean> => {
    if (inFlight !== undefined) return inFlight;
    if (nowMs() < nextRefetchAtMs || nowMs() < nextAttemptAtMs) return false;
    nextRefetchAtMs = nowMs() + refetchCooldownMs;
    return loadOnce();
  };
  const usableKeys = async (): Promise<readonly IssuerKey[] | undefined> => {
    const isFresh = current !== undefined && nowMs() < current.freshUntilMs;
    const mayLoad = inFlight !== undefined || nowMs() >= nextAttemptAtMs;
    if (!isFresh && mayLoad) await loadOnce();
    // Keys past their time serve while the issuer is down, but not for ever.
    return current !== undefined && nowMs() < current.freshUntilMs + maxStaleMs
      ? current.keys
      : undefined;
  };
  return {
    refetch,
    lookup: async (algorithm, keyId) => {
      const keys = await usableKeys();
      if (keys === undefined) return { kind: 'keys-unavailable' };
      const found = select(keys, algorithm, keyId);
      if (found.kind !== 'key-unknown' || !(await refetch())) return found;
      return select(current?.keys ?? [], algorithm, keyId);
    },
  };
}

function select(
  keys: readonly IssuerKey[],
  algorithm: string,
  keyId: string | undefined,
): KeyLookup {
  const fits = (key: IssuerKey) => key.algorithms.includes(algorithm);
  const named = keyId === undefined ? [] : keys.filter((key) => key.keyId === keyId);
  // Without a kid on either side every fitting key is a candidate.
  const unnamed = keyId === undefined ? keys : keys.filter((key) => key.keyId === undefined);
  const candidates = [...named.filter(fits), ...unnamed.filter(fits)].slice(0, maxCandidates);
  if (candidates.length > 0) return { kind: 'found', keys: candidates };
  return { kind: named.length > 0 ? 'unfit' : 'key-unknown' };
}

async function loadKeySet(
  options: IssuerKeysOptions,
): Promise<{ readonly keys: readonly IssuerKey[]; readonly freshMs: number } | string> {
  const uri = options.jwksUri ?? (await discoverJwksUri(options.issuer));
  if (typeof uri === 'object') return uri.reason;
  const url = URL.parse(uri);
  if (url === null) return 'the URL of the key set is not a URL';
  const fetched = await fetchJson(url, fetchTimeoutMs);
  if (fetched.kind === 'failed') return `the key set: ${fetched.reason}`;
  const entries = isJsonObject(fetched.json) ? member(fetched.json, 'keys') : undefined;
  if (!Array.isArray(entries)) return 'the key set: it has no list "keys"';
  const keys = entries
    .slice(0, maxKeys)
    .map(readIssuerKey)
    .filter((key) => key !== undefined);
  return { keys, freshMs: Math.min(Math.max(fetched.maxAgeMs ?? 0, minFreshMs), maxFreshMs) };
}

async function discoverJwksUri(
  issuer: string,
): Promise<string | { readonly kind: 'failed'; readonly reason: string }> {
  const failed = (reason: string) =>
    ({ kind: 'failed', reason: `the discovery document: ${reason}` }) as const;
  const url = URL.parse(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    return failed('the issuer is no web address, so its "jwksUri" must be configured');
  }
  const fetched: FetchedJson = await fetchJson(url, fetchTimeoutMs);
  if (fetched.kind === 'failed') return failed(fetched.reason);
  const uri = readDiscovery(issuer, url, fetched.json);
  return typeof uri === 'string' ? uri : failed(uri.reason);
}

/**
 * The URL of the key set in a discovery document that was fetched from `url`. Pure.
 *
 * @returns The reason when the document must not be believed.
 */
export function readDiscovery(
  issuer: string,
  url: URL,
  json: unknown,
): string | { readonly reason: string } {
  const document = isJsonObject(json) ? json : undefined;
  // OpenID Connect Discovery 1.0 section 4.3: MUST be the issuer that was asked.
  if (member(document, 'issuer') !== issuer) return { reason: 'it names another issuer' };
  const uri = member(document, 'jwks_uri');
  const jwksUrl = typeof uri === 'string' ? URL.parse(uri) : null;
  if (jwksUrl === null) return { reason: 'it has no "jwks_uri"' };
  // A remote document must not be able to send us to services of this machine.
  if (isLoopbackUrl(jwksUrl) && !isLoopbackUrl(url)) return { reason: 'it points to this machine' };
  return jwksUrl.href;
}
