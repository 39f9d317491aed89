/**
 * A page of events as a searchset Bundle. The stored bytes are put in as they are: parsing and
 * writing them again could change what was committed.
 *
 * Spec: https://hl7.org/fhir/R4/bundle.html#searchset
 */
import type { Hit } from '../audit/search/index.ts';

/** What stands around the events. */
export interface BundleFrame {
  readonly id: string;
  /** Public FHIR base, without trailing slash. */
  readonly base: string;
  /** ISO 8601 UTC. */
  readonly timestamp: string;
  readonly selfUrl: string;
  readonly nextUrl: string | undefined;
}

/** The Bundle as UTF-8 JSON. Each entry holds exactly the bytes of its hit. */
export function buildBundle(frame: BundleFrame, hits: readonly Hit[]): Uint8Array {
  const link = [{ relation: 'self', url: frame.selfUrl }];
  if (frame.nextUrl !== undefined) link.push({ relation: 'next', url: frame.nextUrl });
  const { id, timestamp } = frame;
  const head = JSON.stringify({ resourceType: 'Bundle', id, type: 'searchset', timestamp, link });
  // FHIR forbids an empty array: without hits there is no `entry`.
  if (hits.length === 0) return Buffer.from(head);
  const parts: Uint8Array[] = [Buffer.from(`${head.slice(0, -1)},"entry":[`)];
  hits.forEach((hit, i) => {
    const fullUrl = JSON.stringify(`${frame.base}/AuditEvent/${hit.id}`);
    parts.push(Buffer.from(`${i === 0 ? '' : ','}{"fullUrl":${fullUrl},"resource":`));
    parts.push(hit.bytes, Buffer.from(',"search":{"mode":"match"}}'));
  });
  parts.push(Buffer.from(']}'));
  return Buffer.concat(parts);
}

/**
 * URL of a page: the search as it was asked, with another cursor.
 *
 * @param cursor Undefined for the page itself.
 */
export function pageUrl(base: string, query: URLSearchParams, cursor: string | undefined): string {
  const params = new URLSearchParams(query);
  if (cursor !== undefined) params.set('_cursor', cursor);
  const text = params.toString();
  return `${base}/AuditEvent${text === '' ? '' : `?${text}`}`;
}
