/**
 * Tells what a request asks FHIR to do, from its method, path and body alone. Pure; never throws.
 *
 * Spec: FHIR R4 http.html ("RESTful API"), search.html.
 */
import type { RestfulCode } from './codes.ts';
import type { RequestFacts } from './exchange.ts';
import { isObject } from './fhir.ts';
import { requestJson } from './request-body.ts';
import { decodeText } from './url.ts';

/** What the client asked FHIR to do. Types and ids as in the path, percent-decoded. */
export type Interaction =
  | { readonly kind: 'read'; readonly type: string; readonly id: string }
  | {
      readonly kind: 'vread';
      readonly type: string;
      readonly id: string;
      readonly versionId: string;
    }
  | {
      readonly kind: 'search';
      /** `page`: a next/previous link at the base that names no type (HAPI's `_getpages`). */
      readonly level: 'type' | 'system' | 'compartment' | 'page';
      /** The type searched for; undefined for system searches, pages and `Patient/1/*`. */
      readonly type: string | undefined;
      readonly compartment?: { readonly type: string; readonly id: string };
    }
  | { readonly kind: 'create'; readonly type: string; readonly conditional: boolean }
  /** `id` is undefined for the conditional form. */
  | {
      readonly kind: 'update' | 'patch';
      readonly type: string;
      readonly id: string | undefined;
    }
  | { readonly kind: 'delete'; readonly type: string; readonly id: string }
  | { readonly kind: 'capabilities' }
  | { readonly kind: 'batch' | 'transaction' }
  | { readonly kind: 'operation'; readonly name: string; readonly type: string | undefined }
  | {
      readonly kind: 'history';
      readonly level: 'instance' | 'type' | 'system';
      readonly type: string | undefined;
    }
  | { readonly kind: 'conditional-delete'; readonly type: string }
  | { readonly kind: 'unrecognised' };

const unrecognised: Interaction = { kind: 'unrecognised' };
const typeName = /^[A-Z][A-Za-z]{1,63}$/;

function isId(segment: string): boolean {
  return segment !== '' && !/^[$_*]/.test(segment);
}

/** Decoded segments; undefined when the path could not be placed or has empty segments. */
function segmentsOf(path: string | undefined): readonly string[] | undefined {
  if (path === undefined) return undefined;
  const trimmed = path.endsWith('/') ? path.slice(0, -1) : path;
  if (trimmed === '') return [];
  const segments = trimmed.split('/').map(decodeText);
  return segments.some((segment) => segment === '' || segment.includes('/')) ? undefined : segments;
}

function classifyGet(segments: readonly string[], request: RequestFacts): Interaction {
  const [type = '', second, third, fourth] = segments;
  if (segments.length === 0) {
    const level = /(?:^|&)_getpages(?:=|&|$)/.test(request.query) ? 'page' : 'system';
    return { kind: 'search', level, type: undefined };
  }
  if (segments.length === 1) {
    if (type === 'metadata') return { kind: 'capabilities' };
    if (type === '_history') return { kind: 'history', level: 'system', type: undefined };
    if (type === '_search') return { kind: 'search', level: 'system', type: undefined };
  }
  if (segments.length === 2 && type === '.well-known' && second === 'smart-configuration') {
    return { kind: 'capabilities' };
  }
  if (!typeName.test(type)) return unrecognised;
  if (second === undefined || (second === '_search' && third === undefined)) {
    return { kind: 'search', level: 'type', type };
  }
  if (second === '_history' && third === undefined) return { kind: 'history', level: 'type', type };
  if (!isId(second)) return unrecognised;
  if (third === undefined) return { kind: 'read', type, id: second };
  if (third === '_history') {
    if (fourth === undefined) return { kind: 'history', level: 'instance', type };
    if (segments.length > 4 || !isId(fourth)) return unrecognised;
    return { kind: 'vread', type, id: second, versionId: fourth };
  }
  if (segments.length === 3 || (segments.length === 4 && fourth === '_search')) {
    const compartment = { type, id: second };
    if (third === '*')
      return { kind: 'search', level: 'compartment', type: undefined, compartment };
    if (typeName.test(third)) {
      return { kind: 'search', level: 'compartment', type: third, compartment };
    }
  }
  return unrecognised;
}

function classifyPost(segments: readonly string[], request: RequestFacts): Interaction {
  if (segments.length === 0) {
    const json = requestJson(request);
    if (!isObject(json) || json['resourceType'] !== 'Bundle') return unrecognised;
    const type = json['type'];
    return type === 'batch' || type === 'transaction' ? { kind: type } : unrecognised;
  }
  if (segments.at(-1) === '_search') return classifyGet(segments, request);
  const [type = ''] = segments;
  if (segments.length !== 1 || !typeName.test(type)) return unrecognised;
  return { kind: 'create', type, conditional: request.headers['if-none-exist'] !== undefined };
}

function classifyInstance(
  method: 'PUT' | 'PATCH' | 'DELETE',
  segments: readonly string[],
): Interaction {
  const [type = '', id] = segments;
  if (segments.length === 0 || segments.length > 2 || !typeName.test(type)) return unrecognised;
  if (id !== undefined && !isId(id)) return unrecognised;
  if (method === 'DELETE') {
    return id === undefined ? { kind: 'conditional-delete', type } : { kind: 'delete', type, id };
  }
  return { kind: method === 'PUT' ? 'update' : 'patch', type, id };
}

/**
 * Classifies a request. Anything that is not certain is `unrecognised`.
 *
 * @param request Untrusted. Types are not checked against the list of FHIR resource types.
 */
export function classify(request: RequestFacts): Interaction {
  const segments = segmentsOf(request.path);
  if (segments === undefined) return unrecognised;
  const operation = segments.find((segment) => segment.startsWith('$'));
  if (operation !== undefined) {
    const [first = ''] = segments;
    return { kind: 'operation', name: operation, type: typeName.test(first) ? first : undefined };
  }
  switch (request.method) {
    case 'GET':
    case 'HEAD':
      return classifyGet(segments, request);
    case 'POST':
      return classifyPost(segments, request);
    case 'PUT':
    case 'PATCH':
    case 'DELETE':
      return classifyInstance(request.method, segments);
    case 'OPTIONS':
      return { kind: 'capabilities' };
  }
  return unrecognised;
}

/**
 * True when the request can change the EHR, so that an intent must be durable before it is
 * forwarded: every method except GET, HEAD and POST `_search`; `$export` in any case.
 */
export function canChange(request: RequestFacts): boolean {
  const { method } = request;
  if (method === 'GET' || method === 'HEAD') {
    const path = request.path ?? request.target;
    return path.split(/[/?]/).some((segment) => decodeText(segment).startsWith('$export'));
  }
  return !(method === 'POST' && classify(request).kind === 'search');
}

/** The R4 interaction code, as far as it is known. */
export function restfulCode(interaction: Interaction): RestfulCode | undefined {
  switch (interaction.kind) {
    case 'search':
      return interaction.level === 'system' ? 'search-system' : 'search-type';
    case 'history':
      return `history-${interaction.level}`;
    case 'conditional-delete':
      return 'delete';
    case 'unrecognised':
      return undefined;
    case 'read':
    case 'vread':
    case 'create':
    case 'update':
    case 'patch':
    case 'delete':
    case 'capabilities':
    case 'batch':
    case 'transaction':
    case 'operation':
      return interaction.kind;
  }
}
