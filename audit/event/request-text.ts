/**
 * The text of a search request, for `AuditEvent.entity.query`: request line, allow-listed headers
 * and body exactly as received, hostile bytes included, credentials taken out.
 *
 * Spec: IHE BALP 1.1.4, 3:5.7.3.5 Query, and its examples (HTTP message text, lines joined by LF).
 */
import type { RequestFacts } from './exchange.ts';
import { withoutCredentials } from './credentials.ts';

/** Headers that say something about what was asked, in the order in which they are written. */
const recordedHeaders = [
  'accept',
  'content-type',
  'content-length',
  'if-modified-since',
  'if-none-match',
  'prefer',
] as const;

/** Longest request text that a record holds, in bytes; what is beyond it is cut and counted. */
export const maxQueryBytes = 65_536;

function toBytes(text: string): Buffer {
  // Node hands out request bytes as Latin-1; anything above that was decoded by somebody.
  return Buffer.from(text, /^[\u0000-\u00ff]*$/.test(text) ? 'latin1' : 'utf8');
}

/** Request text as base64. `bytes` is its whole size, larger than what is held when it was cut. */
export interface QueryText {
  readonly base64: string;
  readonly bytes: number;
}

/** Renders the request. The body is included for POST alone. */
export function queryText(request: RequestFacts): QueryText {
  const lines = [`${request.method} ${withoutCredentials(request.target)} HTTP/1.1`];
  for (const name of recordedHeaders) {
    const value = request.headers[name];
    if (value !== undefined) lines.push(`${name}: ${value}`);
  }
  let bytes = toBytes(lines.join('\n'));
  if (request.method === 'POST' && request.body !== undefined) {
    const body = withoutCredentials(Buffer.from(request.body).toString('latin1'));
    bytes = Buffer.concat([bytes, Buffer.from(`\n\n${body}`, 'latin1')]);
  }
  return { base64: bytes.toString('base64', 0, maxQueryBytes), bytes: bytes.length };
}
