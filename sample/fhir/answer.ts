/**
 * The HTTP answer to a FHIR interaction: status, headers, body.
 *
 * Spec: https://hl7.org/fhir/R4/http.html, "Managing Return Content", "conditional read".
 */
import type { IncomingHttpHeaders } from 'node:http';
import { getStatus, isCreated, isOk } from '@medplum/core';
import type { Binary, OperationOutcome, Resource } from '@medplum/fhirtypes';

/** The media type of all JSON that the server sends. */
export const fhirJson = 'application/fhir+json;charset=utf-8';

/** An answer as it goes out. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | undefined;
}

/** What of a request decides about the form of its answer. */
export interface Asked {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  readonly baseUrl: string;
}

/** An answer with a resource as JSON. */
export function jsonAnswer(
  status: number,
  resource: object,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return {
    status,
    headers: { 'Content-Type': fhirJson, ...headers },
    body: Buffer.from(JSON.stringify(resource)),
  };
}

/** Makes the answer of what a handler returned. */
export function answerOf(
  asked: Asked,
  outcome: OperationOutcome,
  resource: Resource | undefined,
): Answer {
  const isRead = asked.method === 'GET' || asked.method === 'HEAD';
  if (!isOk(outcome)) return jsonAnswer(statusOf(outcome), withoutId(outcome));
  if (resource === undefined) return jsonAnswer(200, information('Successfully done.'));
  const headers = versionHeaders(asked.baseUrl, resource);
  // Bundles that were made for this answer, the CapabilityStatement: they have no version.
  if (headers === undefined) return jsonAnswer(200, resource);
  if (isRead) return readAnswer(asked, resource, headers);
  const status = isCreated(outcome) ? 201 : 200;
  const location = headers['Content-Location'] ?? '';
  const all =
    asked.method === 'POST' || status === 201 ? { ...headers, Location: location } : headers;
  const prefer = String(asked.headers['prefer'] ?? '');
  if (/return=minimal/.test(prefer)) return { status, headers: all, body: undefined };
  return /return=OperationOutcome/.test(prefer)
    ? jsonAnswer(
        status,
        information(`Successfully ${status === 201 ? 'created' : 'updated'}.`),
        all,
      )
    : jsonAnswer(status, resource, all);
}

/** Medplum knows the status of an outcome by its id, which is nothing for clients. */
export function statusOf(outcome: OperationOutcome): number {
  return outcome.id === 'not-acceptable' ? 406 : getStatus(outcome);
}

function withoutId({ issue }: OperationOutcome): OperationOutcome {
  return { resourceType: 'OperationOutcome', issue };
}

function information(text: string): OperationOutcome {
  return {
    resourceType: 'OperationOutcome',
    issue: [{ severity: 'information', code: 'informational', diagnostics: text }],
  };
}

function versionHeaders(
  baseUrl: string,
  { resourceType, id, meta }: Resource,
): Readonly<Record<string, string>> | undefined {
  if (id === undefined || meta?.versionId === undefined) return undefined;
  return {
    ETag: `W/"${meta.versionId}"`,
    'Last-Modified': new Date(meta.lastUpdated ?? 0).toUTCString(),
    'Content-Location': `${baseUrl}/${resourceType}/${id}/_history/${meta.versionId}`,
  };
}

function readAnswer(
  { headers: sent }: Asked,
  resource: Resource,
  headers: Readonly<Record<string, string>>,
): Answer {
  const unmodified =
    sent['if-none-match'] === undefined
      ? isOlder(resource, sent['if-modified-since'])
      : sent['if-none-match'].split(',').some((tag) => tag.trim() === headers['ETag']);
  if (unmodified) return { status: 304, headers, body: undefined };
  if (resource.resourceType === 'Binary' && !wantsJson(sent.accept ?? '')) {
    return nativeAnswer(resource, headers);
  }
  return jsonAnswer(200, resource, headers);
}

function isOlder({ meta }: Resource, since: string | undefined): boolean {
  const instant = Date.parse(since ?? '');
  // HTTP dates have whole seconds.
  return Math.floor(Date.parse(meta?.lastUpdated ?? '') / 1000) * 1000 <= instant;
}

/** A Binary is sent as what it is, unless FHIR is asked for: FHIR R4, "Binary", 2.26.2. */
function wantsJson(accept: string): boolean {
  return accept === '' || /json/.test(accept) || accept.trim() === '*/*';
}

function nativeAnswer(
  { contentType, data = '' }: Binary,
  headers: Readonly<Record<string, string>>,
): Answer {
  // Never run as a page of this origin.
  const guarded = { 'Content-Disposition': 'attachment', 'X-Content-Type-Options': 'nosniff' };
  return {
    status: 200,
    headers: { ...headers, ...guarded, 'Content-Type': contentType },
    body: Buffer.from(data, 'base64'),
  };
}
