/**
 * Looks into a request body: as JSON when it is JSON, as form parameters when it is a form. Parsed
 * once per request, although both the gate and the mapping ask.
 */
import type { RequestFacts } from './exchange.ts';
import { parseParameters, type Parameter } from './url.ts';

// Keyed by the request itself, so nothing outlives the exchange it belongs to.
const parsed = new WeakMap<RequestFacts, { readonly json: unknown }>();

function parse(request: RequestFacts): unknown {
  const { body } = request;
  if (body === undefined || body.length === 0) return undefined;
  try {
    const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
    return JSON.parse(text.startsWith('\ufeff') ? text.slice(1) : text);
  } catch {
    return undefined;
  }
}

/** The JSON value of the body; undefined when there is none or it is not JSON. */
export function requestJson(request: RequestFacts): unknown {
  const known = parsed.get(request);
  if (known !== undefined) return known.json;
  const json = parse(request);
  parsed.set(request, { json });
  return json;
}

/** Parameters of the query and, for a POST `_search`, of the form body. */
export function searchParameters(request: RequestFacts): readonly Parameter[] {
  const inQuery = parseParameters(request.query);
  if (request.method !== 'POST' || request.body === undefined) return inQuery;
  return [...inQuery, ...parseParameters(Buffer.from(request.body).toString('utf8'))];
}
