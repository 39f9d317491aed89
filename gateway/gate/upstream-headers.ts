/**
 * The request headers that go upstream: an allow-list. An unknown header does not pass, because it
 * may change what the upstream does (`X-HTTP-Method-Override`, `X-Cascade: delete`) or whom it
 * believes (`X-Remote-User`), and the record would not know. Part of forward.
 *
 * Spec: FHIR R4 http 3.1.0; RFC 9110; W3C Trace Context.
 */
import { publicDocumentAt } from '../smart/documents.ts';
import { formatsIn, negotiateAccept, negotiateEncoding } from './negotiation.ts';
import type { HeaderField, Refused, RequestHeaders, UpstreamRequestHeaders } from './types.ts';

/** What `requestHeadersForUpstream` needs besides the headers. */
export interface UpstreamHeaderContext {
  /** The minted request id. */
  readonly requestId: string;
  /** `Target.path`: a Binary may be asked for in any media type. */
  readonly path: string;
  /** Raw query of the target: `_format` wins over `Accept`. */
  readonly query: string;
  /** Body of a POST `_search`, as text: `_format` can stand there too. */
  readonly form?: string;
  /** `UrlMap.inwardHeader`. */
  readonly inwardHeader: (name: string, value: string) => string;
}

const passed: ReadonlySet<string> = new Set([
  'accept-language',
  'authorization',
  'cache-control',
  'content-encoding',
  'content-type',
  // Holds allowed cookies only.
  'cookie',
  'if-match',
  'if-modified-since',
  'if-none-exist',
  'if-none-match',
  'if-unmodified-since',
  'pragma',
  'prefer',
  'traceparent',
  'tracestate',
  'user-agent',
  'x-provenance',
  // What EHR vendors and API managers ask their clients for.
  'apikey',
  'epic-client-id',
  'epic-user-id',
  'epic-user-idtype',
  'ocp-apim-subscription-key',
  'x-api-key',
]);

/** The document is rewritten, so the upstream's validators are not those of what an app holds. */
const conditional: ReadonlySet<string> = new Set([
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-unmodified-since',
]);

/**
 * Picks the headers for the upstream, with `Accept`, `Accept-Encoding` and `X-Request-Id` as the
 * gateway wants them. Framing and `Host` are the forwarder's.
 *
 * @returns `not-acceptable` for a client that takes no JSON.
 */
export function requestHeadersForUpstream(
  headers: RequestHeaders,
  context: UpstreamHeaderContext,
): UpstreamRequestHeaders | Refused {
  const joined = (wanted: string): string | undefined => {
    const values = headers.fields.filter(([name]) => name === wanted).map(([, value]) => value);
    return values.length === 0 ? undefined : values.join(', ');
  };
  const isConfiguration = publicDocumentAt(context.path) === 'configuration';
  const formats = formatsIn(context.query, context.form);
  const isBinary = /^Binary\/[^/$_]/.test(context.path);
  // SMART App Launch 2.2: always application/json, whatever is accepted.
  const negotiated = isConfiguration
    ? ({ kind: 'ok', accept: 'application/json' } as const)
    : negotiateAccept(joined('accept'), formats, isBinary);
  if (negotiated.kind === 'refused') return negotiated;
  const fields: HeaderField[] = headers.fields
    .filter(([name]) => passed.has(name) && !(isConfiguration && conditional.has(name)))
    .map(([name, value]) => [name, context.inwardHeader(name, value)]);
  if (negotiated.accept !== undefined) fields.push(['accept', negotiated.accept]);
  fields.push(['accept-encoding', negotiateEncoding(joined('accept-encoding'))]);
  fields.push(['x-request-id', context.requestId]);
  return { kind: 'ok', fields };
}
