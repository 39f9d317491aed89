/** The body of a request: FHIR JSON, a JSON Patch, a search form, or what a Binary is made of. */
import type { Binary } from '@medplum/fhirtypes';
import { problem } from './problem.ts';

/** A request's body and what says how to read it. */
export interface Sent {
  readonly method: string;
  /** Below the base, without query. */
  readonly path: string;
  readonly contentType: string | undefined;
  readonly bytes: Buffer;
}

const json = /^(application\/(fhir\+json|json|json\+fhir|json-patch\+json)|text\/json)$/;

/**
 * Reads it.
 *
 * @returns Undefined where there is none and none is needed.
 * @throws OperationOutcomeError: 415 for another media type, 400 for what is no resource.
 */
export function parseBody({ method, path, contentType, bytes }: Sent): unknown {
  if (method === 'GET' || method === 'HEAD' || method === 'DELETE') return undefined;
  const mediaType = (contentType ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  const isSearch = path.endsWith('/_search');
  if (isSearch || (path.includes('$') && bytes.length === 0)) return formOf(bytes);
  if (mediaType !== '' && !json.test(mediaType)) {
    if (/^Binary(\/|$)/.test(path)) return binaryOf(path, mediaType, bytes);
    throw problem('unsupported-media-type', 'The body must be application/fhir+json.');
  }
  const parsed = parseJson(bytes);
  const isPatch = method === 'PATCH' && Array.isArray(parsed);
  if (!isPatch && (typeof parsed !== 'object' || parsed === null || !('resourceType' in parsed))) {
    throw problem('bad-request', 'Failed to parse request body as JSON resource.');
  }
  return parsed;
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8')) as unknown;
  } catch {
    throw problem('bad-request', 'Failed to parse request body as JSON resource.');
  }
}

function formOf(bytes: Buffer): Readonly<Record<string, readonly string[]>> {
  const form: Record<string, string[]> = {};
  for (const [name, value] of new URLSearchParams(bytes.toString('utf8'))) {
    form[name] = [...(form[name] ?? []), value];
  }
  return form;
}

function binaryOf(path: string, contentType: string, bytes: Buffer): Binary {
  const id = path.split('/')[1];
  const data = bytes.toString('base64');
  return { resourceType: 'Binary', ...(id === undefined ? {} : { id }), contentType, data };
}
