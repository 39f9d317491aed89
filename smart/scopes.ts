/**
 * Scopes: splitting what a token carries, and the SMART grammar of one scope. Pure. A scope that
 * cannot be parsed is data, not an error, and the raw text always stays beside the parsed one.
 *
 * Spec: SMART App Launch 2.2 "Scopes for requesting FHIR resources" and its 1.0 form.
 */
import { asList, maxClaimLength } from './untrusted-json.ts';

/** What a resource scope allows: FHIR interactions by their SMART letters. */
export interface ScopePermissions {
  readonly create: boolean;
  readonly read: boolean;
  readonly update: boolean;
  readonly delete: boolean;
  readonly search: boolean;
}

/** One parsed scope. */
export type ParsedScope =
  | {
      readonly kind: 'resource';
      readonly raw: string;
      readonly version: 'v1' | 'v2';
      readonly level: 'patient' | 'user' | 'system';
      /** A FHIR resource type, or `*`. */
      readonly resourceType: string;
      readonly permissions: ScopePermissions;
      /** FHIR search query that narrows the scope, without `?`; v2 only. */
      readonly query?: string;
    }
  /** `launch`, `launch/patient`, ...; `context` is what follows the slash. */
  | { readonly kind: 'launch'; readonly raw: string; readonly context?: string }
  /** `openid`, `fhirUser`, `profile`. */
  | { readonly kind: 'identity'; readonly raw: string }
  /** `offline_access`, `online_access`. */
  | { readonly kind: 'refresh'; readonly raw: string }
  | { readonly kind: 'other'; readonly raw: string };

const maxScopes = 500;

/** Prefix of the URI form of scopes, for authorization servers that only know URIs. */
const uriPrefix = 'http://smarthealthit.org/fhir/scopes/';

const resourceScope =
  /^(?<level>patient|user|system)\/(?<type>\*|[A-Za-z]+)\.(?<access>\*|[A-Za-z]+)(?:\?(?<query>.+))?$/;

// Decided by exact keyword before the letters of v2, and in any case of letters: Epic wrote
// `.Read`, `.Search` and the like before v2.
const keywords: ReadonlyMap<string, string> = new Map([
  ['*', 'cruds'],
  ['read', 'rs'],
  ['write', 'cud'],
  ['search', 's'],
  ['create', 'c'],
  ['update', 'u'],
  ['delete', 'd'],
]);

/**
 * The raw scopes in a claim: a string separated by white space, or an array of such strings.
 *
 * @returns At most 500, each cut at 1024 characters, in their order.
 */
export function splitScopes(claim: unknown): readonly string[] {
  return asList(claim)
    .filter((value) => typeof value === 'string')
    .flatMap((value) => value.split(/\s+/))
    .filter((scope) => scope !== '')
    .slice(0, maxScopes)
    .map((scope) => scope.slice(0, maxClaimLength));
}

/**
 * Parses scopes, of SMART 1.0 and 2.x side by side.
 *
 * Does NOT decide whether an interaction is allowed, and does NOT decode the query part.
 *
 * @param scopes Raw scopes, or one string separated by white space. Untrusted.
 * @returns One entry per scope, in order.
 */
export function parseScopes(scopes: string | readonly string[]): readonly ParsedScope[] {
  return splitScopes(scopes).map(parseScope);
}

function parseScope(raw: string): ParsedScope {
  const scope = raw.startsWith(uriPrefix) ? raw.slice(uriPrefix.length) : raw;
  if (scope === 'launch') return { kind: 'launch', raw };
  if (scope.startsWith('launch/')) return { kind: 'launch', raw, context: scope.slice(7) };
  if (/^(?:openid|fhiruser|profile)$/i.test(scope)) return { kind: 'identity', raw };
  if (/^(?:offline|online)_access$/.test(scope)) return { kind: 'refresh', raw };
  return parseResourceScope(raw, scope) ?? { kind: 'other', raw };
}

function parseResourceScope(raw: string, scope: string): ParsedScope | undefined {
  const groups = resourceScope.exec(scope)?.groups;
  const level = groups?.['level'] as 'patient' | 'user' | 'system' | undefined;
  const resourceType = groups?.['type'];
  const access = groups?.['access'];
  if (level === undefined || resourceType === undefined || access === undefined) return undefined;
  const keyword = keywords.get(access.toLowerCase());
  const letters = keyword ?? (/^c?r?u?d?s?$/.test(access) ? access : undefined);
  if (letters === undefined) return undefined;
  const query = groups?.['query'];
  // A v1 scope has no query; dropping it would widen what the scope says.
  if (keyword !== undefined && query !== undefined) return undefined;
  return {
    kind: 'resource',
    raw,
    version: keyword === undefined ? 'v2' : 'v1',
    level,
    resourceType,
    permissions: {
      create: letters.includes('c'),
      read: letters.includes('r'),
      update: letters.includes('u'),
      delete: letters.includes('d'),
      search: letters.includes('s'),
    },
    ...(query !== undefined && { query }),
  };
}
