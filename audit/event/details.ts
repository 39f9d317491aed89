/**
 * The one extra entity of each record: what must be in it and FHIR has no element for. Its own type
 * code keeps it out of every BALP slice.
 */
import { createHash } from 'node:crypto';
import type { Identity } from '../../smart/index.ts';
import type { RecordContext } from './exchange.ts';
import type { AuditEventEntity, AuditEventEntityDetail } from './fhir.ts';
import type { Interaction } from './interaction.ts';
import type { Patient, Touch } from './patients.ts';
import { maxQueryBytes, type QueryText } from './request-text.ts';
import type { Plan } from './roles.ts';
import { fitText } from './text.ts';
import { withoutCredentials } from './credentials.ts';
import { schemaVersion, vocabulary, type DetailCode } from './vocabulary.ts';
import { claimsOf, digestOf, upstreamAnswer, type ExchangeSoFar } from './exchange-so-far.ts';

/** Details in the making. */
export type Details = AuditEventEntityDetail[];

/** What a record is. */
export type RecordKind = 'event' | 'intent' | 'addendum' | 'refusals' | 'review' | 'minimal';

const entityType = { system: vocabulary.entityType.url, code: 'record-detail' };
/** Claims are at most a token long; scopes are the longest of them. */
const maxDetailLength = 16_384;

/** Adds one detail; nothing for an absent or blank value, which FHIR has no place for. */
export function addDetail(
  details: Details,
  type: DetailCode,
  value: string | number | undefined,
): void {
  if (value === undefined || (typeof value === 'string' && value.trim() === '')) return;
  const text = typeof value === 'number' ? String(value) : fitText(value, maxDetailLength);
  details.push({ type, valueString: text });
}

/** The details that every record begins with. */
export function startDetails(kind: RecordKind, context: RecordContext): Details {
  return [
    { type: 'schema', valueString: schemaVersion },
    { type: 'record-kind', valueString: kind },
    { type: 'software-version', valueString: context.softwareVersion },
  ];
}

/** The entity around the details. */
export function detailEntity(detail: Details): AuditEventEntity {
  return { type: entityType, detail };
}

/** What is known of the one who asked. */
export function addIdentity(details: Details, identity: Identity, requestId: string): void {
  addDetail(details, 'identity-confidence', identity.kind);
  if ('reason' in identity) addDetail(details, 'identity-reason', identity.reason);
  if (identity.kind === 'verified-signature') {
    addDetail(details, 'signature-issuer', identity.check.issuer);
    addDetail(details, 'signature-algorithm', identity.check.algorithm);
    addDetail(details, 'signature-key', identity.check.keyId);
  }
  if (identity.kind === 'opaque-unidentified') addDetail(details, 'token-scheme', identity.scheme);
  const digest = digestOf(identity);
  addDetail(details, 'token-digest', digest);
  const claims = claimsOf(identity);
  addDetail(details, 'token-issued-at', claims?.issuedAt);
  addDetail(details, 'token-expires-at', claims?.expiresAt);
  const session =
    claims?.session ??
    (digest === undefined
      ? { kind: 'exchange' as const, value: requestId }
      : { kind: 'token' as const, value: digest });
  addDetail(details, 'session-kind', session.kind);
  addDetail(details, 'session', session.value);
  addDetail(details, 'scopes', claims?.scopes.join(' '));
  addDetail(details, 'launch-patient', claims?.patient);
  addDetail(details, 'launch-encounter', claims?.encounter);
}

/** What was asked, as text for people and programs; searches have it whole in their query. */
export function requestLine(exchange: ExchangeSoFar): string {
  const { method, target } = exchange.request;
  return `${method} ${withoutCredentials(target)}`;
}

function addRequest(
  details: Details,
  exchange: ExchangeSoFar,
  interaction: Interaction,
  changes: boolean,
): void {
  const { request } = exchange;
  addDetail(details, 'request-line', requestLine(exchange));
  if (interaction.kind === 'operation') addDetail(details, 'operation', interaction.name);
  if (interaction.kind === 'create') {
    addDetail(details, 'condition', withoutCredentials(request.headers['if-none-exist'] ?? ''));
  }
  const isConditional = 'id' in interaction && interaction.id === undefined;
  if (isConditional || interaction.kind === 'conditional-delete') {
    addDetail(details, 'condition', withoutCredentials(request.query));
  }
  addDetail(details, 'if-match', request.headers['if-match']);
  if (changes && request.body !== undefined && request.body.length > 0) {
    addDetail(details, 'request-body-bytes', request.body.length);
    const digest = createHash('sha256').update(request.body).digest('base64');
    addDetail(details, 'request-body-digest', digest);
  }
  addDetail(details, 'correlation-id', exchange.correlationId);
  addDetail(details, 'forwarded-chain', exchange.peer.forwardedChain);
}

function addAnswer(details: Details, exchange: ExchangeSoFar): void {
  const { answer } = exchange;
  if (answer === undefined) return;
  if ('status' in answer) addDetail(details, 'http-status', answer.status);
  if (answer.kind === 'client-gone') addDetail(details, 'upstream-status', answer.upstream?.status);
  if (answer.kind === 'refused') {
    addDetail(details, 'upstream-status', answer.withheld?.status);
    addDetail(details, 'refusal-reason', answer.reason);
  }
  if (answer.kind === 'stale-copy') {
    const { failure } = answer;
    const code = typeof failure === 'number' ? 'upstream-status' : 'unreachable-reason';
    addDetail(details, code, failure);
    addDetail(details, 'copy-age-seconds', answer.ageSeconds);
  }
  if (answer.kind === 'unreachable') addDetail(details, 'unreachable-reason', answer.reason);
  const inspection = upstreamAnswer(answer)?.inspection;
  if (inspection?.kind === 'opaque') {
    addDetail(details, 'uninspected-media-type', inspection.mediaType);
    addDetail(details, 'uninspected-bytes', inspection.bytes);
    addDetail(details, 'uninspected-digest', inspection.digest);
  }
}

/** The details that all events of one exchange share. */
export function sharedDetails(
  kind: RecordKind,
  exchange: ExchangeSoFar,
  known: {
    readonly identity: Identity;
    readonly interaction: Interaction;
    readonly changes: boolean;
    readonly plan: Plan;
    readonly query: QueryText | undefined;
    readonly patientCount: number;
  },
  context: RecordContext,
): Details {
  const details = startDetails(kind, context);
  addRequest(details, exchange, known.interaction, known.changes);
  if (known.query !== undefined && known.query.bytes > maxQueryBytes) {
    addDetail(details, 'query-cut', known.query.bytes);
  }
  addDetail(details, 'resolved-by-effect', known.plan.effect);
  addAnswer(details, exchange);
  addIdentity(details, known.identity, exchange.requestId);
  if (known.patientCount > 1) addDetail(details, 'patient-count', known.patientCount);
  return details;
}

function addTouched(details: Details, general: Touch, touch: Touch | undefined): void {
  const categories =
    touch === undefined
      ? general.categories
      : new Set([...general.categories, ...touch.categories]);
  for (const category of categories) details.push({ type: 'data-category', valueString: category });
  const labels =
    touch === undefined ? general.labels : new Map([...general.labels, ...touch.labels]);
  for (const key of labels.keys()) details.push({ type: 'security-label', valueString: key });
}

/** The details of one event: the shared ones, and those of its patient. */
export function patientDetails(
  shared: Details,
  patient: Patient | undefined,
  general: Touch,
): Details {
  const details = [...shared];
  if (patient === undefined) {
    details.push({ type: 'patient-found', valueString: 'none-known' });
  } else {
    for (const way of patient.ways) details.push({ type: 'patient-found', valueString: way });
  }
  addTouched(details, general, patient?.touch);
  return details;
}
