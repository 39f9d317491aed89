/**
 * Understands an answer, or says that it cannot. What cannot be understood is refused (or flagged,
 * by configuration): otherwise `Accept` would be a way around the record.
 */
import { createHash } from 'node:crypto';
import type { Inspection } from '../../audit/event/index.ts';
import { parseMediaType } from '../gate/index.ts';
import type { BodyScan } from '../scan/body-scan.ts';

/** A body understood, or not. */
export type Inspected =
  | Exclude<Inspection, { readonly kind: 'json' }>
  | ({ readonly kind: 'json' } & ReadJson)
  | { readonly kind: 'uninspectable' };

/** A JSON body, read. */
export interface ReadJson {
  /** Its value, or of it at least what the record needs. */
  readonly json: unknown;
  /** Where it may hold URLs, if that is known: see `ScannedBody`. */
  readonly urls: readonly number[] | undefined;
}

const uninspectable: Inspected = { kind: 'uninspectable' };
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });

/** What an answer says of itself. */
export interface AnswerBody {
  /** Path below the FHIR base. */
  readonly path: string;
  readonly status: number;
  /** `Content-Type` of the answer. */
  readonly contentType: string | undefined;
  /** Content coding taken off. */
  readonly bytes: Uint8Array;
}

/**
 * Reads a body as JSON, or as an opaque body that its place or its media type explains: a Binary,
 * an image, a document, the HTML page of a failing server. Never throws.
 *
 * @param flagAll `inspect.onUninspectable: flag`: what cannot be understood passes as opaque.
 * @param scan Reads most JSON bodies in one pass; left out where the whole value is needed.
 */
export function inspectBody(
  body: AnswerBody,
  flagAll: boolean,
  scan: BodyScan | undefined,
): Inspected {
  if (body.bytes.length === 0) return { kind: 'none' };
  const mediaType = essence(body.contentType);
  if (isJson(mediaType) || (mediaType === '' && looksLikeJson(body.bytes))) {
    const read = isUtf8(body.contentType) ? readJson(body.bytes, scan) : undefined;
    if (read !== undefined) return { kind: 'json', ...read };
    return flagAll ? opaque(mediaType, body.bytes) : uninspectable;
  }
  return flagAll || isExplained(body, mediaType) ? opaque(mediaType, body.bytes) : uninspectable;
}

/** An opaque body, with size and digest. */
export function opaque(
  mediaType: string,
  bytes: Uint8Array,
): Extract<Inspection, { readonly kind: 'opaque' }> {
  const digest = createHash('sha256').update(bytes).digest('base64');
  return { kind: 'opaque', mediaType, bytes: bytes.length, digest };
}

function essence(contentType: string | undefined): string {
  return contentType?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

/** Declared in another charset, the same bytes are another document to a client that obeys it. */
function isUtf8(contentType: string | undefined): boolean {
  if (contentType?.toLowerCase().includes('charset') !== true) return true;
  const charset = parseMediaType(contentType)?.parameters.get('charset')?.toLowerCase();
  return charset === 'utf-8' || charset === 'utf8' || charset === 'us-ascii';
}

function isJson(mediaType: string): boolean {
  return mediaType === 'application/json' || mediaType.endsWith('+json');
}

function looksLikeJson(bytes: Uint8Array): boolean {
  return bytes[0] === 0x7b;
}

const explained =
  /^(?:image|audio|video|font)\/|^application\/(?:pdf|dicom|rtf|zip|msword|vnd\.[a-z0-9.+-]+)$/;

function isExplained(body: AnswerBody, mediaType: string): boolean {
  if (/^Binary\/[^/]+/.test(body.path)) return true;
  if (explained.test(mediaType)) return true;
  const isPage = mediaType === 'text/html' || mediaType === 'text/plain';
  return isPage && body.status >= 400;
}

function readJson(bytes: Uint8Array, scan: BodyScan | undefined): ReadJson | undefined {
  const scanned = scan?.(bytes);
  if (scanned !== undefined) return scanned;
  const json = parse(bytes);
  return json === undefined ? undefined : { json, urls: undefined };
}

/** FHIR JSON is UTF-8 and nothing else: other encodings would be read differently elsewhere. */
function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(utf8.decode(bytes)) as unknown;
  } catch {
    return undefined;
  }
}
