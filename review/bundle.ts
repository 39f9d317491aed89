/**
 * A page of events as a searchset Bundle. The stored bytes are put in as they are: parsing and
 * writing them again could change what was committed.
 *
 * Spec: https://hl7.org/fhir/R4/bundle.html#searchset
 */
import type { Hit } from '../audit/search/index.ts';
import { issuesOf } from './answer.ts';
import type { Issue } from './answer.ts';

/** What stands around the events. */
export interface BundleFrame {
  readonly id: string;
  /** Public FHIR base, without trailing slash. */
  readonly base: string;
  /** ISO 8601 UTC. */
  readonly timestamp: string;
  readonly selfUrl: string;
  readonly nextUrl: string | undefined;
  /** How many events match, over all pages; undefined when it was not asked for. */
  readonly total: number | undefined;
  /** What of the search was ignored, because the client asked for lenient handling. */
  readonly warnings: readonly Issue[];
}

/** The Bundle as UTF-8 JSON. Each entry holds exactly the bytes of its hit. */
export function buildBundle(frame: BundleFrame, hits: readonly Hit[]): Uint8Array {
  const link = [{ relation: 'self', url: frame.selfUrl }];
  if (frame.nextUrl !== undefined) link.push({ relation: 'next', url: frame.nextUrl });
  const { id, timestamp, total } = frame;
  const head = JSON.stringify({
    resourceType: 'Bundle',
    id,
    type: 'searchset',
    timestamp,
    ...(total === undefined ? {} : { total }),
    link,
  });
  const entries = [...hits.map((hit) => entryOf(frame, hit)), ...warningEntries(frame)];
  // FHIR forbids an empty array: without entries there is no `entry`.
  if (entries.length === 0) return Buffer.from(head);
  const parts: Uint8Array[] = [Buffer.from(`${head.slice(0, -1)},"entry":[`)];
  entries.forEach((entry, i) => {
    parts.push(Buffer.from(i === 0 ? '' : ','), ...entry);
  });
  parts.push(Buffer.from(']}'));
  return Buffer.concat(parts);
}

function entryOf({ base }: BundleFrame, hit: Hit): readonly Uint8Array[] {
  const fullUrl = JSON.stringify(`${base}/AuditEvent/${hit.id}`);
  return [
    Buffer.from(`{"fullUrl":${fullUrl},"resource":`),
    hit.bytes,
    Buffer.from(',"search":{"mode":"match"}}'),
  ];
}

/** What was ignored, as the specification wants it said: https://hl7.org/fhir/R4/search.html#outcome */
function warningEntries({ warnings }: BundleFrame): readonly (readonly Uint8Array[])[] {
  if (warnings.length === 0) return [];
  const resource = { resourceType: 'OperationOutcome', issue: issuesOf('warning', warnings) };
  return [[Buffer.from(JSON.stringify({ resource, search: { mode: 'outcome' } }))]];
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
