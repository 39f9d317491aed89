/**
 * Makes of what came back from the upstream the two things that are needed: the facts for the
 * record, and the answer for the client. Reads the whole body, takes the coding off, inspects it,
 * maps its URLs. Never throws for anything that an upstream can send.
 */
import type { Answer, AnswerFacts, Inspection, RefusalReason } from '../../audit/event/index.ts';
import { faults, type FaultReason } from '../faults.ts';
import type { AnswerHead, Forwarded, Verdict } from '../forward/forward.ts';
import { answerHeadersForClient, type Admitted, type GateOptions } from '../gate/index.ts';
import type { Received } from '../receive.ts';
import type { ReleasableAnswer } from '../release.ts';
import type { DiscoveryDocuments } from '../smart/discovery-documents.ts';
import { configurationType, documentFields } from '../smart/document-headers.ts';
import { publicDocumentAt, type PublicDocument } from '../smart/documents.ts';
import type { BodyScan } from '../scan/body-scan.ts';
import type { UrlMap } from '../urls/index.ts';
import type { Hold } from './budget.ts';
import { decodeBody } from './decode.ts';
import { holdBody } from './hold.ts';
import { inspectBody, opaque, type Inspected } from './inspect.ts';

/** What will be recorded, and what will be released once it is. */
export type Prepared =
  | {
      readonly kind: 'answer';
      readonly answer: Answer & { readonly kind: 'answered' | 'stale-copy' };
      readonly release: ReleasableAnswer;
    }
  | { readonly kind: 'fault'; readonly answer: Answer; readonly reason: FaultReason }
  /** The client left: nobody is answered. */
  | { readonly kind: 'nobody'; readonly answer: Answer };

/** What preparing needs to know. */
export interface PrepareOptions {
  readonly gate: Pick<GateOptions, 'cookieAllowList'>;
  readonly urls: UrlMap;
  readonly scan: BodyScan;
  readonly smart: { readonly documents: DiscoveryDocuments };
  readonly limits: { readonly heldAnswerBytes: number };
  readonly flagUninspectable: boolean;
  /** Public FHIR base of the gateway, without trailing slash. */
  readonly publicBaseUrl: string;
}

/** @param cancel Gives the upstream request up. */
export async function prepareAnswer(
  forwarded: Forwarded,
  received: Received,
  hold: Hold,
  cancel: () => void,
  options: PrepareOptions,
): Promise<Prepared> {
  switch (forwarded.kind) {
    case 'unreachable':
      return {
        kind: 'fault',
        answer: { kind: 'unreachable', status: 502, reason: forwarded.reason },
        reason: forwarded.reason,
      };
    case 'timed-out':
      return timedOut;
    case 'cancelled':
      return clientGone;
    case 'answered':
      return prepareAnswered(forwarded, received, hold, cancel, options);
  }
}

const timedOut: Prepared = {
  kind: 'fault',
  answer: { kind: 'timed-out', status: 504 },
  reason: 'timed-out',
};
const clientGone: Prepared = { kind: 'nobody', answer: { kind: 'client-gone' } };

async function prepareAnswered(
  forwarded: Answered,
  received: Received,
  hold: Hold,
  cancel: () => void,
  options: PrepareOptions,
): Promise<Prepared> {
  const { head } = forwarded;
  const body = await holdBody(forwarded, hold, cancel);
  if (body.verdict === 'cancelled') return clientGone;
  if (body.verdict === 'timed-out') return timedOut;
  const facts = headerFacts(head);
  const understood =
    body.verdict === 'complete'
      ? await understand(head, facts, body.bytes, received.admitted, options)
      : reasonOf(body.verdict);
  if (typeof understood !== 'string') {
    return { kind: 'answer', ...understood };
  }
  return {
    kind: 'fault',
    answer: {
      kind: 'refused',
      status: faults[understood].status,
      reason: understood,
      withheld: { status: head.status, headers: facts, bodyBytes: body.bytes.length },
    },
    reason: understood,
  };
}

type Answered = Forwarded & { readonly kind: 'answered' };
type Understood = Omit<Prepared & { readonly kind: 'answer' }, 'kind'>;

/** Decodes, inspects and maps a complete answer; a reason when it must be withheld. */
async function understand(
  head: AnswerHead,
  facts: AnswerFacts['headers'],
  bytes: Uint8Array,
  { method, target: { path } }: Admitted,
  options: PrepareOptions,
): Promise<Understood | RefusalReason> {
  if (head.status < 200 || head.status === 206 || isCodedInTransit(head.rawHeaders)) {
    return 'answer-framing';
  }
  // RFC 9110 section 15.3.6: no content; clients differ on what they make of it.
  if (head.status === 205 && bytes.length > 0) return 'answer-framing';
  const { heldAnswerBytes } = options.limits;
  const decoded = await decodeBody(bytes, facts['content-encoding'], heldAnswerBytes);
  if (decoded.kind === 'refused') return decoded.reason;
  // Before R4 an OPTIONS of the base was answered with the capabilities, and servers still do it.
  const document = method === 'OPTIONS' ? 'capabilities' : publicDocumentAt(path);
  const isConfiguration = document === 'configuration' && head.status === 200;
  const contentType = isConfiguration
    ? configurationType(facts['content-type'])
    : facts['content-type'];
  const inspected = inspectBody(
    { path, status: head.status, contentType, bytes: decoded.bytes },
    options.flagUninspectable,
    document === undefined ? options.scan : undefined,
  );
  if (inspected.kind === 'uninspectable') return 'answer-uninspectable';
  // Without a length the end of an answer proves nothing; only a whole document does.
  if (head.framing === 'until-close' && inspected.kind === 'opaque') return 'answer-cut-short';
  const mapped = mapBody(decoded.bytes, inspected, document, options);
  if (mapped === undefined) return 'answer-uninspectable';
  const bodyRewritten = mapped.bytes !== decoded.bytes;
  const headers = answerHeadersForClient(head.rawHeaders, {
    cookieAllowList: options.gate.cookieAllowList,
    bodyRewritten,
    outwardHeader: (name, value) => options.urls.outwardHeader(name, value),
  });
  if (headers.kind === 'refused') return headers.reason;
  if (leadsAway(head.status, headers.fields, options.publicBaseUrl)) return 'answer-redirect';
  return {
    answer: {
      kind: 'answered',
      status: head.status,
      headers: facts,
      inspection: mapped.inspection,
      bodyBytes: decoded.bytes.length,
    },
    release: releasable(
      head,
      flatten(
        documentFields(headers.fields, isConfiguration, mapped.documentChanged),
        bodyRewritten && decoded.wasCoded,
      ),
      bodyRewritten ? mapped.bytes : bytes,
      facts['content-length'],
    ),
  };
}

const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** A redirect to another server would be followed there, and what it gives not be recorded. */
function leadsAway(
  status: number,
  fields: readonly (readonly [string, string])[],
  publicBaseUrl: string,
): boolean {
  if (!redirects.has(status)) return false;
  const location = fields.find(([name]) => name === 'location')?.[1]?.trim() ?? '';
  const isAbsolute = /^(?:[a-z][a-z0-9+.-]*:|[/\\]{2})/i.test(location);
  return (
    isAbsolute &&
    !(
      location.startsWith(publicBaseUrl) &&
      /^(?:$|[/?#])/.test(location.slice(publicBaseUrl.length))
    )
  );
}

/** Any transfer coding but chunked stays on the body, and would be lost with its header. */
function isCodedInTransit(rawHeaders: readonly string[]): boolean {
  return rawHeaders.some(
    (value, i) =>
      i % 2 === 1 &&
      rawHeaders[i - 1]?.toLowerCase() === 'transfer-encoding' &&
      value.trim().toLowerCase() !== 'chunked',
  );
}

function reasonOf(verdict: Exclude<Verdict, 'complete'> | 'over-budget'): RefusalReason {
  if (verdict === 'too-long') return 'too-costly';
  return verdict === 'over-budget' ? 'overloaded' : 'answer-cut-short';
}

interface Mapped {
  readonly bytes: Uint8Array;
  readonly inspection: Inspection;
  /** An endpoint in it was changed for one of the gateway's. */
  readonly documentChanged: boolean;
}

/** Maps the URLs of a JSON body; undefined when two readers could read it differently. */
function mapBody(
  bytes: Uint8Array,
  inspected: Exclude<Inspected, { readonly kind: 'uninspectable' }>,
  document: PublicDocument | undefined,
  options: PrepareOptions,
): Mapped | undefined {
  if (inspected.kind !== 'json') return { bytes, inspection: inspected, documentChanged: false };
  const inspection: Inspection = { kind: 'json', json: inspected.json };
  if (inspected.urls !== undefined) {
    const mapped = options.urls.outwardUrls(bytes, inspected.urls);
    return { bytes: mapped, inspection, documentChanged: false };
  }
  const { documents } = options.smart;
  if (document === 'configuration') {
    // Its URLs are not those of FHIR: all but a few must stay as they are.
    const changed = documents.configuration(bytes);
    return { bytes: changed, inspection, documentChanged: changed !== bytes };
  }
  const result = options.urls.outwardBody(bytes);
  const flags = result.flags.scanned ? result.flags : options.urls.inspectBody(bytes);
  if (flags.duplicateKeys || flags.tooDeep || flags.malformed) {
    if (!options.flagUninspectable) return undefined;
    const asOpaque = opaque('application/json', bytes);
    return { bytes: result.bytes, inspection: asOpaque, documentChanged: false };
  }
  if (document === undefined) return { bytes: result.bytes, inspection, documentChanged: false };
  const changed = documents.capabilities(result.bytes, inspection.json);
  return { bytes: changed, inspection, documentChanged: changed !== result.bytes };
}

function releasable(
  head: AnswerHead,
  headers: readonly string[],
  body: Uint8Array,
  declaredLength: string | undefined,
): ReleasableAnswer {
  const { status, statusText } = head;
  if (head.framing !== 'none') return { status, statusText, headers, body };
  const hasLength = declaredLength !== undefined && status !== 204;
  return {
    status,
    statusText,
    headers,
    body: undefined,
    ...(hasLength ? { declaredLength } : {}),
  };
}

function flatten(
  fields: readonly (readonly [string, string])[],
  withoutCoding: boolean,
): readonly string[] {
  const flat: string[] = [];
  for (const [name, value] of fields) {
    // The gateway's own stands there already: the same id that the upstream was given.
    if (name === 'x-request-id' || name === 'x-correlation-id') continue;
    if (withoutCoding && name === 'content-encoding') continue;
    flat.push(name, value);
  }
  return flat;
}

/** Answer headers that the record is made from. */
const recorded: ReadonlySet<string> = new Set([
  'content-encoding',
  'content-length',
  'content-location',
  'content-type',
  'etag',
  'last-modified',
  'location',
]);

function headerFacts(head: AnswerHead): AnswerFacts['headers'] {
  const facts: Record<string, string> = {};
  for (let i = 0; i + 1 < head.rawHeaders.length; i += 2) {
    const name = (head.rawHeaders[i] ?? '').toLowerCase();
    if (recorded.has(name)) facts[name] ??= head.rawHeaders[i + 1] ?? '';
  }
  return facts;
}
