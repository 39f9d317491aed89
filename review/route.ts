/**
 * What a request on the review face asks for. Pure: method and target in, a case of a union out.
 *
 * Spec: FHIR R4 RESTful API, search and read. The page's own paths are told in docs/review.md.
 */

/** What is asked for. */
export type Asked =
  | { readonly kind: 'search'; readonly query: string }
  /** The query is in the body (POST `_search`), and may continue one in the URL. */
  | { readonly kind: 'search-form'; readonly query: string }
  | { readonly kind: 'read'; readonly id: string; readonly query: string }
  | { readonly kind: 'capabilities'; readonly query: string }
  | { readonly kind: 'probe'; readonly probe: 'livez' | 'readyz' | 'metrics' }
  /** A file of the review page; whether there is one of this name is not known here. */
  | { readonly kind: 'page-file'; readonly name: string }
  /** Events as sentences, for the page. */
  | { readonly kind: 'told'; readonly query: string }
  /** Who the reader is. */
  | { readonly kind: 'reader'; readonly query: string }
  /** The integrity check: to start one, or where it stands. */
  | { readonly kind: 'check'; readonly start: boolean; readonly query: string }
  | {
      readonly kind: 'refused';
      readonly fault:
        | 'target-refused'
        | 'header-duplicate'
        | 'host-unknown'
        | 'path-unknown'
        | 'method-not-allowed';
      /** Methods that this path has, for `Allow`. */
      readonly allow?: string;
    };

/** Everything that is asked except health, metrics and the files of the page. */
export type AskedOfRecord = Exclude<Asked, { readonly kind: 'probe' | 'page-file' }>;

/**
 * Places a request.
 *
 * @param target The request target as received. Untrusted.
 * @param basePath Path of the FHIR base, without trailing slash.
 */
export function route(method: string, target: string, basePath: string): Asked {
  if (!target.startsWith('/')) return { kind: 'refused', fault: 'target-refused' };
  const mark = target.indexOf('?');
  const path = mark < 0 ? target : target.slice(0, mark);
  const query = mark < 0 ? '' : target.slice(mark + 1);
  const probe = /^\/(livez|readyz|metrics)$/u.exec(path)?.[1];
  if (probe !== undefined) {
    return only(method, 'GET, HEAD', {
      kind: 'probe',
      probe: probe as 'livez' | 'readyz' | 'metrics',
    });
  }
  const page = routePage(method, path, query, basePath);
  if (page !== undefined) return page;
  if (!path.startsWith(`${basePath}/`)) return { kind: 'refused', fault: 'path-unknown' };
  const local = path.slice(basePath.length + 1);
  if (local === 'metadata') return only(method, 'GET', { kind: 'capabilities', query });
  if (local === 'AuditEvent') return only(method, 'GET', { kind: 'search', query });
  if (local === 'AuditEvent/_search') return only(method, 'POST', { kind: 'search-form', query });
  const id = /^AuditEvent\/([A-Za-z0-9.-]{1,64})$/u.exec(local)?.[1];
  if (id !== undefined) return only(method, 'GET', { kind: 'read', id, query });
  return { kind: 'refused', fault: 'path-unknown' };
}

/** The page stands beside the FHIR base: at `/` for `/fhir`, at `/audit/` for `/audit/fhir`. */
function routePage(
  method: string,
  path: string,
  query: string,
  basePath: string,
): Asked | undefined {
  const root = basePath.slice(0, Math.max(0, basePath.lastIndexOf('/')));
  if (path === `${root}/`)
    return only(method, 'GET, HEAD', { kind: 'page-file', name: 'index.html' });
  if (!path.startsWith(`${root}/page/`)) return undefined;
  const local = path.slice(root.length + '/page/'.length);
  if (local === 'events') return only(method, 'GET', { kind: 'told', query });
  if (local === 'reader') return only(method, 'GET', { kind: 'reader', query });
  if (local === 'check') {
    return only(method, 'GET, POST', { kind: 'check', start: method === 'POST', query });
  }
  const name = /^[a-z][a-z-]*\.[a-z]+$/u.exec(local)?.[0];
  return name === undefined ? undefined : only(method, 'GET, HEAD', { kind: 'page-file', name });
}

function only(method: string, allow: string, asked: Asked): Asked {
  if (allow.split(', ').includes(method)) return asked;
  return { kind: 'refused', fault: 'method-not-allowed', allow };
}
